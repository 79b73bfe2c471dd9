import { CLASSES, type Board, type Contact, type ContactClass, type Operator } from './feed';

/** How many rows of waiting contacts are shown at once. */
export const ROWS_MAX = 50;
/** How many rows of operators are shown at once: whoever is on shift comes first. */
export const OPERATORS_MAX = 200;
const BY_NAME = new Intl.Collator('cs', { numeric: true });

/** Contacts that nobody talks with yet, in the order in which they would be taken. */
export function waiting(board: Board): Contact[] {
  return [...board.contacts.values()].filter((contact) => contact.state !== 'talking').sort(byRank);
}

/** Contacts that a partner talks with. */
export function atPartners(board: Board): Contact[] {
  const theirs = (contact: Contact) => contact.state === 'talking' && contact.partner != null;
  return [...board.contacts.values()].filter(theirs).sort(byRank);
}

function byRank(a: Contact, b: Contact): number {
  return (
    CLASSES.indexOf(a.class) - CLASSES.indexOf(b.class) ||
    Number(a.standing === 'behind_band') - Number(b.standing === 'behind_band') ||
    a.arrived_ms - b.arrived_ms ||
    Number(a.id) - Number(b.id)
  );
}

/** How many contacts there are of each class. */
export function countByClass(contacts: readonly Contact[]): Record<ContactClass, number> {
  const counts = { alarm: 0, danger: 0, crisis: 0, information: 0 };
  for (const contact of contacts) counts[contact.class] += 1;
  return counts;
}

/** When the contact arrived that waits longest; nothing when none waits. */
export function longestSince(contacts: readonly Contact[]): number | undefined {
  return contacts.reduce<number | undefined>(
    (oldest, { arrived_ms }) => Math.min(oldest ?? arrived_ms, arrived_ms),
    undefined,
  );
}

/** How many contacts somebody talks with. */
export function talking(board: Board): number {
  return [...board.contacts.values()].filter((contact) => contact.state === 'talking').length;
}

/** What an operator does now, in one word: the part of her state that moves. */
export type Doing = 'free' | 'rings' | 'talking' | 'engaged' | 'wrap_up';

/** What an operator does now. */
export function doing(operator: Operator, nowMs: number): Doing {
  if (operator.occupancy.does === 'talking') return 'talking';
  if (operator.claim) return 'rings';
  if (operator.occupancy.does === 'engaged') return 'engaged';
  return isWrappingUp(operator, nowMs) ? 'wrap_up' : 'free';
}

/** Whether somebody is in her time after a call. */
export function isWrappingUp(operator: Operator, nowMs: number): boolean {
  return operator.wrap_up_until_ms != null && operator.wrap_up_until_ms > nowMs;
}

/** Whether an operator is there: she wants contacts and her phone answers. */
export function isThere(operator: Operator): boolean {
  return operator.intent.wants === 'ready' && operator.reachability === 'reachable';
}

/** Whether an operator at a desk could be offered a contact now. */
export function isFree(operator: Operator, nowMs: number): boolean {
  return operator.place === 'desk' && isThere(operator) && doing(operator, nowMs) === 'free';
}

/** How many operators at desks are in which state. */
export interface Staff {
  free: number;
  there: number;
  talking: number;
  wrapUp: number;
  paused: number;
}

/** Counts the operators at desks. */
export function staff(board: Board, nowMs: number): Staff {
  const desks = atDesks(board);
  const count = (is: (operator: Operator) => boolean) => desks.filter(is).length;
  return {
    free: count((operator) => isFree(operator, nowMs)),
    there: count(isThere),
    talking: count((operator) => operator.occupancy.does === 'talking'),
    wrapUp: count((operator) => doing(operator, nowMs) === 'wrap_up'),
    paused: count((operator) => operator.intent.wants === 'paused'),
  };
}

/** How many operators of a queue are there, at desks. */
export function staffOf(board: Board, queue: string): number {
  return atDesks(board).filter((operator) => operator.queues.includes(queue) && isThere(operator)).length;
}

function atDesks(board: Board): Operator[] {
  return [...board.operators.values()].filter((operator) => operator.place === 'desk');
}

/** Operators as they stand in a list: those on shift first, on-call people after those at desks, each by name. */
export function listed(board: Board): Operator[] {
  const place = (operator: Operator) =>
    (operator.intent.wants === 'off' ? 2 : 0) + (operator.place === 'home' ? 1 : 0);
  return [...board.operators.values()].sort(
    (a, b) => place(a) - place(b) || BY_NAME.compare(a.key, b.key),
  );
}
