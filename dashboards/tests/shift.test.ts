import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { announcer } from '../src/lib/announcer.svelte';
import { feed } from '../src/lib/board.svelte';
import { clock } from '../src/lib/clock.svelte';
import { EMPTY, apply, type Parts } from '../src/lib/feed';
import { ringsFor } from '../src/lib/ringing.svelte';
import Me from '../src/pages/Me.svelte';
import OnShift from '../src/parts/OnShift.svelte';
import { SCENES } from './fake-scenes.mjs';
import { JANA, NOON } from './given';

const AGAIN_MS = 4_000;

const play = vi.hoisted(() => vi.fn());
vi.mock('../src/lib/tone', () => ({ play, isUnlocked: () => true, unlock: async () => undefined }));

let localMs = 0;
/** The server's moment: its clock goes as the local one. */
const atMs = () => NOON + localMs;

/** The clock ticks on, with every timer that falls due. */
async function pass(ms: number) {
  for (let left = ms; left > 0; left -= 1_000) {
    localMs += Math.min(1_000, left);
    clock.tick();
    await vi.advanceTimersByTimeAsync(Math.min(1_000, left));
    flushSync();
  }
}

/** The feed tells a scene, or parts of one in its place. */
function tell(scene: string, more: Partial<Parts> = {}, heardMs = localMs) {
  const parts = SCENES[scene]?.(atMs());
  if (!parts) throw new Error(`there is no scene ${scene}`);
  feed.board = apply(EMPTY, 'snapshot', { ...parts, ...more });
  vi.spyOn(feed, 'silentMs', 'get').mockImplementation(() => Math.max(0, clock.localMs - heardMs));
  clock.hear(atMs());
  clock.tick();
  flushSync();
}

function now(): string {
  return document.querySelector('[data-now]')?.textContent ?? '';
}

beforeEach(() => {
  vi.useFakeTimers();
  localMs += 100_000;
  play.mockClear();
  vi.spyOn(performance, 'now').mockImplementation(() => localMs);
  vi.stubGlobal('fetch', async () => Response.json([]));
  feed.board = EMPTY;
  feed.taps = [];
  announcer.polite = '';
  render(OnShift, { login: 'jana' });
  render(Me, { who: JANA });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  cleanup();
});

const trunk = (name: string, status: 'well' | 'not_probed' | 'asked' | 'silent' | 'not_registered' | 'down') =>
  ({ name, status, health: 'down', registration: null }) as const;

test('nothing is calm while no trunk is alive, and the dead one is named', () => {
  tell('calm', { trunks: [trunk('carrier', 'down')] });

  expect(screen.queryByRole('heading', { name: 'Klid' })).toBeNull();
  expect(now()).toContain('Z telefonní sítě se nikdo nedovolá');
  expect(document.querySelector('.banner')?.textContent).toContain('carrier');
});

test('a trunk that nobody probes is not dead', () => {
  tell('calm', { trunks: [trunk('carrier', 'down'), trunk('gsm-gateway', 'not_probed')] });

  expect(screen.getByRole('heading', { name: 'Klid' })).toBeTruthy();
  expect(document.querySelector('.banner')?.textContent).toMatch(/carrier(?!.*gsm-gateway)/);
});

test('a trunk that did not answer one probe is no outage', () => {
  tell('calm', { trunks: [trunk('carrier', 'silent')] });

  expect(screen.getByRole('heading', { name: 'Klid' })).toBeTruthy();
  expect(document.querySelector('.banner')).toBeNull();
});

test('of two trunks only the dead one is named beside a silent one, and somebody may still call', () => {
  tell('calm', { trunks: [trunk('carrier', 'silent'), trunk('gsm-gateway', 'down')] });

  expect(screen.getByRole('heading', { name: 'Klid' })).toBeTruthy();
  expect(document.querySelector('.banner')?.textContent).toMatch(/gsm-gateway(?!.*carrier)/);
  expect(document.querySelector('.banner.now')).toBeNull();
});

test('with a dead trunk nobody is called at home, and who waits is still told', () => {
  const [me] = SCENES['calm']?.(atMs()).operators ?? [];
  const dead = { trunks: [trunk('carrier', 'not_registered')] };
  tell('calm', { ...dead, operators: [{ ...me!, status: { is: 'on_call', since_ms: atMs() }, place: 'home' }] });
  const atHome = now();
  tell('waits', dead);

  expect(atHome).toContain('Z telefonní sítě se nikdo nedovolá');
  expect(now()).toContain('Někdo čeká');
});

test('a line that takes no new calls is not calm', () => {
  tell('calm', { health: { mode: 'draining', unsaved: null, certificate_ends_ms: null } });

  expect(screen.queryByRole('heading', { name: 'Klid' })).toBeNull();
  expect(now()).toContain('Nové hovory se nepřijímají');
});

test('a page without news rings no longer, and says that it does not know', async () => {
  tell('rings');
  await pass(AGAIN_MS + 1_000);
  const rung = play.mock.calls.length;
  await pass(2_000);
  const [stopped, lost] = [play.mock.calls.length, now()];
  await pass(30_000);

  expect(rung).toBe(2);
  expect(play.mock.calls.length).toBe(stopped);
  expect(ringsFor('jana')).toBeUndefined();
  expect(lost).toContain('Není známo, jestli zvoní telefon');
  expect(screen.queryByRole('heading', { name: 'Zvoní vám telefon' })).toBeNull();
});

test('a tone ends with its offer, whatever comes of it', async () => {
  tell('rings', {}, Number.POSITIVE_INFINITY);
  await pass(14_000);
  const rung = play.mock.calls.length;
  await pass(30_000);

  expect(rung).toBe(4);
  expect(play.mock.calls.length).toBe(rung);
});

test('without news nothing is calm', async () => {
  tell('calm');
  await pass(6_000);

  expect(screen.queryByRole('heading', { name: 'Klid' })).toBeNull();
  expect(now()).toContain('Není známo, jestli zvoní telefon');
  expect(now()).not.toContain('Nikdo nečeká');
});

/** The caller presses a key; the feed tells it at once. */
function tap(...keys: string[]) {
  for (const key of keys) {
    feed.taps = [...feed.taps, { contact: '901', key, localMs }];
    localMs += 300;
  }
  clock.tick();
  flushSync();
}

const answers = () => [...document.querySelectorAll<HTMLElement>('[data-answer]')].map((one) => one.dataset['answer']);

test('one tap is yes and two are no, each for itself and with its age', async () => {
  tell('talking', {}, Number.POSITIVE_INFINITY);
  tap('1');
  const open = answers();
  await pass(5_000);
  const yes = answers();
  tap('1', '1');
  await pass(2_000);

  expect(open).toEqual(['open']);
  expect(yes).toEqual(['yes']);
  expect(answers()).toEqual(['no', 'yes']);
  expect(document.querySelector('[data-answer=no]')?.textContent).toMatch(/ne\s.*před 0:0[23]/);
});

test('three taps are neither yes nor no', async () => {
  tell('talking', {}, Number.POSITIVE_INFINITY);
  tap('1', '1', '1');
  await pass(3_000);

  expect(answers()).toEqual(['unclear']);
});

test('what was pressed before this talk is no answer', async () => {
  const [contact] = SCENES['talking']?.(atMs()).contacts ?? [];
  tap('5', '5');
  localMs += 2_000;
  tell('talking', { contacts: [{ ...contact!, talking_since_ms: atMs() }] }, Number.POSITIVE_INFINITY);
  await pass(1_000);

  expect(answers()).toEqual([]);
});

test('without news no tap is known', async () => {
  tell('talking');
  await pass(6_000);

  expect(now()).toContain('Ťuknutí teď nepřicházejí');
});

test('each change to a status in which nothing rings is said, and that it may ring again', async () => {
  tell('calm');
  const heard: string[] = [];
  for (const scene of ['machinePaused', 'calm', 'deadPhone', 'waits', 'missed']) {
    tell(scene);
    heard.push(announcer.polite);
    // What is said at one moment is heard together.
    await Promise.resolve();
  }
  tell('calm', { trunks: [trunk('carrier', 'down')] });

  expect(heard[0]).toBe('Linka vám dala pauzu po 3 zmeškaných nabídkách. Nic vám nezazvoní.');
  expect(heard[1]).toBe('Zase vám může zazvonit.');
  expect(heard[2]).toContain('Váš telefon neodpovídá. Nic vám nezazvoní');
  expect(heard[3]).toContain('Zase vám může zazvonit.');
  expect(heard[4]).toBe('Nabídka zůstala nepřijatá.');
  expect(announcer.polite).toContain('Z telefonní sítě se nikdo nedovolá.');
});

test('a pause tells who gave it, unless it was this page', async () => {
  tell('calm');
  const [own] = SCENES['breaks']?.(atMs()).operators ?? [];
  const paused = (intent_cause: 'page' | 'phone' | 'supervisor' | null, reason = 'meal') => {
    tell('breaks', {
      operators: [
        {
          ...own!,
          status: { is: 'paused', reason, since_ms: atMs() },
          intent: { wants: 'paused', reason, back_at_ms: null },
          intent_cause,
        },
      ],
    });
    return now();
  };

  const told = [
    paused('supervisor'),
    paused('phone', 'phone'),
    paused('phone', 'training'),
    paused(null, 'supervision'),
    paused('page', 'break'),
  ];

  expect(told[0]).toContain('Nastavila to vedoucí směny.');
  expect(told[1]).toMatch(/telefon/);
  expect(told[1]).not.toContain('Nastavila');
  expect(told[2]).toContain('kódem z telefonu');
  expect(told[3]).toContain('nebo vy jinde');
  expect(told[4]).toContain('na jiné stránce');
  expect(announcer.polite).toContain('na jiné stránce');

  tell('calm');
  await fireEvent.click(screen.getByRole('button', { name: 'Pauza' }));
  await fireEvent.click(screen.getByRole('button', { name: 'jídlo' }));
  expect(paused('page')).not.toContain('Nastavila');
});

test('that a caller cannot speak is said with what rings', () => {
  tell('calm');
  tell('rings');

  expect(announcer.urgent).toBe('Zvoní: ohrožení, linka help. Nemůže mluvit.');
});

test('each answer by taps is said, the same one twice as well', async () => {
  tell('talking', {}, Number.POSITIVE_INFINITY);
  tap('1');
  const open = announcer.polite;
  await pass(5_000);
  const first = announcer.polite;
  tap('1');
  await pass(5_000);

  expect(open).not.toContain('Ťuknutí');
  expect(first).toBe('Ťuknutí: ano');
  expect(announcer.polite.trim()).toBe(first);
  expect(announcer.polite).not.toBe(first);
});

test('after an offer that was not taken she is told when it rings again', async () => {
  tell('missed', {}, Number.POSITIVE_INFINITY);
  const missed = now();
  await pass(5_000);

  expect(missed).toMatch(/Nabídka zůstala nepřijatá.*zazvoní vám znovu za 0:04/s);
  expect(now()).toContain('Někdo čeká');
});

test('who rests after an offer that rang out is not told that it did not reach her', () => {
  const [me] = SCENES['calm']?.(atMs()).operators ?? [];
  tell('calm', { operators: [{ ...me!, misses_in_row: 3, status: { is: 'resting', until_ms: atMs() + 4_000 } }] });

  expect(now()).toMatch(/zůstala nepřijatá\. Další přijdou samy za 0:04/);
});

test('the end of one pause is not that of the next one', async () => {
  tell('calm');
  await fireEvent.click(screen.getByRole('button', { name: 'Pauza' }));
  await fireEvent.click(screen.getByRole('button', { name: 'za 5 min' }));
  const before = screen.getByLabelText<HTMLInputElement>('Zpět v').value;
  await fireEvent.click(screen.getByRole('button', { name: 'jídlo' }));
  await vi.advanceTimersByTimeAsync(0);
  await fireEvent.click(screen.getByRole('button', { name: 'Pauza' }));

  expect(before).toMatch(/^\d\d:\d\d$/);
  expect(screen.getByLabelText<HTMLInputElement>('Zpět v').value).toBe('');
});

test('a time that is past ends no pause', async () => {
  tell('calm');
  await fireEvent.click(screen.getByRole('button', { name: 'Pauza' }));
  const past = new Date(atMs() - 3_600_000);
  const clockOf = (at: Date) => `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
  await fireEvent.input(screen.getByLabelText('Zpět v'), { target: { value: clockOf(past) } });

  expect(screen.getByText('Tento čas už minul.')).toBeTruthy();
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'jídlo' }).disabled).toBe(true);
});

test('an end of a pause that is past is told in words, and begins with a capital', () => {
  const [me] = SCENES['calm']?.(atMs()).operators ?? [];
  const paused = (backAtMs: number) =>
    tell('calm', {
      operators: [{ ...me!, status: { is: 'paused', reason: 'meal', since_ms: atMs(), back_at_ms: backAtMs } }],
    });
  paused(atMs() + 60_000);
  const due = now();
  paused(atMs() - 60_000);

  expect(due).toMatch(/Nic vám nezazvoní\. Zpět v \d+:\d\d\./);
  expect(now()).toMatch(/Nic vám nezazvoní\. Zpět jste měla být v \d+:\d\d\./);
});
