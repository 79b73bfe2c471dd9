import { render } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { SHOW_EVERY_MS, feed } from '../src/lib/board.svelte';
import { i18n } from '../src/i18n/index.svelte';
import { EMPTY, apply, type Operator } from '../src/lib/feed';
import { OPERATORS_MAX } from '../src/lib/views';
import Board from '../src/pages/Board.svelte';
import Operators from '../src/parts/Operators.svelte';
import { SCENES } from './fake-scenes.mjs';
import { NOON } from './given';

/** What the server tells, when a test says so. */
class Source extends EventTarget {
  static opened: Source | undefined;
  static count = 0;
  readonly readyState = 1;

  constructor() {
    super();
    Source.opened = this;
    Source.count += 1;
  }

  close(): void {}

  tell(what: 'snapshot' | 'change', atMs: number): void {
    this.dispatchEvent(new MessageEvent(what, { data: JSON.stringify({ ...SCENES.calm?.(atMs), at_ms: atMs }) }));
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  vi.stubGlobal('EventSource', Source);
  feed.open();
  Source.opened?.tell('snapshot', NOON);
  vi.advanceTimersByTime(1_000);
});

afterEach(() => {
  feed.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('a change is shown at once', () => {
  Source.opened?.tell('change', NOON + 1);
  vi.advanceTimersByTime(0);

  expect(feed.board.atMs).toBe(NOON + 1);
});

/** How often the feed was listened to anew while so many milliseconds passed. */
async function listensAnew(ms: number): Promise<number> {
  const before = Source.count;
  await vi.advanceTimersByTimeAsync(ms);
  return Source.count - before;
}

test('a feed that hangs before its first news is tried again', async () => {
  vi.stubGlobal('fetch', async () =>
    Response.json({ login: 'jana', display_name: 'Jana', role: 'operator', due: 'nothing' }),
  );
  feed.open();
  const [soon, later] = [await listensAnew(11_000), await listensAnew(4_000)];
  Source.opened?.tell('snapshot', NOON + 1);
  await vi.advanceTimersByTimeAsync(1_000);

  expect([soon, later]).toEqual([0, 1]);
  expect(feed.board.atMs).toBe(NOON + 1);
  expect(feed.isStale).toBe(false);
});

test('a feed that hangs again after a silence is given as long as the first time', async () => {
  vi.stubGlobal('fetch', async () =>
    Response.json({ login: 'jana', display_name: 'Jana', role: 'operator', due: 'nothing' }),
  );

  expect([await listensAnew(15_000), await listensAnew(10_000), await listensAnew(6_000)]).toEqual([1, 0, 1]);
});

test('whether somebody is still signed in is asked again when no answer comes', async () => {
  const limits: AbortController[] = [];
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const control = new AbortController();
    setTimeout(() => control.abort(), ms);
    limits.push(control);
    return control.signal;
  });
  vi.stubGlobal(
    'fetch',
    (_: string, { signal }: RequestInit) =>
      new Promise((_, failed) => signal?.addEventListener('abort', () => failed(new Error('aborted')))),
  );
  await vi.advanceTimersByTimeAsync(15_000);
  const first = limits.length;
  await vi.advanceTimersByTimeAsync(35_000);
  vi.restoreAllMocks();

  expect([first, limits.length]).toEqual([1, 2]);
});

test('a storm of changes is shown a few times a second, the last one too', () => {
  const shown = new Set<number>();
  for (let ms = 1; ms <= 500; ms += 1) {
    Source.opened?.tell('change', NOON + ms);
    vi.advanceTimersByTime(1);
    shown.add(feed.board.atMs);
  }
  vi.advanceTimersByTime(SHOW_EVERY_MS);

  expect(shown.size).toBeGreaterThanOrEqual(9);
  expect(shown.size).toBeLessThanOrEqual(11);
  expect(feed.board.atMs).toBe(NOON + 500);
});

test('of very many operators those on shift are shown, and how many others there are', () => {
  const calm = SCENES.calm?.(NOON);
  const one = calm?.operators?.[0];
  if (!one) throw new Error('the scene has no operator');
  const operators: Operator[] = Array.from({ length: OPERATORS_MAX + 7 }, (_, index) => ({
    ...one,
    key: `operator-${index}`,
    intent: { wants: index < 7 ? 'off' : 'ready' },
  }));
  feed.board = apply(EMPTY, 'snapshot', { at_ms: NOON, operators });
  const { container } = render(Operators, { acts: 'look' });
  flushSync();

  expect(container.querySelectorAll('tbody tr')).toHaveLength(OPERATORS_MAX);
  expect(container.querySelectorAll('tr.off')).toHaveLength(0);
  expect(container.querySelector('.more')?.textContent).toBe(i18n.count(7, i18n.t.board.more));
});

test('how long a partner has talked with a caller is told', () => {
  feed.board = apply(EMPTY, 'snapshot', { ...SCENES.day?.(NOON), at_ms: NOON });
  const { container } = render(Board, { role: 'operator' });
  flushSync();

  const partners = container.querySelector('[aria-labelledby=partners-title] li')?.textContent ?? '';
  expect(partners.replace(/\s+/g, ' ')).toContain('hovoří partner neighbour-line 20:0');
});

test('after a restart the chart draws nothing that nobody counted, and says so to everybody', () => {
  const at = NOON + 7 * 60_000;
  feed.board = apply(EMPTY, 'snapshot', { ...SCENES.restarted?.(at), at_ms: at });
  const { container } = render(Board, { role: 'supervisor' });
  flushSync();
  const words = i18n.t.board.notCounted(i18n.clock(NOON));
  const chart = container.querySelector('.chart');

  expect(chart?.querySelector('path.line')?.getAttribute('d')).toMatch(/^M\S+ \S+h[\d.]+$/);
  expect(chart?.querySelector('[role=img]')?.getAttribute('aria-label')).toContain(words);
  expect(chart?.querySelector('figcaption')?.textContent).toContain(words);
  expect(chart?.querySelector('tbody tr')?.textContent).toBe(words);
});
