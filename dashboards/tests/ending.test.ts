import { cleanup, render } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { feed } from '../src/lib/board.svelte';
import { clock } from '../src/lib/clock.svelte';
import { ending } from '../src/lib/ending.svelte';
import { EMPTY, apply } from '../src/lib/feed';
import { announcer } from '../src/lib/announcer.svelte';
import Warnings from '../src/parts/Warnings.svelte';
import { SCENES } from './fake-scenes.mjs';
import { NOON } from './given';

const HOUR = 3_600_000;

beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => 1_000);
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  feed.board = EMPTY;
  announcer.polite = '';
});

/** What every page tells, when this browser's sign-in ends so many hours from now and another one's in an hour. */
async function page(hours: number): Promise<string> {
  const session = (id: string, ends: number, current: boolean) => ({
    id,
    created_ms: NOON,
    last_seen_ms: NOON,
    expires_ms: NOON + ends * HOUR,
    device: 'known',
    current,
  });
  vi.stubGlobal('fetch', async () => Response.json([session('1', 1, false), session('2', hours, true)]));
  tell('calm');
  clock.hear(NOON);
  clock.tick();
  render(Warnings);
  await vi.waitFor(() => expect(ending.soonMs(NOON + 24 * HOUR)).toBe(NOON + hours * HOUR));
  flushSync();
  return document.body.textContent ?? '';
}

function tell(scene: string) {
  feed.board = apply(EMPTY, 'snapshot', { ...SCENES[scene]?.(NOON), at_ms: NOON });
  flushSync();
}

test('who begins a shift reads that her sign-in ends within it', async () => {
  expect(await page(11)).toMatch(/Vaše přihlášení skončí: (\d+\. \d+\. \d+ )?\d+:00\. Odhlaste se/);
});

test('a sign-in that lasts the shift is not spoken of', async () => {
  expect(await page(13)).not.toContain('Vaše přihlášení skončí');
});

test('who does not see it hears once that her sign-in ends', async () => {
  await page(11);
  const said = announcer.polite;
  announcer.polite = '';

  clock.tick();
  flushSync();

  expect(said).toMatch(/^Vaše přihlášení skončí: .*Odhlaste se/);
  expect(announcer.polite).toBe('');
});
