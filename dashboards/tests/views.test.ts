import { expect, test } from 'vitest';

import { EMPTY, apply, type Contact, type Operator } from '../src/lib/feed';
import { doing, isFree, listed, longestSince, staff, staffOf, talking, waiting } from '../src/lib/views';

const NOON = 1_795_420_800_000;

function contact(id: string, more: Partial<Contact> = {}): Contact {
  return { id, line: 'help', queue: 'crisis', class: 'crisis', speech: 'expected', standing: 'arrival', state: 'waiting', arrived_ms: NOON, with: [], steps_taken: 0, ...more };
}

function operator(key: string, more: Partial<Operator> = {}): Operator {
  return { key, place: 'desk', intent: { wants: 'ready' }, reachability: 'reachable', occupancy: { does: 'free' }, misses_in_row: 0, queues: ['crisis'], phones: 1, ...more };
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

test('who talks is never shown as ringing or in her time after a call', () => {
  const busy = operator('jana', { occupancy: { does: 'talking', contact: '1' }, claim: { contact: '2', until_ms: NOON }, wrap_up_until_ms: NOON + 1 });

  expect(doing(busy, NOON)).toBe('talking');
});

test('a time after a call that has run out leaves an operator free', () => {
  const jana = operator('jana', { wrap_up_until_ms: NOON + 1_000 });

  expect([isFree(jana, NOON), isFree(jana, NOON + 1_000)]).toEqual([false, true]);
});

test('only who is ready, reachable and at a desk counts as free', () => {
  const operators = [
    operator('a'),
    operator('b', { reachability: 'unproven' }),
    operator('c', { intent: { wants: 'paused', reason: 'meal' } }),
    operator('d', { place: 'home' }),
    operator('e', { occupancy: { does: 'talking', contact: '1' } }),
  ];

  expect(staffOf(board([], operators), 'crisis')).toBe(2);
  expect(staffOf(board([], operators), 'information')).toBe(0);
  expect(staff(board([contact('1', { state: 'talking' })], operators), NOON)).toEqual({ free: 1, there: 2, talking: 1, wrapUp: 0, paused: 1 });
});

test('those off shift stand last in the list', () => {
  const operators = [operator('a', { intent: { wants: 'off' } }), operator('b', { place: 'home' }), operator('c')];

  expect(listed(board([], operators)).map((one) => one.key)).toEqual(['c', 'b', 'a']);
});

test('five thousand waiting contacts are put in order within a frame or two', () => {
  const crowd = board(Array.from({ length: 5_000 }, (_, index) => contact(String(index), { arrived_ms: NOON - ((index * 7_919) % 5_000) })));

  const before = performance.now();
  waiting(crowd);
  talking(crowd);

  expect(performance.now() - before).toBeLessThan(250);
});
