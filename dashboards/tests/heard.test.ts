import { cleanup, render } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { announcer } from '../src/lib/announcer.svelte';
import { feed } from '../src/lib/board.svelte';
import { clock } from '../src/lib/clock.svelte';
import { EMPTY, apply, type Parts } from '../src/lib/feed';
import { route } from '../src/lib/route.svelte';
import type { Role } from '../src/lib/session.svelte';
import { Spoken, type Lasting } from '../src/lib/spoken';
import Heard from '../src/parts/Heard.svelte';
import OnShift from '../src/parts/OnShift.svelte';
import { SCENES } from './fake-scenes.mjs';
import { NOON } from './given';

const SERVING = { mode: 'serving', unsaved: null, certificate_ends_ms: null, clock_doubt: null } as const;
const CALM = SCENES['calm']?.(NOON) ?? { at_ms: NOON };
const STAFFED = { setup: { ...CALM.setup!, queues: [] } };
const trunk = (status: 'well' | 'asked' | 'silent' | 'down', name = 'carrier') =>
  ({ name, status, health: 'down', registration: null }) as const;

let localMs = 1_000;

/** What is said from one moment to the next, when the feed tells these parts at its beginning. */
async function said(parts: Partial<Parts>, ms = 1_000): Promise<string> {
  announcer.polite = '';
  feed.board = apply(EMPTY, 'snapshot', { ...CALM, ...STAFFED, at_ms: NOON + localMs, ...parts });
  flushSync();
  const now = announcer.polite;
  await Promise.resolve();
  announcer.polite = '';
  for (let left = ms; left > 0; left -= 1_000) {
    localMs += 1_000;
    clock.tick();
    flushSync();
  }
  return [now, announcer.polite].filter((one) => one !== '').join(' … ');
}

function page(path: string, role: Role) {
  feed.board = EMPTY;
  route.path = path;
  render(Heard, { role });
  render(OnShift, { login: 'jana' });
  flushSync();
}

beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => localMs);
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  feed.board = EMPTY;
  announcer.polite = '';
  route.path = '/';
});

test('each fault on a banner is said once when it begins and once when it ends, on every page', async () => {
  const faults: [Partial<Parts>, string, string][] = [
    [
      { health: { ...SERVING, unsaved: 'no space left on device' } },
      'Neukládá se na disk. Hovory běží dál',
      'Na disk se zase ukládá.',
    ],
    [
      { health: { ...SERVING, clock_doubt: 'it stands' } },
      'Hodiny počítače s Linkou nejdou správně. Hodiny a dny',
      'jdou zase správně.',
    ],
    [
      { health: { ...SERVING, mode: 'draining' } },
      'Nové hovory se nepřijímají. Běžící',
      'Nové hovory se zase přijímají.',
    ],
    [
      { trunks: [trunk('down')] },
      'Spojení do telefonní sítě nefunguje: carrier. Nikdo se teď nedovolá.',
      'Spojení do telefonní sítě zase funguje.',
    ],
  ];
  for (const [path, role] of [
    ['/', 'supervisor'],
    ['/me', 'operator'],
    ['/wall', 'wall'],
    ['/reports', 'administrator'],
  ] as const) {
    page(path, role);
    for (const [parts, begins, ends] of faults) {
      const calm = await said({});
      const first = await said(parts, 30_000);

      expect([calm, await said(parts, 30_000)], path).toEqual(['', '']);
      expect(first.split(begins), path).toHaveLength(2);
      expect(await said({}), path).toContain(ends);
    }
    cleanup();
  }
});

test('that the certificate runs out is said to those who see to it, and to no operator', async () => {
  const ends = { health: { ...SERVING, certificate_ends_ms: NOON + 9 * 86_400_000 } };
  const heard: string[] = [];
  for (const role of ['supervisor', 'wall', 'operator'] as const) {
    page('/me', role);
    heard.push(await said(ends));
    cleanup();
  }

  expect(heard.map((one) => one.includes('Certifikát webu vyprší'))).toEqual([true, true, false]);
});

test('a paused operator and one who talks hear of a dead trunk at once', async () => {
  const [me] = CALM.operators ?? [];
  page('/me', 'operator');
  for (const status of [
    { is: 'paused', reason: 'meal', since_ms: NOON },
    { is: 'talking', contact: '1', since_ms: NOON },
  ] as const) {
    const operators = [{ ...me!, status }];
    await said({ operators });

    expect(await said({ operators, trunks: [trunk('down', status.is)] })).toContain(
      'Spojení do telefonní sítě nefunguje',
    );
  }
});

test('who is free hears once that nobody can call', async () => {
  page('/me', 'operator');
  await said({});

  expect(await said({ trunks: [trunk('down')] })).toBe(
    'Spojení do telefonní sítě nefunguje: carrier. Nikdo se teď nedovolá. Dejte hned vědět správě.',
  );
});

test('a trunk that owes an answer is not said to work again', async () => {
  page('/', 'supervisor');
  await said({ trunks: [trunk('down')] });

  expect([
    await said({ trunks: [trunk('asked')] }),
    await said({ trunks: [trunk('silent')] }),
    await said({ trunks: [trunk('well')] }),
  ]).toEqual(['', '', 'Spojení do telefonní sítě zase funguje.']);
});

test('while the news is old nothing has begun or ended', async () => {
  page('/', 'supervisor');
  await said({ trunks: [trunk('down')] });
  vi.spyOn(feed, 'isStale', 'get').mockReturnValue(true);

  expect(await said({})).not.toContain('Spojení do telefonní sítě');
});

test('a supervisor hears on the board that danger waits, and that its caller cannot speak', async () => {
  const [mute, other] = SCENES['rings']?.(NOON).contacts ?? [];
  const danger = { ...mute!, speech: 'expected' } as const;
  page('/', 'supervisor');
  await said({});
  const begins = [
    await said({ contacts: [danger, other!] }),
    await said({ contacts: [danger, { ...danger, id: '7' }] }),
    await said({ contacts: [danger, mute!] }),
  ];

  expect(begins).toEqual(['Čeká: ohrožení.', '', 'Čeká: ohrožení. Nemůže mluvit.']);
  expect([
    await said({}),
    await said({ contacts: [{ ...danger, class: 'alarm' }] }),
    await said({ contacts: [other!] }),
  ]).toEqual(['', 'Čeká: poplach.', '']);
  expect(await said({ contacts: [danger] })).toBe('Čeká: ohrožení.');
});

test('a supervisor hears on the board where operators are missing, and an operator does not', async () => {
  const short = { setup: CALM.setup!, operators: [] };
  page('/', 'supervisor');
  await said({});
  expect([await said(short), await said(short), await said({})]).toEqual(['Chybí obsluha: crisis.', '', '']);
  cleanup();
  page('/', 'operator');
  await said({});

  expect(await said(short)).toBe('');
});

test('what flaps is said once a minute, and then what is so', () => {
  const spoken = new Spoken();
  const fault: Lasting = { is: 'so', key: 'trunks', state: 'down', begins: 'down', ends: 'up' };
  const heard: string[] = [];
  for (let second = 0; second < 60; second += 1)
    heard.push(...spoken.next(second % 10 < 5 ? [fault] : [], second * 1_000));
  const within = [...heard];
  for (let second = 60; second < 130; second += 1) heard.push(...spoken.next([fault], second * 1_000));

  expect(within).toEqual(['down', 'up']);
  expect(heard).toEqual(['down', 'up', 'down']);
});
