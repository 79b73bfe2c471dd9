import { fireEvent, render, screen } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { announcer } from '../src/lib/announcer.svelte';
import { api, call, settle } from '../src/lib/api';
import { feed } from '../src/lib/board.svelte';
import { clock } from '../src/lib/clock.svelte';
import { EMPTY, apply } from '../src/lib/feed';
import { finished } from '../src/lib/finished.svelte';
import { sentence } from '../src/lib/sentence';
import { session } from '../src/lib/session.svelte';
import Me from '../src/pages/Me.svelte';
import OnShift from '../src/parts/OnShift.svelte';
import { FIELDS, SCENES } from './fake-scenes.mjs';
import { JANA, NOON } from './given';

let kept: Record<string, string>;
let isAway: boolean;

async function serve(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname.endsWith('/content-fields')) return Response.json(FIELDS);
  if (pathname.endsWith('/finished')) return Response.json(['901']);
  if (isAway) throw new Error('no answer');
  if (request.method === 'GET') return Response.json({ fields: kept });
  const { fields } = (await request.json()) as { fields: Record<string, string> };
  const all = Object.entries({ ...kept, ...fields });
  kept = Object.fromEntries(all.filter(([, value]) => value !== 'not_asked'));
  return Response.json({ fields: kept });
}

function tell(scene: string, at = NOON) {
  const parts = SCENES[scene]?.(at);
  if (!parts) throw new Error(`there is no scene ${scene}`);
  feed.board = apply(EMPTY, 'snapshot', parts);
  clock.hear(at);
  clock.tick();
  flushSync();
}

function keeping(): string | undefined {
  return document.querySelector<HTMLElement>('[data-keeping]')?.dataset['keeping'];
}

/** A page that was just loaded: nobody is known to it. */
beforeEach(() => {
  kept = { outcome: 'referred', ages: '1-2+3-6' };
  isAway = false;
  session.who = JANA;
  feed.board = EMPTY;
  finished.follow({
    ...(SCENES['calm']?.(NOON).operators?.[0] as never as object),
    key: 'nobody',
    occupancy: { does: 'talking', contact: '1' },
  } as never);
  vi.stubGlobal('fetch', serve);
});

afterEach(() => {
  vi.unstubAllGlobals();
  finished.forget();
  session.who = undefined;
  announcer.polite = '';
  document.body.replaceChildren();
});

function open() {
  render(OnShift, { login: 'jana' });
  render(Me, { who: JANA });
}

test('an entry that could not be read is asked for again until the server is back', async () => {
  isAway = true;
  open();
  tell('wrapUp');
  await screen.findByText(/Server neodpovídá/);

  isAway = false;

  expect(await screen.findByRole('radio', { name: /předána dál/, checked: true }, { timeout: 10_000 })).toBeTruthy();
  expect(screen.queryByText(/Server neodpovídá/)).toBeNull();
}, 15_000);

test('who could not read is not told to look whether anything happened', async () => {
  vi.stubGlobal('fetch', async () => Response.json({ type: '/problems/unavailable' }, { status: 503 }));
  const params = { path: { contact: '901' } };

  const read = await settle(api.GET('/api/v1/contacts/{contact}/content', { params }));
  const written = await settle(api.POST('/api/v1/contacts/{contact}/hand-back', { params }));
  const [readByHand, writtenByHand] = [await call('GET', '/api/v1/session'), await call('POST', '/api/v1/session')];

  const told = [read, written, readByHand, writtenByHand].map((outcome) =>
    outcome.done ? '' : sentence(outcome.problem),
  );
  expect(told.map((words) => words.includes('podívejte se, jestli se to nestalo'))).toEqual([false, true, false, true]);
});

test('a page that is loaded anew after a call shows what was chosen before', async () => {
  open();
  tell('wrapUp');

  const chosen = await screen.findByRole('radio', { name: /předána dál/, checked: true });

  expect(chosen).toBeTruthy();
  expect(screen.getAllByRole('checkbox', { checked: true })).toHaveLength(2);
  expect(keeping()).toBe('saved');
});

test('once the time after the call is over, the entry waits behind a button', async () => {
  open();
  tell('calm');

  const reopen = await screen.findByRole('button', { name: 'Otevřít zápis o posledním hovoru' });
  await fireEvent.click(reopen);

  expect(await screen.findByRole('radio', { name: /předána dál/, checked: true })).toBeTruthy();
});

test('a choice is saved by itself, without a word to a screen reader', async () => {
  open();
  tell('wrapUp');
  const silent = await screen.findByRole('radio', { name: /pronásledování/ });

  await fireEvent.click(silent);
  const during = keeping();
  await vi.waitFor(() => expect(keeping()).toBe('saved'), 3_000);

  expect(during).toBe('saving');
  expect(kept).toEqual({ outcome: 'referred', ages: '1-2+3-6', category: 'stalking' });
  expect(announcer.polite).toBe('');
  expect(document.querySelector('[data-keeping]')?.closest('[aria-live], [role=status], [role=alert]')).toBeNull();
});

test('a choice that is not saved is shown and said once', async () => {
  open();
  tell('wrapUp');
  const silent = await screen.findByRole('radio', { name: /pronásledování/ });
  isAway = true;

  await fireEvent.click(silent);
  await vi.waitFor(() => expect(keeping()).toBe('unsaved'), 3_000);
  const said = announcer.polite;
  isAway = false;
  await vi.waitFor(() => expect(keeping()).toBe('saved'), 3_000);

  expect(said).toContain('ještě není uložený');
  expect(announcer.polite).toBe('Zápis je zase uložený.');
});

test('what was chosen in another window meanwhile stays, and is shown with the next choice', async () => {
  open();
  tell('wrapUp');
  const stalking = await screen.findByRole('radio', { name: /pronásledování/ });
  kept = { ...kept, language: 'ukrainian' };

  await fireEvent.click(stalking);
  await vi.waitFor(() => expect(keeping()).toBe('saved'), 3_000);
  await fireEvent.click(await screen.findByRole('radio', { name: /předána dál/, checked: true }));
  await vi.waitFor(() => expect(kept['outcome']).toBeUndefined(), 3_000);

  expect(screen.getByRole('radio', { name: /ukrajinsky|ukrajinština/, checked: true })).toBeTruthy();
  expect(kept).toEqual({ ages: '1-2+3-6', category: 'stalking', language: 'ukrainian' });
});

test('as long as it is not known what was chosen before, nothing can be chosen', async () => {
  isAway = true;
  open();
  tell('wrapUp');

  const retry = await screen.findByRole('button', { name: 'Zkusit znovu' });
  const chips = screen.queryAllByRole('radio');
  isAway = false;
  await fireEvent.click(retry);

  expect(chips).toEqual([]);
  expect(await screen.findByRole('radio', { name: /předána dál/, checked: true })).toBeTruthy();
});

test('who signs in after her sees nothing of her entry', async () => {
  open();
  tell('wrapUp');
  await screen.findByRole('radio', { name: /předána dál/, checked: true });

  const lenka = feed.board.operators.get('lenka');
  if (!lenka) throw new Error('there is no lenka');
  finished.follow({ ...lenka, occupancy: { does: 'talking', contact: '5' } });

  expect(finished.contact).toBeUndefined();
  expect(finished.draft).toEqual({});
});

test('whom she handed back she has no entry about', () => {
  tell('calm');
  const [jana] = feed.board.operators.values();
  if (!jana) throw new Error('there is nobody');
  const talking = { ...jana, occupancy: { does: 'talking', contact: '5' } } as const;

  finished.follow(talking);
  finished.follow(talking);
  finished.follow(jana, () => true);
  const handedBack = finished.contact;
  finished.follow(talking);
  finished.follow(jana, () => false);

  expect(handedBack).toBeUndefined();
  expect(finished.contact).toBe('5');
});

test('nothing of an entry is stored in the browser', async () => {
  open();
  tell('wrapUp');
  await fireEvent.click(await screen.findByRole('radio', { name: /pronásledování/ }));
  await vi.waitFor(() => expect(keeping()).toBe('saved'), 3_000);

  const stored = [...Object.entries(localStorage), ...Object.entries(sessionStorage)].flat().join(' ');
  expect(stored).not.toMatch(/stalking|referred|901/);
  expect(location.href).not.toMatch(/901/);
});
