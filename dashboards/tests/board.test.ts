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
  readonly readyState = 1;

  constructor() {
    super();
    Source.opened = this;
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
