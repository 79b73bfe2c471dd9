import type { Quarter } from './feed';

const QUARTER_MS = 15 * 60 * 1_000;
const DAY_MS = 24 * 60 * 60 * 1_000;

/** A place on the horizontal axis, with what is counted there. */
export interface Point {
  /** What a table calls it. */
  label: string;
  /** What the axis says below it; nothing for most. */
  tick: string | undefined;
  arrived: number;
  /** Nothing where it is not counted, or not yet. */
  answered?: number | undefined;
  abandoned?: number | undefined;
  /** Whether it stands for several places that are told together. */
  isTogether?: boolean;
}

/** A label below the axis, and where it begins and how wide it is, in pixels. */
export interface Tick {
  text: string;
  begins: number;
  width: number;
}

/** The labels that have room below an axis: moved where an edge would cut one off, and left out where one would touch the one before it. */
export function ticksWithin(ticks: readonly Tick[], width: number, gap: number): Tick[] {
  const shown: Tick[] = [];
  for (const tick of ticks) {
    const begins = Math.max(0, Math.min(tick.begins, width - tick.width));
    const before = shown.at(-1);
    if (before === undefined || begins >= before.begins + before.width + gap) shown.push({ ...tick, begins });
  }
  return shown;
}

/** A top of the vertical axis that whole numbers divide evenly, not below `value`. */
export function top(value: number): number {
  const quarter = Math.max(1, value / 4);
  const unit = Math.max(1, 10 ** Math.floor(Math.log10(quarter)) / 2);
  return Math.ceil(quarter / unit) * unit * 4;
}

/** Since when the quarter-hours of a day are counted, where that is not its beginning. `sinceMs` is since when its sums are. */
export function countedSince(
  quarters: readonly Quarter[],
  beginsMs: number,
  sinceMs: number | null | undefined,
): number | undefined {
  const fromMs = Math.max(quarters[0]?.begins_ms ?? 0, sinceMs ?? 0);
  return fromMs > beginsMs ? fromMs : undefined;
}

/** The quarter-hours of a whole day. Of those that are counted, the ones that are not told count nothing. `clock` names a moment. */
export function dayOf(
  quarters: readonly Quarter[],
  beginsMs: number,
  sinceMs: number | undefined,
  clock: (ms: number) => string,
): Point[] {
  const told = new Map(quarters.map((quarter) => [quarter.begins_ms, quarter]));
  const lastMs = quarters.at(-1)?.begins_ms ?? 0;
  const isCounted = (ms: number) => ms <= lastMs && ms + QUARTER_MS > (sinceMs ?? 0);
  return Array.from({ length: DAY_MS / QUARTER_MS }, (_, index) => {
    const ms = beginsMs + index * QUARTER_MS;
    const quarter = told.get(ms);
    return {
      label: clock(ms),
      tick: index % 12 === 0 ? clock(ms) : undefined,
      arrived: quarter?.arrived ?? 0,
      answered: isCounted(ms) ? (quarter?.answered ?? 0) : undefined,
      abandoned: isCounted(ms) ? (quarter?.abandoned ?? 0) : undefined,
    };
  });
}
