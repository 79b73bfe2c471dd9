import { cleanup, render } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { feed } from '../src/lib/board.svelte';
import { clock } from '../src/lib/clock.svelte';
import { EMPTY, apply } from '../src/lib/feed';
import Board from '../src/pages/Board.svelte';
import Me from '../src/pages/Me.svelte';
import Wall from '../src/pages/Wall.svelte';
import { SCENES } from './fake-scenes.mjs';
import { JANA, NOON } from './given';

beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => 1_000);
  vi.stubGlobal('fetch', async () => Response.json([]));
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  feed.board = EMPTY;
});

function tell(scene: string) {
  const parts = SCENES[scene]?.(NOON);
  if (!parts) throw new Error(`there is no scene ${scene}`);
  feed.board = apply(EMPTY, 'snapshot', parts);
  clock.hear(NOON);
  clock.tick();
  flushSync();
}

function text(selector: string): string {
  return (document.querySelector(selector)?.textContent ?? '').replace(/\s+/g, ' ').trim();
}

test('on the board a call that is looked for neither waits nor is talked with, and has a list of its own', () => {
  tell('adrift');
  render(Board, { role: 'supervisor' });

  expect(text('[data-tile=waiting] [data-value]')).toBe('0');
  expect(text('[data-tile=longest] [data-value]')).toBe('–');
  expect(text('[data-tile=talking]')).toBe('V hovoru 0+ 2 hledá se po restartu');
  expect(text('[aria-labelledby=waiting-title]')).toContain('Nikdo nečeká.');
  expect(text('[data-adrift="890"]')).toContain('v hovoru 0:39');
  expect(text('[data-adrift="902"]')).toContain('čeká 1:04');
  expect(text('[data-operator=alena]')).toContain('hledá se po restartu');
  expect(text('[data-operator=jana]')).not.toContain('hledá se po restartu');
});

test('the wall counts whom Linka looks for apart', () => {
  tell('adrift');
  render(Wall, { mayLeave: false });

  expect(text('.waits .large')).toBe('čeká 0 nejdéle –');
  expect(text('[aria-labelledby=health-title]')).toContain('hledá se po restartu: 2');
});

test('who is free reads that Linka looks for somebody, and neither that all is quiet nor that it rings elsewhere', () => {
  tell('adrift');
  render(Me, { who: JANA });

  expect(text('[data-now] h2')).toBe('Hledá se po restartu');
  expect(text('[data-now]')).toContain('hledá se po restartu: 2');
  expect(text('[data-now]')).not.toContain('zvoní jinde');
});

test('who talks reads how long it has been, and that Linka looks for her call', () => {
  tell('adriftMine');
  render(Me, { who: JANA });

  expect(text('[data-now]')).toContain('Hovor trvá 0:39');
  expect(text('[data-now]')).toContain('tento hovor hledá');
});

test('a doubted clock is told on the board, the wall and the page, and moments by how far they are away', () => {
  tell('doubted');
  const doubted = 'Hodiny počítače s Linkou nejdou správně';

  render(Board, { role: 'operator' });
  expect(text('.banner')).toContain(doubted);
  expect(text('[data-operator=jana]')).toContain('pauza: jídlo ještě 22:00');
  expect(text('.sums')).toContain('Dnes počítá se teprve 50:00');
  cleanup();

  render(Wall, { mayLeave: false });
  expect(text('[aria-labelledby=health-title]')).toContain('hodiny nejdou správně');
  cleanup();

  render(Me, { who: JANA });
  expect(text('.banner')).toContain(doubted);
  expect(text('[data-now]')).not.toMatch(/Zpět v \d/);
  expect(text('[aria-labelledby=state-title]')).toContain('ještě 22:00');
  cleanup();

  render(Me, { who: { ...JANA, login: 'lenka' } });
  expect(text('[data-now]')).toContain('před 1:30');
});
