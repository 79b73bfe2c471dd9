import { render } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { announcer } from '../src/lib/announcer.svelte';
import { feed } from '../src/lib/board.svelte';
import { clock } from '../src/lib/clock.svelte';
import { EMPTY, apply } from '../src/lib/feed';
import Board from '../src/pages/Board.svelte';
import Me from '../src/pages/Me.svelte';
import Announcer from '../src/parts/Announcer.svelte';
import Heard from '../src/parts/Heard.svelte';
import OnShift from '../src/parts/OnShift.svelte';
import { SCENES } from './fake-scenes.mjs';
import { JANA, NOON } from './given';

let localMs = 0;

beforeEach(() => {
  localMs = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => localMs);
});

afterEach(() => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

function tell(scene: string) {
  const parts = SCENES[scene]?.(NOON);
  if (!parts) throw new Error(`there is no scene ${scene}`);
  feed.board = apply(EMPTY, 'snapshot', parts);
  clock.hear(NOON);
  clock.tick();
  flushSync();
}

/** How often anything in a live region changes while a minute ticks by. */
function announcementsOfAMinute(): number {
  let changes = 0;
  const observer = new MutationObserver((records) => (changes += records.length));
  for (const region of document.querySelectorAll(
    '[aria-live], [role=status], [role=alert], [role=timer], [role=log]',
  )) {
    observer.observe(region, { childList: true, characterData: true, subtree: true });
  }
  for (let second = 0; second < 60; second += 1) {
    localMs += 1_000;
    clock.tick();
    flushSync();
  }
  changes += observer.takeRecords().length;
  observer.disconnect();
  return changes;
}

test('timers of a wallboard tick without a word', () => {
  render(Announcer);
  render(Heard, { role: 'supervisor' });
  render(Board, { role: 'supervisor' });
  tell('day');
  const before = document.body.textContent;

  expect(announcementsOfAMinute()).toBe(0);
  expect(document.body.textContent).not.toBe(before);
});

test('timers of an operator who rings, talks or wraps up tick without a word', () => {
  render(Announcer);
  render(Me, { who: JANA });

  for (const scene of ['rings', 'talking', 'wrapUp']) {
    tell(scene);
    expect(announcementsOfAMinute()).toBe(0);
  }
});

test('what begins to ring is said once', () => {
  render(Announcer);
  render(OnShift, { login: 'jana' });
  tell('calm');
  const quiet = announcer.urgent;

  tell('rings');

  expect(quiet).toBe('');
  expect(announcer.urgent).toContain('ohrožení');
  expect(document.querySelector('[role=alert]')?.textContent).toBe(announcer.urgent);
});

test('no part of a page carries a style in its markup', () => {
  render(Board, { role: 'supervisor' });
  tell('day');

  expect(document.querySelectorAll('[style]')).toHaveLength(0);
});
