import { CLASSES, type Board, type Contact, type ContactClass, type Is, type Operator } from './feed';

/** How many rows of waiting contacts are shown at once. */
export const ROWS_MAX = 50;
/** How many rows of operators are shown at once: whoever is on shift comes first. */
export const OPERATORS_MAX = 200;
const BY_NAME = new Intl.Collator('cs', { numeric: true });

/** Contacts that nobody talks with yet, in the order in which they would be taken. */
export function waiting(board: Board): Contact[] {
  return those(board, 'waiting', 'offered');
}

/** Contacts whose call is looked for after a restart: until it is found, nobody knows whether they still wait or talk. */
export function adrift(board: Board): Contact[] {
  return those(board, 'adrift');
}

/** Until when the first contact that waits rings an operator no more, after an offer of it that was not taken; nothing when none is kept from her. */
export function restsFrom(board: Board, operator: string, nowMs: number): number | undefined {
  const rests = waiting(board).flatMap(({ resting }) => resting);
  const hers = rests.find((rest) => rest.operator === operator && rest.until_ms > nowMs);
  return hers?.until_ms;
}

/** Contacts that a partner talks with. */
export function atPartners(board: Board): Contact[] {
  return those(board, 'talking').filter(({ partner }) => partner != null);
}

function those(board: Board, ...states: Contact['state'][]): Contact[] {
  return [...board.contacts.values()].filter(({ state }) => states.includes(state)).sort(byRank);
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

/** How many contacts have waited for longer than this. Whoever does is not answered in time any more, and in no sum yet. */
export function late(board: Board, seconds: number, nowMs: number): number {
  return waiting(board).filter(({ arrived_ms }) => nowMs - arrived_ms > seconds * 1_000).length;
}

/** How many contacts somebody talks with. */
export function talking(board: Board): number {
  return those(board, 'talking').length;
}

/** How many operators are in which status: at desks, and for a pause also at home. */
export interface Staff {
  free: number;
  wrapUp: number;
  paused: number;
  unreachable: number;
}

/** Counts the operators by their status. */
export function staff(board: Board): Staff {
  const [desks, everybody] = [atDesks(board), [...board.operators.values()]];
  const of = (operators: Operator[], ...all: Is[]) => operators.filter(({ status }) => all.includes(status.is)).length;
  const count = (...all: Is[]) => of(desks, ...all);
  return {
    free: count('free'),
    wrapUp: count('wrap_up'),
    paused: of(everybody, 'paused', 'paused_by_machine'),
    unreachable: count('unreachable', 'unproven'),
  };
}

/** How many operators of a queue are there, at desks. */
export function staffOf(board: Board, queue: string): number {
  return atDesks(board).filter(({ queues, presence }) => queues.includes(queue) && presence === 'there').length;
}

/** Whom a contact may be given: who serves its queue and could take it at once. */
export function takers(board: Board, contact: Contact): Operator[] {
  const isFree = ({ status }: Operator) => status.is === 'free' || status.is === 'on_call';
  return listed(board).filter((operator) => operator.queues.includes(contact.queue) && isFree(operator));
}

/** The name that colleagues see. */
export function nameOf(board: Board, key: string): string {
  return board.operators.get(key)?.name ?? key;
}

function atDesks(board: Board): Operator[] {
  return [...board.operators.values()].filter((operator) => operator.place === 'desk');
}

/** Operators as they stand in a list: those on shift first, on-call people after those at desks, each by name. */
export function listed(board: Board): Operator[] {
  const place = (operator: Operator) => (operator.status.is === 'off' ? 2 : 0) + (operator.place === 'home' ? 1 : 0);
  return [...board.operators.values()].sort(
    (a, b) => place(a) - place(b) || BY_NAME.compare(a.name ?? a.key, b.name ?? b.key),
  );
}
