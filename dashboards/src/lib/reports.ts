import { call, type Outcome, type Schemas } from './api';

export type Counted = Schemas['Counted'];
export type Formula = Schemas['Formula'];
export type Counts = Schemas['Counts'];
export type Arrived = Schemas['Arrived'];
export type HoursOfMonth = Schemas['HoursOfMonth'];
export type Tables = Schemas['Tables'];
export type Single = Tables['months'][number]['singles'][number];

/** Which periods are looked at; an empty text is no limit. */
export interface Days {
  from: string;
  to: string;
}

/** For how long quarter-hours are told; then hours of the week are. */
const MONTH_KEPT_MS = 3 * 24 * 60 * 60 * 1_000;

/** The first day whose quarter-hours are told: those of a month are, until its third day after. */
export function firstTold(nowMs: number, dayAt: (ms: number) => string): string {
  return `${dayAt(nowMs - MONTH_KEPT_MS).slice(0, 8)}01`;
}

const QUARTER_MS = 15 * 60 * 1_000;
/** How long after its end a quarter-hour is told: 60 s, in which its last arrival is committed, and some until it is written. */
const QUARTER_TOLD_AFTER_MS = 65_000;

/** Up to which moment the quarter-hours of a day are told now: up to its end, or of the running day as far as they are over. */
export function toldThrough(beginsMs: number, endsMs: number, nowMs: number): number {
  const overMs = Math.floor((nowMs - QUARTER_TOLD_AFTER_MS) / QUARTER_MS) * QUARTER_MS;
  return Math.max(beginsMs, Math.min(endsMs, overMs));
}

/** How many periods a table of figures shows: as many as fit on a printed page. */
export const PERIODS_MAX = 6;

/** Whether the first day comes after the last one: no period is in such days. */
export function areReversed({ from, to }: Days): boolean {
  return from !== '' && to !== '' && from > to;
}

/** Asks for the counts of closed periods. */
export function counts(days: Days): Promise<Outcome<Counts>> {
  return call<Counts>('GET', `/api/v1/reports/counts${query(days)}`);
}

/** Asks for the fixed tables of months: what operators entered after calls. */
export function tables(days: Days): Promise<Outcome<Tables>> {
  return call<Tables>('GET', `/api/v1/reports/tables${query(days)}`);
}

/** The address of the anonymous rows of calls as a file. */
export function rowsAddress(days: Days): string {
  return `/api/v1/reports/records.csv${query(days)}`;
}

/** The address of the same as a file. */
export function csvAddress(days: Days): string {
  return `/api/v1/reports/counts.csv${query(days)}`;
}

/** Asks how many contacts arrived per quarter-hour between two moments, in milliseconds since the Unix epoch. */
export function arrived(fromMs: number, toMs: number): Promise<Outcome<Arrived[]>> {
  return call<Arrived[]>('GET', `/api/v1/reports/arrived?from_ms=${fromMs}&to_ms=${toMs}`);
}

/** Asks how many contacts arrived per hour of the week, in months whose quarter-hours are kept no longer. */
export function hours(days: Days): Promise<Outcome<HoursOfMonth[]>> {
  return call<HoursOfMonth[]>('GET', `/api/v1/reports/hours${query(days)}`);
}

/** The hours of a week by hour of the day, each from Monday on; nothing where one is withheld. */
export function byHourOfDay(week: HoursOfMonth['hours']): (number | undefined)[][] {
  return Array.from({ length: 24 }, (_, hour) =>
    Array.from({ length: 7 }, (_, day) => week[day * 24 + hour] ?? undefined),
  );
}

function query(days: Days): string {
  const limits = Object.entries(days).filter(([, day]) => day !== '');
  return limits.length === 0 ? '' : `?${new URLSearchParams(limits)}`;
}

/** What a figure comes to in a period; nothing when there is nothing to take it of. */
export function figure(formulas: readonly Formula[], period: Counted, name: string): number | undefined {
  const value = period.values[formulas.findIndex((formula) => formula.name === name)];
  return typeof value === 'number' ? value : undefined;
}

/** Whether a period is several months that are told together. */
export function isSeveral({ first, last }: { first: string; last: string }): boolean {
  return first.slice(0, 7) !== last.slice(0, 7);
}

/** The months of a period in so few letters that an axis has room for them: 2/2026, 2–4/2026. */
export function monthsShort({ first, last }: { first: string; last: string }): string {
  const [[year, month], [lastYear, lastMonth]] = [yearAndMonth(first), yearAndMonth(last)];
  if (year !== lastYear) return `${month}/${year} – ${lastMonth}/${lastYear}`;
  return month === lastMonth ? `${month}/${year}` : `${month}–${lastMonth}/${year}`;
}

function yearAndMonth(day: string): [number, number] {
  return [Number(day.slice(0, 4)), Number(day.slice(5, 7))];
}

/** Whether a period reaches beyond the days that were asked for: all that overlap them are told. */
export function areBeyond(periods: readonly { first: string; last: string }[], { from, to }: Days): boolean {
  return periods.some(({ first, last }) => (from !== '' && first < from) || (to !== '' && last > to));
}

/** The lines that the periods are of, with those known before, each once. */
export function lines(periods: readonly Counted[], before: readonly string[]): string[] {
  return [...new Set([...before, ...periods.map(({ line }) => line)])].sort();
}

/** Why a selection has no period: those of it are hidden since they would tell of too few, none overlaps its days, or none of the line is closed. */
export type WhyNone = 'hidden' | 'outside' | 'open';

/** Why a line has no period of the kind and class that were chosen, by its months of all classes that overlap the days. */
export function whyNone(months: readonly Counted[], { from, to }: Days): WhyNone {
  if (months.length > 0) return 'hidden';
  return from === '' && to === '' ? 'open' : 'outside';
}

/** The figures that parts of months tell at all. */
const OF_PIECES: ReadonlySet<string> = new Set([
  'offered',
  'ended',
  'answered',
  'answered_within_20_s',
  'service_level_of_all',
]);
/** The figures that the classes of a month may tell. */
const OF_CLASSES: ReadonlySet<string> = new Set([...OF_PIECES, 'talk', 'mean_talk']);

/** Why a figure is withheld: it, or another that it gives away, would be about few contacts, or it is never told of a part of a month or of a class. */
const WHY_NOT_TOLD = ['few', 'pieces', 'classes'] as const;
export type WhyNotTold = (typeof WHY_NOT_TOLD)[number];

/** Why figures of these periods are withheld, each reason once. */
export function whyNotTold(periods: readonly Counted[]): WhyNotTold[] {
  const reasons = new Set(periods.flatMap((period) => period.not_told.map((name) => whyWithheld(period, name))));
  return WHY_NOT_TOLD.filter((reason) => reasons.has(reason));
}

function whyWithheld(period: Counted, name: string): WhyNotTold {
  if (period.span === 'piece') return OF_PIECES.has(name) ? 'few' : 'pieces';
  if (period.class == null) return 'few';
  return OF_CLASSES.has(name) ? 'few' : 'classes';
}

/** Those periods of a line, of one kind and of one class; all classes together without one. The earliest is first. */
export function chosen(
  periods: readonly Counted[],
  line: string,
  span: Counted['span'],
  ofClass: Schemas['Class'] | undefined,
): Counted[] {
  return periods
    .filter((period) => period.line === line && period.span === span && (period.class ?? undefined) === ofClass)
    .sort((a, b) => a.first.localeCompare(b.first));
}
