import type { Tap } from './board.svelte';

/** After a pause so long the next tap is another answer, in milliseconds. */
export const PAUSE_MS = 1_500;
/** How long an answer is shown, in milliseconds. */
const SHOWN_MS = 60_000;
/** How many answers are shown at most. */
const ANSWERS_MAX = 3;
/** By how much the guess of the server's clock may be wrong, in milliseconds. */
const SLACK_MS = 500;

/** What taps without a pause between them mean: one is yes, two are no. */
export type Meaning = 'yes' | 'no' | 'unclear';

/** Taps that followed each other without a pause; open as long as another one may belong to them. */
export interface Answer {
  is: Meaning | 'open';
  keys: string;
  /** When the last of them was heard, by the local clock. */
  heardMs: number;
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
  const answers = groups.map((group) => answerOf(group, localMs)).filter(({ heardMs }) => localMs - heardMs < SHOWN_MS);
  return answers.reverse().slice(0, ANSWERS_MAX);
}

function answerOf(group: readonly Tap[], localMs: number): Answer {
  const heardMs = group.at(-1)?.localMs ?? localMs;
  const meaning: Meaning = group.length === 1 ? 'yes' : group.length === 2 ? 'no' : 'unclear';
  const isOpen = localMs - heardMs < PAUSE_MS;
  return { is: isOpen ? 'open' : meaning, keys: group.map(({ key }) => key).join(' '), heardMs };
}
