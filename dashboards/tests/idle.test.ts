import { fireEvent, render, screen } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { feed } from '../src/lib/board.svelte';
import { clock } from '../src/lib/clock.svelte';
import { EMPTY, apply } from '../src/lib/feed';
import { finished } from '../src/lib/finished.svelte';
import { IDLE_AFTER_MS } from '../src/lib/idle.svelte';
import Me from '../src/pages/Me.svelte';
import OnShift from '../src/parts/OnShift.svelte';
import { FIELDS, SCENES } from './fake-scenes.mjs';
import { JANA, NOON } from './given';

let localMs = 1_000;

function pass(ms: number) {
  localMs += ms;
  clock.tick();
  flushSync();
}

function tell(scene: string) {
  const parts = SCENES[scene]?.(NOON);
  if (!parts) throw new Error(`there is no scene ${scene}`);
  feed.board = apply(EMPTY, 'snapshot', parts);
  clock.hear(NOON);
  pass(0);
}

beforeEach(() => {
  localMs = 1_000;
  finished.forget();
  vi.spyOn(performance, 'now').mockImplementation(() => localMs);
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname } = new URL(request.url);
    return Response.json(
      pathname.endsWith('/content-fields') ? FIELDS : pathname.endsWith('/finished') ? [] : { fields: {} },
    );
  });
  render(OnShift, { login: 'jana' });
  render(Me, { who: JANA });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

test('the entry about a call opens when the call is over', async () => {
  tell('talking');
  const during = screen.queryByText('Zápis o hovoru');

  tell('wrapUp');

  expect(during).toBeNull();
  expect(await screen.findByText('Jak hovor skončil')).toBeTruthy();
  expect(finished.contact).toBe('901');
});

test('an entry that was put off can be opened again until the next call', async () => {
  tell('talking');
  tell('wrapUp');
  await fireEvent.click(await screen.findByRole('button', { name: 'Teď ne' }));
  const again = screen.queryByRole('button', { name: 'Otevřít zápis o posledním hovoru' });

  tell('talking');

  expect(again).not.toBeNull();
  expect(screen.queryByRole('button', { name: 'Otevřít zápis o posledním hovoru' })).toBeNull();
});

test('after ten idle minutes an entry is hidden, and what rings is not', async () => {
  tell('talking');
  tell('wrapUp');
  await screen.findByText('Jak hovor skončil');

  pass(IDLE_AFTER_MS + 1);
  const hidden = screen.queryByText('Jak hovor skončil');
  tell('rings');

  expect(hidden).toBeNull();
  expect(screen.getByRole('heading', { name: 'Zvoní vám telefon' })).toBeTruthy();
  expect(screen.getAllByText('ohrožení').length).toBeGreaterThan(0);
});

test('a mouse that is bumped shows nothing again, the button does', async () => {
  tell('calm');
  pass(IDLE_AFTER_MS + 1);
  await fireEvent.pointerMove(document);
  const bumped = screen.queryByText('Můj stav');

  await fireEvent.click(screen.getByRole('button', { name: 'Znovu ukázat' }));

  expect(bumped).toBeNull();
  expect(screen.getByText('Můj stav')).toBeTruthy();
});
