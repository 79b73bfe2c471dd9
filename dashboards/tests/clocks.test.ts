import { cleanup, render } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { feed } from '../src/lib/board.svelte';
import { clock } from '../src/lib/clock.svelte';
import { EMPTY, apply } from '../src/lib/feed';
import Board from '../src/pages/Board.svelte';
import Me from '../src/pages/Me.svelte';
import { SCENES } from './fake-scenes.mjs';
import { JANA, NOON } from './given';

beforeEach(() => {
  vi.stubGlobal('fetch', async () => Response.json([]));
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  feed.board = EMPTY;
});

function text(selector: string): string {
  return (document.querySelector(selector)?.textContent ?? '').replace(/\s+/g, ' ').trim();
}

test('while the news is old her page and the board tell the same time', () => {
  feed.board = apply(EMPTY, 'snapshot', SCENES['talking']?.(NOON) ?? { at_ms: NOON });
  vi.spyOn(feed, 'isStale', 'get').mockReturnValue(true);
  vi.spyOn(clock, 'nowMs', 'get').mockReturnValue(NOON + 60_000);

  render(Me, { who: JANA });
  flushSync();
  expect(text('[data-now]')).toContain('3:12');
  const mine = /\d+:\d\d/.exec(text('[aria-labelledby=state-title]'))?.[0];
  cleanup();

  render(Board, { role: 'supervisor' });
  flushSync();
  expect(mine).toBeDefined();
  expect(text('[data-operator=jana]')).toContain(mine);
});
