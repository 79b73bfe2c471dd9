import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { announcer } from '../src/lib/announcer.svelte';
import { feed } from '../src/lib/board.svelte';
import { EMPTY, apply } from '../src/lib/feed';
import Me from '../src/pages/Me.svelte';
import SignIn from '../src/pages/SignIn.svelte';
import Announcer from '../src/parts/Announcer.svelte';
import { SCENES } from './fake-scenes.mjs';
import { JANA, NOON } from './given';

/** Answers what is asked next, when a test says so. */
let answer: (response: Response | Error) => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', (asked: Request | string, request?: RequestInit) => {
    const method = typeof asked === 'string' ? request?.method : asked.method;
    if (method === 'GET') return Promise.resolve(Response.json([]));
    return new Promise((done, failed) => (answer = (one) => (one instanceof Response ? done(one) : failed(one))));
  });
  render(Announcer);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  feed.board = EMPTY;
  announcer.dismiss();
});

async function pass(ms: number) {
  await vi.advanceTimersByTimeAsync(ms);
  flushSync();
}

async function page(scene: string) {
  feed.board = apply(EMPTY, 'snapshot', SCENES[scene]?.(NOON) ?? { at_ms: NOON });
  render(Me, { who: JANA });
  await pass(0);
}

const note = () => document.querySelector('.notes')?.textContent?.trim() ?? '';

test('an act that the server leaves unanswered says so, with the code of her phone, and the truth once it comes', async () => {
  await page('calm');
  await fireEvent.click(screen.getByRole('button', { name: 'Konec směny' }));
  const told = [note()];
  for (const ms of [1_000, 4_000, 20_000]) {
    await pass(ms);
    told.push(note());
  }
  answer(new Response(null, { status: 204 }));
  await pass(0);

  expect(told[0]).toBe('');
  expect(told[1]).toContain('Odesílá se…');
  expect(told[2]).toMatch(/Zatím bez odpovědi\. Není známo, jestli se to stalo\. .*\*44/);
  expect(told[3]).toBe(told[2]);
  expect(note()).toContain('Směna skončila.');
});

test('an act that is answered at once is not told to be on its way', async () => {
  await page('calm');
  await fireEvent.click(screen.getByRole('button', { name: 'Konec směny' }));
  answer(new Response(null, { status: 204 }));
  await pass(5_900);

  expect(note()).toContain('Směna skončila.');
});

test('an act whose answer never comes is told to have none', async () => {
  await page('calm');
  await fireEvent.click(screen.getByRole('button', { name: 'Konec směny' }));
  await pass(6_000);
  answer(new Error('gone'));
  await pass(60_000);

  expect(note()).toContain('Server neodpovídá.');
});

test('what no code of a phone does names none', async () => {
  await page('talking');
  await fireEvent.click(screen.getByRole('button', { name: /Může mluvit/ }));
  await pass(5_000);

  expect(note()).toContain('Není známo, jestli se to stalo.');
  expect(note()).not.toContain('*');
});

test('a dialog says that no answer came, and the code to hand a caller back', async () => {
  HTMLDialogElement.prototype.showModal ??= function () {};
  await page('talking');
  await fireEvent.click(screen.getByRole('button', { name: 'Předat zpět do fronty' }));
  await fireEvent.submit(document.querySelector('dialog form')!);
  await pass(5_000);

  expect(document.querySelector('dialog [role=status]')?.textContent).toMatch(/Není známo, jestli se to stalo\..*\*45/);
});

test.each([
  ['whoever closes a dialog', async () => fireEvent(document.querySelector('dialog')!, new Event('close'))],
  [
    'whose dialog goes with the call it is about',
    async () => (feed.board = apply(EMPTY, 'snapshot', SCENES['calm']?.(NOON) ?? { at_ms: NOON })),
  ],
])('%s before the answer is told it all the same', async (_, goes) => {
  HTMLDialogElement.prototype.showModal ??= function () {};
  await page('talking');
  await fireEvent.click(screen.getByRole('button', { name: 'Předat zpět do fronty' }));
  await fireEvent.submit(document.querySelector('dialog form')!);
  await goes();
  await pass(5_000);
  const waits = note();
  answer(Response.json({ type: '/problems/not-found' }, { status: 404 }));
  await pass(0);

  expect(waits).toMatch(/Není známo, jestli se to stalo\..*\*45/);
  expect(note()).toContain('Nic takového tu není, nebo už to skončilo.');
});

test('a sign-in that cannot be kept now has nothing to look at, and is to be tried again', async () => {
  render(SignIn);
  await pass(0);
  await fireEvent.submit(document.querySelector('form')!);
  answer(Response.json({ type: '/problems/unavailable' }, { status: 503 }));
  await pass(0);

  expect(document.querySelector('.failure')?.textContent?.trim()).toBe(
    'Linka teď přihlášení nemůže dokončit. Zkuste to za chvíli.',
  );
});

test('a sign-in without an answer says that alone', async () => {
  render(SignIn);
  await pass(0);
  await fireEvent.submit(document.querySelector('form')!);
  await pass(1_000);
  const sending = document.querySelector('main [role=status], .waits')?.textContent;
  await pass(4_000);

  expect(sending).toBe('Odesílá se…');
  expect(document.querySelector('.waits')?.textContent).toBe('Zatím bez odpovědi.');
});
