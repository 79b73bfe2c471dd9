import type { components } from '../api';

type Schemas = components['schemas'];

export type Parts = Schemas['Parts'];
export type Contact = Schemas['Contact'];
export type ContactClass = Schemas['Class'];
export type Operator = Schemas['Operator'];
/** What an operator is now, in one word. */
export type Is = Operator['status']['is'];
export type Trunk = Schemas['Trunk'];
export type Quarter = Schemas['Quarter'];
export type Sum = Schemas['Sum'];

/** Classes, the most urgent first. */
export const CLASSES: readonly ContactClass[] = ['alarm', 'danger', 'crisis', 'information'];

/** After so long without news a screen says that what it shows is old, in milliseconds. */
export const STALE_AFTER_MS = 5_000;

/** What the feed has told of this moment. It is never changed in place. */
export interface Board {
  /** When, by the server's clock; 0 before anything was heard. */
  readonly atMs: number;
  readonly health: Schemas['Health'] | undefined;
  readonly setup: Schemas['Setup'] | undefined;
  readonly contacts: ReadonlyMap<string, Contact>;
  readonly operators: ReadonlyMap<string, Operator>;
  readonly trunks: readonly Trunk[];
  readonly sums: Schemas['Sums'] | undefined;
  /** The quarter-hours of today, the oldest first. */
  readonly quarters: readonly Quarter[];
}

/** A board of which nothing is known yet. */
export const EMPTY: Board = {
  atMs: 0,
  health: undefined,
  setup: undefined,
  contacts: new Map(),
  operators: new Map(),
  trunks: [],
  sums: undefined,
  quarters: [],
};

/** Whether parts are everything, or what changed since. */
export type Told = 'snapshot' | 'change';

/** A board with parts taken in; what the parts leave out stays as it was. */
export function apply(board: Board, told: Told, parts: Parts): Board {
  const before = told === 'snapshot' ? EMPTY : board;
  return {
    atMs: parts.at_ms,
    health: parts.health ?? before.health,
    setup: parts.setup ?? before.setup,
    contacts: merge(before.contacts, parts.contacts, parts.contacts_gone, (contact) => contact.id),
    operators: merge(before.operators, parts.operators, parts.operators_gone, (one) => one.key),
    trunks: parts.trunks ?? before.trunks,
    sums: parts.sums ?? before.sums,
    quarters: mergeQuarters(before.quarters, parts.chart),
  };
}

/** Whether what was heard so long ago is too old to act by. */
export function isStale(silentMs: number): boolean {
  return silentMs > STALE_AFTER_MS;
}

function merge<T>(
  before: ReadonlyMap<string, T>,
  changed: readonly T[] = [],
  gone: readonly string[] = [],
  keyOf: (one: T) => string,
): ReadonlyMap<string, T> {
  if (changed.length === 0 && gone.length === 0) return before;
  const after = new Map(before);
  for (const one of changed) after.set(keyOf(one), one);
  for (const key of gone) after.delete(key);
  return after;
}

function mergeQuarters(before: readonly Quarter[], chart: Parts['chart']): readonly Quarter[] {
  if (!chart) return before;
  const quarters = new Map(before.map((quarter) => [quarter.begins_ms, quarter]));
  for (const quarter of chart.quarters) quarters.set(quarter.begins_ms, quarter);
  return [...quarters.values()]
    .filter((quarter) => quarter.begins_ms >= chart.first_ms)
    .sort((a, b) => a.begins_ms - b.begins_ms);
}
