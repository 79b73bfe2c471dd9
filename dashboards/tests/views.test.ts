import { expect, test } from 'vitest';

import { EMPTY, apply, type Contact, type Operator } from '../src/lib/feed';
import { late, listed, longestSince, nameOf, staff, staffOf, takers, talking, waiting } from '../src/lib/views';
import { NOON } from './given';

function contact(id: string, more: Partial<Contact> = {}): Contact {
  return {
    id,
    line: 'help',
    queue: 'crisis',
    class: 'crisis',
    speech: 'expected',
    standing: 'arrival',
    state: 'waiting',
    arrived_ms: NOON,
    with: [],
    resting: [],
    steps_taken: 0,
    ...more,
  };
}

function operator(key: string, more: Partial<Operator> = {}): Operator {
  return {
    key,
    status: { is: 'free', since_ms: NOON },
    presence: 'there',
    place: 'desk',
    intent: { wants: 'ready' },
    reachability: 'reachable',
    occupancy: { does: 'free' },
    misses_in_row: 0,
    queues: ['crisis'],
    phones: 1,
    ...more,
  };
}

function board(contacts: Contact[], operators: Operator[] = []) {
  return apply(EMPTY, 'snapshot', { at_ms: NOON, contacts, operators });
}

test('contacts stand by urgency, then by arrival, those of a busy source behind their band', () => {
  const shown = waiting(
    board([
      contact('1', { class: 'information', arrived_ms: NOON - 9_000 }),
      contact('2', { arrived_ms: NOON - 5_000, standing: 'behind_band' }),
      contact('3', { arrived_ms: NOON - 1_000 }),
      contact('4', { arrived_ms: NOON - 3_000, state: 'offered' }),
      contact('5', { class: 'alarm' }),
      contact('6', { class: 'danger', state: 'talking' }),
    ]),
  );

  expect(shown.map((one) => one.id)).toEqual(['5', '4', '3', '2', '1']);
});

test('the longest wait is that of who arrived first, and nobody waits in an empty queue', () => {
  expect(longestSince([contact('1'), contact('2', { arrived_ms: NOON - 7_000 })])).toBe(NOON - 7_000);
  expect(longestSince([])).toBeUndefined();
});

const PAUSED: Partial<Operator> = { status: { is: 'paused', reason: 'meal', since_ms: NOON }, presence: 'away' };
const MACHINE_PAUSED: Partial<Operator> = {
  status: { is: 'paused_by_machine', misses: 3, since_ms: NOON },
  presence: 'away',
  paused_after_misses: 3,
};
const DEAD: Partial<Operator> = {
  status: { is: 'unreachable', since_ms: NOON },
  presence: 'away',
  reachability: 'unreachable',
};
const TALKING: Partial<Operator> = {
  status: { is: 'talking', contact: '1', since_ms: NOON },
  occupancy: { does: 'talking', contact: '1' },
};
const HOME: Partial<Operator> = { status: { is: 'on_call', since_ms: NOON }, place: 'home' };

test('whom the machine paused and whose phone is dead count neither as free nor as there', () => {
  const shown = board([contact('1')], [operator('a', MACHINE_PAUSED), operator('b', DEAD)]);

  expect(staffOf(shown, 'crisis')).toBe(0);
  expect(staff(shown)).toEqual({ free: 0, wrapUp: 0, paused: 1, unreachable: 1 });
  expect(takers(shown, contact('1'))).toEqual([]);
});

test('operators are counted by their status, those at home apart', () => {
  const shown = board(
    [],
    [
      operator('a'),
      operator('b', PAUSED),
      operator('c', HOME),
      operator('d', TALKING),
      operator('e', { status: { is: 'wrap_up', until_ms: NOON } }),
    ],
  );

  expect(staff(shown)).toEqual({ free: 1, wrapUp: 1, paused: 1, unreachable: 0 });
  expect([staffOf(shown, 'crisis'), staffOf(shown, 'information')]).toEqual([3, 0]);
  expect(takers(shown, contact('1')).map((one) => one.key)).toEqual(['a', 'c']);
});

test('a contact is given to nobody of another queue', () => {
  const shown = board([], [operator('a', { queues: ['youth'] }), operator('b', { queues: ['youth', 'crisis'] })]);

  expect(takers(shown, contact('1')).map((one) => one.key)).toEqual(['b']);
});

test('those off shift stand last in the list', () => {
  const off: Partial<Operator> = { status: { is: 'off', since_ms: NOON }, presence: 'away' };
  const operators = [operator('a', off), operator('b', HOME), operator('c')];

  expect(listed(board([], operators)).map((one) => one.key)).toEqual(['c', 'b', 'a']);
});

test('an operator is shown by the name that colleagues see, a stranger by the one that is told', () => {
  const shown = board([], [operator('jana', { name: 'Jana N.' })]);

  expect([nameOf(shown, 'jana'), nameOf(shown, 'neighbour-line')]).toEqual(['Jana N.', 'neighbour-line']);
});

test('five thousand waiting contacts are put in order within a frame or two', () => {
  const crowd = board(
    Array.from({ length: 5_000 }, (_, index) =>
      contact(String(index), { arrived_ms: NOON - ((index * 7_919) % 5_000) }),
    ),
  );

  const before = performance.now();
  waiting(crowd);
  talking(crowd);

  expect(performance.now() - before).toBeLessThan(250);
});

test('a pause of somebody on call at home is counted as one', () => {
  const shown = board([], [operator('a'), operator('b', { ...PAUSED, place: 'home' })]);

  expect(staff(shown)).toEqual({ free: 1, wrapUp: 0, paused: 1, unreachable: 0 });
});

test('who has waited for longer than is in time is late', () => {
  const shown = board([
    contact('1', { arrived_ms: NOON - 20_000 }),
    contact('2', { arrived_ms: NOON - 20_001 }),
    contact('3', { arrived_ms: NOON - 60_000, state: 'talking' }),
  ]);

  expect(late(shown, 20, NOON)).toBe(1);
});
