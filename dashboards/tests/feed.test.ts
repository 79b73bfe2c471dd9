import { expect, test } from 'vitest';

import { EMPTY, apply, isStale, type Contact, type Operator, type Parts } from '../src/lib/feed';
import { NOON } from './given';

const QUARTER = 15 * 60_000;

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
    name: key,
    status: { is: 'free', since_ms: 0 },
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

function quarter(index: number, arrived: number) {
  return { begins_ms: NOON + index * QUARTER, arrived, answered: 0, abandoned: 0 };
}

function parts(more: Partial<Parts> = {}): Parts {
  return { at_ms: NOON, ...more };
}

const loaded = apply(
  EMPTY,
  'snapshot',
  parts({
    contacts: [contact('1'), contact('2')],
    operators: [operator('jana')],
    health: { mode: 'serving' },
    trunks: [],
  }),
);

test('a snapshot replaces everything that was there', () => {
  const board = apply(loaded, 'snapshot', parts({ at_ms: NOON + 1, contacts: [contact('3')] }));

  expect([...board.contacts.keys()]).toEqual(['3']);
  expect(board.operators.size).toBe(0);
  expect(board.health).toBeUndefined();
});

test('a change leaves alone what it does not name', () => {
  const board = apply(loaded, 'change', parts({ at_ms: NOON + 1, contacts: [contact('2', { class: 'danger' })] }));

  expect(board.contacts.get('1')?.class).toBe('crisis');
  expect(board.contacts.get('2')?.class).toBe('danger');
  expect(board.operators).toBe(loaded.operators);
  expect(board.health).toEqual({ mode: 'serving' });
  expect(board.atMs).toBe(NOON + 1);
});

test('who is gone is on the board no more', () => {
  const board = apply(loaded, 'change', parts({ contacts_gone: ['1'], operators_gone: ['jana', 'nobody'] }));

  expect([...board.contacts.keys()]).toEqual(['2']);
  expect(board.operators.size).toBe(0);
});

test('a change never alters the board that was shown before', () => {
  apply(loaded, 'change', parts({ contacts_gone: ['1'], contacts: [contact('9')] }));

  expect([...loaded.contacts.keys()]).toEqual(['1', '2']);
});

test('a screen that lagged is right again with the next snapshot', () => {
  const lagging = apply(loaded, 'change', parts({ contacts: [contact('7')] }));

  const board = apply(lagging, 'snapshot', parts({ contacts: [contact('8')], operators: [operator('lenka')] }));

  expect([...board.contacts.keys()]).toEqual(['8']);
  expect([...board.operators.keys()]).toEqual(['lenka']);
});

test('quarter-hours are replaced one by one, and forgotten at midnight', () => {
  const morning = apply(
    loaded,
    'snapshot',
    parts({ chart: { first_ms: NOON, quarters: [quarter(0, 2), quarter(1, 3)] } }),
  );

  const grown = apply(
    morning,
    'change',
    parts({ chart: { first_ms: NOON, quarters: [quarter(1, 4), quarter(2, 1)] } }),
  );
  const midnight = apply(
    grown,
    'change',
    parts({ chart: { first_ms: NOON + 2 * QUARTER, quarters: [quarter(2, 5)] } }),
  );

  expect(grown.quarters.map((one) => one.arrived)).toEqual([2, 4, 1]);
  expect(midnight.quarters.map((one) => one.arrived)).toEqual([5]);
});

test('news is stale after five seconds of silence and not before', () => {
  expect(isStale(5_000)).toBe(false);
  expect(isStale(5_001)).toBe(true);
});
