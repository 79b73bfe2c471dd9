import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { i18n, speak } from '../src/i18n/index.svelte';
import { clock } from '../src/lib/clock.svelte';
import { areBeyond, byHourOfDay, toldThrough, whyNone, whyNotTold } from '../src/lib/reports';
import Reports from '../src/pages/Reports.svelte';
import { daysWords, monthsWords } from '../src/parts/words';
import { counts, hours, overlapping, tables } from './fake-scenes.mjs';
import { NOON } from './given';

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
  return Response.json({
    ...counts(),
    periods: overlapping(periods, url.searchParams.get('from'), url.searchParams.get('to')),
  });
}

beforeEach(() => {
  vi.stubGlobal('fetch', answer);
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  i18n.goBy(undefined);
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
  const few = {
    ...month,
    not_told: ['mean_wait_unanswered'],
    values: month?.values.map((value, index) => (index === 9 ? null : value)),
  };
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

  expect(await figures()).toMatch(/únor\s2026 až duben\s2026/);
  expect(screen.getByRole('img', { name: 'Hovory po měsících. více měsíců dohromady' })).not.toBeNull();
  expect(
    screen.getByRole('rowheader', { name: /únor\s2026 až duben\s2026, více měsíců dohromady/, hidden: true }),
  ).not.toBeNull();
});

test('a part of a month is headed by its days, and one of a single day by that day once', () => {
  const [first, last] = ['2026-10-01', '2026-10-07'];

  expect(daysWords({ first, last })).toBe('1.\u00a010.\u00a02026 až 7.\u00a010.\u00a02026');
  expect(daysWords({ first, last: first })).toBe('1.\u00a010.\u00a02026');
});

test('a card whose choices are not printed is headed by its line and month', async () => {
  periods = counts().periods;
  render(Reports);

  for (const name of ['Příchozí po hodinách týdne', 'Záznamy o hovorech']) {
    const card = await screen.findByRole('region', { name });
    await vi.waitFor(() => expect(card.querySelector('header')?.textContent).toMatch(/help · říjen\s2026/));
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
  expect(cells.filter((text) => text === 'neuvádí se').length).toBe(
    hours()
      .at(-1)
      ?.hours.filter((count) => count === null).length,
  );
  expect([...table.querySelectorAll('thead th')].map((head) => head.textContent)).toEqual([
    'Hodina',
    'po',
    'út',
    'st',
    'čt',
    'pá',
    'so',
    'ne',
  ]);
});

test('a day whose quarter-hours are kept no longer is asked for no more, and says so', async () => {
  const asked = vi.fn(answer);
  vi.stubGlobal('fetch', asked);
  render(Reports);
  await screen.findByText('Příchozí po čtvrthodinách');
  await vi.waitFor(() =>
    expect(asked.mock.calls.some(([request]) => addressOf(request).includes('/arrived'))).toBe(true),
  );
  asked.mockClear();

  await fireEvent.input(screen.getByLabelText('Den'), { target: { value: '2020-01-01' } });

  await screen.findByText(/Čtvrthodiny tohoto dne už tu nejsou: uchovávají se do třetího dne po konci měsíce/);
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
  const choose = (day: string) =>
    fireEvent.input(screen.getByLabelText('Od', { selector: '#from' }), { target: { value: day } });
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

  const beyond = [
    ['', ''],
    ['2026-07-01', '2026-08-31'],
    ['2026-07-02', ''],
    ['', '2026-08-30'],
  ].map(([from = '', to = '']) => areBeyond([period], { from, to }));

  expect(beyond).toEqual([false, false, true, true]);
});

/** The page as it is told at a moment, by a site's clock at UTC, and what it asks of the server. */
function openedAt(nowMs: number): { asked: string[]; passes: (ms: number) => void } {
  i18n.goBy('UTC');
  const now = vi.spyOn(clock, 'nowMs', 'get').mockReturnValue(nowMs);
  const asked: string[] = [];
  vi.stubGlobal('fetch', (request: RequestInfo | URL) => {
    asked.push(addressOf(request));
    return answer(request);
  });
  periods = counts().periods;
  render(Reports);
  return { asked, passes: (ms) => now.mockReturnValue(ms) };
}

function card(name: string): Promise<HTMLElement> {
  return screen.findByRole('region', { name });
}

test('a quarter-hour is told from a minute after its end on, and a day that is over to its end', () => {
  const [midnight, day] = [Date.UTC(2026, 10, 23), 86_400_000];
  const through = (clock: string) =>
    new Date(toldThrough(midnight, midnight + day, Date.parse(clock))).toISOString().slice(5, 16);

  expect(through('2026-11-23T22:16:00Z')).toBe('11-23T22:00');
  expect(through('2026-11-23T22:16:05Z')).toBe('11-23T22:15');
  expect(through('2026-11-23T00:10:00Z')).toBe('11-23T00:00');
  expect(through('2026-11-24T00:00:30Z')).toBe('11-23T23:45');
  expect(through('2026-11-25T12:00:00Z')).toBe('11-24T00:00');
});

test('the running day says up to when it is told, and not that nobody called', async () => {
  openedAt(Date.UTC(2026, 10, 23, 22, 20));
  const arrivals = await card('Příchozí po čtvrthodinách');

  await fireEvent.input(screen.getByLabelText('Den'), { target: { value: '2026-11-23' } });
  await vi.waitFor(() => expect(arrivals.textContent).toMatch(/Do 22:15 nikdo nevolal/));

  expect(arrivals.querySelector('header')?.textContent).toMatch(/Zatím 0, do 22:15/);
  expect(arrivals.textContent).not.toMatch(/Celkem|V tento den nikdo nevolal/);
});

test('a running day of which nothing is over says that, and yesterday is whole', async () => {
  openedAt(Date.UTC(2026, 10, 23, 0, 10));
  const arrivals = await card('Příchozí po čtvrthodinách');
  await vi.waitFor(() => expect(arrivals.textContent).toMatch(/Celkem 0.*V tento den nikdo nevolal/s));

  await fireEvent.input(screen.getByLabelText('Den'), { target: { value: '2026-11-23' } });

  await vi.waitFor(() => expect(arrivals.textContent).toMatch(/ještě neskončila žádná čtvrthodina/));
  expect(arrivals.textContent).not.toMatch(/Celkem|Zatím|nikdo nevolal/);
});

test('of a day that has not come nothing is asked, and that is said', async () => {
  const { asked } = openedAt(NOON);
  const arrivals = await card('Příchozí po čtvrthodinách');
  await vi.waitFor(() => expect(arrivals.textContent).toMatch(/nikdo nevolal/));
  asked.length = 0;

  await fireEvent.input(screen.getByLabelText('Den'), { target: { value: '2026-11-24' } });

  await vi.waitFor(() => expect(arrivals.textContent).toMatch(/Tento den ještě nenastal/));
  expect(arrivals.textContent).not.toMatch(/nikdo nevolal|Celkem/);
  expect(asked).toEqual([]);
});

test('days whose first comes after their last are a mistake at their fields, and ask nothing', async () => {
  const { asked } = openedAt(NOON);
  await figures();
  const [from, to] = [
    screen.getByLabelText('Od', { selector: '#from' }),
    screen.getByLabelText('Do', { selector: '#to' }),
  ];
  await fireEvent.input(from, { target: { value: '2026-10-15' } });
  await vi.waitFor(() => expect(asked.some((address) => address.includes('hours?from=2026-10-15'))).toBe(true));
  asked.length = 0;

  await fireEvent.input(to, { target: { value: '2026-10-01' } });

  const told = await screen.findByRole('alert');
  expect(told.textContent).toMatch(/První den je až po posledním/);
  expect(
    [from, to].map((field) => [field.getAttribute('aria-invalid'), field.getAttribute('aria-describedby')]),
  ).toEqual(Array(2).fill(['true', told.id]));
  expect(document.body.textContent).not.toMatch(/méně než deseti kontaktů/);
  expect(document.querySelector('[download]')).toBeNull();
  expect(asked).toEqual([]);

  await fireEvent.input(to, { target: { value: '2026-10-31' } });
  await vi.waitFor(async () => expect(await figures()).toMatch(/Průměrný hovor/));
  expect(screen.queryByRole('alert')).toBeNull();
  expect(from.getAttribute('aria-describedby')).toBeNull();
});

test('closed months without tables say that those are withheld or withdrawn', async () => {
  openedAt(NOON);
  vi.stubGlobal('fetch', async (request: RequestInfo | URL) =>
    addressOf(request).includes('/tables') ? Response.json({ months: [] }) : answer(request),
  );
  const contents = await card('Záznamy o hovorech');

  await vi.waitFor(() => expect(contents.textContent).toMatch(/zneplatnila přísnější pravidla/));
  expect(contents.textContent).not.toMatch(OPEN);

  await fireEvent.input(screen.getByLabelText('Od', { selector: '#from' }), { target: { value: '2027-01-15' } });
  await vi.waitFor(async () => expect((await card('Záznamy o hovorech')).textContent).toMatch(OUTSIDE));
});

test('the file of counts says what is in it', async () => {
  openedAt(NOON);
  await figures();

  const link = screen.getByRole('link', { name: 'Stáhnout CSV' });

  expect(document.getElementById(link.getAttribute('aria-describedby') ?? '')?.textContent).toMatch(
    /všechny linky, měsíce i jejich části.*bez naléhavostí/,
  );
});

test('a month goes over no two lines, and a Ukrainian span of months begins with a word', async () => {
  await speak('uk');

  expect(i18n.month('2025-11-01')).toBe('лист.\u00a02025\u00a0р.');
  expect(monthsWords({ first: '2025-11-01', last: '2025-12-31' })).toMatch(/^з лист\..* до груд\./);

  await speak('cs');
});
