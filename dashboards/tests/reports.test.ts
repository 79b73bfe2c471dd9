import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { areBeyond, byHourOfDay, whyNone, whyNotTold } from '../src/lib/reports';
import Reports from '../src/pages/Reports.svelte';
import { daysWords } from '../src/parts/words';
import { counts, hours, overlapping, tables } from './fake-scenes.mjs';

const OUTSIDE = /nezasahuje žádné uzavřené období/;
const OPEN = /ještě není uzavřené žádné období/;

let periods = counts().periods;

function addressOf(request: RequestInfo | URL): string {
  return request instanceof Request ? request.url : String(request);
}

/** Answers with the periods that overlap the days which are asked for. */
async function answer(request: RequestInfo | URL): Promise<Response> {
  const url = new URL(addressOf(request), 'http://localhost');
  if (url.pathname.endsWith('/hours')) return Response.json(hours());
  if (!url.pathname.endsWith('/counts')) return Response.json(url.pathname.endsWith('/tables') ? tables() : []);
  return Response.json({ ...counts(), periods: overlapping(periods, url.searchParams.get('from'), url.searchParams.get('to')) });
}

beforeEach(() => {
  vi.stubGlobal('fetch', answer);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function figures(): Promise<string> {
  await vi.waitFor(() => expect(document.querySelector('[aria-labelledby=figures-title]')).not.toBeNull());
  flushSync();
  return document.querySelector('[aria-labelledby=figures-title]')?.textContent ?? '';
}

test('closed months of which a selection shows nothing hide it', () => {
  const month = counts().periods.slice(0, 1);

  expect(whyNone(month, { from: '', to: '' })).toBe('hidden');
  expect(whyNone([], { from: '', to: '2026-10-31' })).toBe('outside');
  expect(whyNone([], { from: '', to: '' })).toBe('open');
});

test('days without a whole period say so, and leave the lines to be chosen', async () => {
  render(Reports);
  await figures();

  await fireEvent.input(screen.getByLabelText('Od', { selector: '#from' }), { target: { value: '2027-01-15' } });
  await vi.waitFor(async () => expect(await figures()).toMatch(OUTSIDE));

  const lines = [...document.querySelectorAll('#line option')].map((option) => option.textContent);
  expect(lines).toEqual(['help']);
});

test('a line of which nothing is closed yet says so', async () => {
  periods = [];
  render(Reports);

  expect(await figures()).toMatch(OPEN);
});

test('a figure that is withheld says so and why', async () => {
  const [month] = counts().periods;
  const few = { ...month, not_told: ['mean_wait_unanswered'], values: month?.values.map((value, index) => (index === 9 ? null : value)) };
  periods = [few] as typeof periods;
  render(Reports);

  const told = await figures();

  expect(told).toContain('neuvádí se');
  expect(told).toMatch(/týkalo méně než deseti kontaktů/);
});

test('only those reasons are told why figures are withheld that occur in what is shown', () => {
  const [month] = counts().periods;
  const whole = month as NonNullable<typeof month>;
  const few = { ...whole, not_told: ['talk'] };
  const piece = { ...whole, span: 'piece' as const, not_told: ['talk', 'abandoned'] };
  const ofClass = { ...whole, class: 'danger' as const, not_told: ['abandoned'] };

  expect(whyNotTold([whole])).toEqual([]);
  expect(whyNotTold([whole, few])).toEqual(['few']);
  expect(whyNotTold([piece])).toEqual(['pieces']);
  expect(whyNotTold([ofClass])).toEqual(['classes']);
  expect(whyNotTold([{ ...ofClass, not_told: ['mean_talk'] }])).toEqual(['few']);
});

test('months that are told together are told as what they are', async () => {
  const [month] = counts().periods;
  periods = [{ ...month, first: '2026-02-01', last: '2026-04-30' }] as typeof periods;
  render(Reports);

  expect(await figures()).toMatch(/únor 2026 až duben 2026/);
  expect(screen.getByRole('img', { name: 'Hovory po měsících. více měsíců dohromady' })).not.toBeNull();
  expect(screen.getByRole('rowheader', { name: 'únor 2026 až duben 2026, více měsíců dohromady', hidden: true })).not.toBeNull();
});

test('a part of a month is headed by its days, and one of a single day by that day once', () => {
  const [first, last] = ['2026-10-01', '2026-10-07'];

  expect(daysWords({ first, last })).toBe('1. 10. 2026 až 7. 10. 2026');
  expect(daysWords({ first, last: first })).toBe('1. 10. 2026');
});

test('a card whose choices are not printed is headed by its line and month', async () => {
  periods = counts().periods;
  render(Reports);

  for (const name of ['Příchozí po hodinách týdne', 'Záznamy o hovorech']) {
    const card = await screen.findByRole('region', { name });
    await vi.waitFor(() => expect(card.querySelector('header')?.textContent).toMatch(/help · říjen 2026/));
  }
});

test('hours of a week stand by hour of the day, from Monday on', () => {
  const week = Array.from({ length: 168 }, (_, hour) => (hour === 25 ? null : hour));

  const rows = byHourOfDay(week);

  expect(rows).toHaveLength(24);
  expect(rows[1]).toEqual([1, undefined, 49, 73, 97, 121, 145]);
});

test('the last month whose quarter-hours are gone is told by hour of the week, and what is withheld as that', async () => {
  periods = counts().periods;
  render(Reports);

  const table = await screen.findByRole('table', { name: /Příchozí po hodinách týdne, .*2026, help/ });

  const cells = [...table.querySelectorAll('td')].map((cell) => cell.textContent);
  expect(cells).toHaveLength(168);
  expect(cells.filter((text) => text === 'neuvádí se').length).toBe(hours().at(-1)?.hours.filter((count) => count === null).length);
  expect([...table.querySelectorAll('thead th')].map((head) => head.textContent)).toEqual(['Hodina', 'po', 'út', 'st', 'čt', 'pá', 'so', 'ne']);
});

test('a day whose quarter-hours are kept no longer is asked for no more, and says so', async () => {
  const asked = vi.fn(answer);
  vi.stubGlobal('fetch', asked);
  render(Reports);
  await screen.findByText('Příchozí po čtvrthodinách');
  await vi.waitFor(() => expect(asked.mock.calls.some(([request]) => addressOf(request).includes('/arrived'))).toBe(true));
  asked.mockClear();

  await fireEvent.input(screen.getByLabelText('Den'), { target: { value: '2020-01-01' } });

  await screen.findByText(/Čtvrthodiny se uchovávají nejvýš 35 dní/);
  expect(asked.mock.calls.filter(([request]) => addressOf(request).includes('/arrived'))).toEqual([]);
});

test('a late answer to an earlier choice replaces no newer one, and what is awaited is not told by the old', async () => {
  periods = counts().periods;
  const held: (() => void)[] = [];
  vi.stubGlobal('fetch', async (request: RequestInfo | URL) => {
    if (addressOf(request).includes('from=')) await new Promise<void>((go) => held.push(go));
    return answer(request);
  });
  render(Reports);
  await figures();
  const busy = () => document.querySelector('[aria-labelledby=figures-title]')?.closest('[aria-busy=true]') ?? null;
  const choose = (day: string) => fireEvent.input(screen.getByLabelText('Od', { selector: '#from' }), { target: { value: day } });
  const release = () => held.splice(0).forEach((go) => go());
  expect(busy()).toBeNull();

  await choose('2026-10-01');
  const early = held.splice(0);
  expect(busy()?.textContent).toMatch(/Načítá se/);
  await choose('2027-01-15');
  release();
  await vi.waitFor(async () => expect(await figures()).toMatch(OUTSIDE));
  early.forEach((go) => go());
  await new Promise((settled) => setTimeout(settled, 0));

  expect(await figures()).toMatch(OUTSIDE);
  expect(busy()).toBeNull();
});

test('a period that reaches beyond the chosen days says so', async () => {
  periods = counts().periods;
  render(Reports);
  expect(await figures()).not.toMatch(/přesahuje zvolené dny/);

  await fireEvent.input(screen.getByLabelText('Od', { selector: '#from' }), { target: { value: '2026-10-15' } });

  await vi.waitFor(async () => expect(await figures()).toMatch(/přesahuje zvolené dny/));
});

test('no day is beyond days without a limit, and a period within them is not', () => {
  const period = { first: '2026-07-01', last: '2026-08-31' };

  const beyond = [['', ''], ['2026-07-01', '2026-08-31'], ['2026-07-02', ''], ['', '2026-08-30']].map(([from = '', to = '']) => areBeyond([period], { from, to }));

  expect(beyond).toEqual([false, false, true, true]);
});
