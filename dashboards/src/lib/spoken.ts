/** For how long the same is not said again, in milliseconds: what comes and goes is no chatter. */
export const QUIET_MS = 60_000;

/** Something that lasts; `unknown` is what nobody knows whether it does. What is `new` each time is said each time. */
export type Lasting = { is: 'unknown'; key: string } | Begun;

interface Begun {
  is: 'so' | 'new';
  key: string;
  /** Another state of the same is said anew. */
  state: string;
  begins: string;
  /** What is said when it is over; without it that is not said. */
  ends?: string;
}

/** What was said last of something that lasts. */
interface Told {
  /** Nothing once it is over. */
  state: string | undefined;
  ends: string | undefined;
  /** When each sentence was said last. */
  saidMs: Map<string, number>;
}

/** Says what lasts once when it begins and once when it ends, the same at most once a minute; then it says what is so by then. */
export class Spoken {
  readonly #told = new Map<string, Told>();

  /** What is to be said now. */
  next(all: readonly Lasting[], nowMs: number): string[] {
    const keys = new Set(all.map(({ key }) => key));
    const over = [...this.#told].filter(([key]) => !keys.has(key)).flatMap(([, told]) => end(told, nowMs));
    return [...all.flatMap((one) => (one.is === 'unknown' ? [] : this.#begin(one, nowMs))), ...over];
  }

  #begin({ is, key, state, begins, ends }: Begun, nowMs: number): string[] {
    const told = this.#told.get(key) ?? { state: undefined, ends, saidMs: new Map<string, number>() };
    this.#told.set(key, told);
    told.ends = ends;
    if (told.state === state || (is === 'so' && !mayBeSaid(told, state, nowMs))) return [];
    told.state = state;
    return [begins];
  }
}

function end(told: Told, nowMs: number): string[] {
  if (told.state === undefined || (told.ends !== undefined && !mayBeSaid(told, '', nowMs))) return [];
  told.state = undefined;
  return told.ends === undefined ? [] : [told.ends];
}

/** Whether a state was not said just now; then it counts as said. */
function mayBeSaid({ saidMs }: Told, state: string, nowMs: number): boolean {
  for (const [other, ms] of saidMs) if (nowMs - ms >= QUIET_MS) saidMs.delete(other);
  if (saidMs.has(state)) return false;
  saidMs.set(state, nowMs);
  return true;
}
