import { cleanup, fireEvent, render } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { i18n } from '../src/i18n/index.svelte';
import { feed } from '../src/lib/board.svelte';
import { clock } from '../src/lib/clock.svelte';
import { EMPTY, apply } from '../src/lib/feed';
import Intent from '../src/parts/me/Intent.svelte';
import { SCENES } from './fake-scenes.mjs';

const MINUTE = 60_000;
/** 02:30:17 in Prague, in the night in which its clocks go back; half an hour later they show two again. */
const NIGHT = Date.UTC(2026, 9, 25, 0, 30, 17);

let localMs = 0;
let asked: unknown;

beforeEach(() => {
  localMs += 1_000_000;
  asked = undefined;
  i18n.goBy('Europe/Prague');
  vi.spyOn(performance, 'now').mockImplementation(() => localMs);
  vi.stubGlobal('fetch', async (request: Request) => {
    asked = await request.json();
    return new Response(null, { status: 204 });
  });
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  i18n.goBy(undefined);
  feed.board = EMPTY;
});

/** Her wishes at that moment, with the choice of a pause open. */
function open(nowMs: number) {
  const board = apply(EMPTY, 'snapshot', SCENES.calm?.(nowMs) ?? { at_ms: nowMs });
  feed.board = board;
  // The eight moments heard last are believed.
  for (let heard = 0; heard < 8; heard += 1) clock.hear(nowMs);
  clock.tick();
  const me = board.operators.get('jana');
  if (!me) throw new Error('nobody is called jana');
  render(Intent, { me });
  press('Pauza');
}

function press(name: string) {
  const buttons = [...document.querySelectorAll('button')];
  buttons.find((one) => one.textContent?.trim() === name)?.click();
  flushSync();
}

async function backAt(): Promise<unknown> {
  press('jídlo');
  await vi.waitFor(() => expect(asked).toBeDefined());
  return (asked as { back_at_ms: unknown }).back_at_ms;
}

test('a pause of so many minutes ends after as many, to the second, in the night the clocks go back too', async () => {
  open(NIGHT);

  press('za 15 min');

  expect(await backAt()).toBe(NIGHT + 15 * MINUTE);
});

test('a time that is typed takes the place of the minutes', async () => {
  open(NIGHT);
  press('za 15 min');

  const field = document.querySelector<HTMLInputElement>('input[type=time]');
  if (field) await fireEvent.input(field, { target: { value: '02:40' } });

  expect(await backAt()).toBe(Date.UTC(2026, 9, 25, 0, 40));
});

test('minutes that are over before the pause is begun are an end that is past', () => {
  open(NIGHT);
  press('za 5 min');

  localMs += 6 * MINUTE;
  clock.tick();
  flushSync();

  expect(document.querySelector('.pause [role=status]')?.textContent).toBe(i18n.t.me.backPast);
});
