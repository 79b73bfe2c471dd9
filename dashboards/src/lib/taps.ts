import type { Tap } from './board.svelte';

/** After a pause so long the next tap is another answer, in milliseconds. */
export const PAUSE_MS = 1_500;
/** How long an answer is shown, in milliseconds. */
const SHOWN_MS = 60_000;
/** How many answers are shown at most. */
const ANSWERS_MAX = 3;
/** By how much the guess of the server's clock may be wrong, in milliseconds. */
const SLACK_MS = 500;

/** Taps that followed each other without a pause: one is yes, two are no; open as long as another one may belong to them. */
export interface Answer {
  is: 'yes' | 'no' | 'unclear' | 'open';
  keys: string;
  /** How old it is, in milliseconds. */
  ageMs: number;
}

/** What the taps of a talk answer, the newest first. What was pressed before the talk was none of its answers. */
export function answersOf(taps: readonly Tap[], localMs: number, talkingMs: number): Answer[] {
  const groups: Tap[][] = [];
  for (const tap of taps) {
    if (localMs - tap.localMs > talkingMs + SLACK_MS) continue;
    const before = groups.at(-1);
    const last = before?.at(-1);
    if (before && last && tap.localMs - last.localMs < PAUSE_MS) before.push(tap);
    else groups.push([tap]);
  }
  const answers = groups.map((group) => answerOf(group, localMs)).filter(({ ageMs }) => ageMs < SHOWN_MS);
  return answers.reverse().slice(0, ANSWERS_MAX);
}

function answerOf(group: readonly Tap[], localMs: number): Answer {
  const ageMs = Math.max(0, localMs - (group.at(-1)?.localMs ?? localMs));
  const said = group.length === 1 ? 'yes' : group.length === 2 ? 'no' : 'unclear';
  return { is: ageMs < PAUSE_MS ? 'open' : said, keys: group.map(({ key }) => key).join(' '), ageMs };
}
