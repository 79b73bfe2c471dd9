import type { Field } from '../src/lib/entry';
import type { Parts } from '../src/lib/feed';
import type { Counts, HoursOfMonth, Tables } from '../src/lib/reports';

export const FIELDS: Field[];
export const SCENES: Record<string, (atMs: number) => Parts>;
export function counts(): Counts;
export function overlapping<T extends { first: string; last: string }>(
  periods: readonly T[],
  from: string | null,
  to: string | null,
): T[];
export function tables(): Tables;
export function hours(): HoursOfMonth[];
