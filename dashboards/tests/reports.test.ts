import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { whyNone } from '../src/lib/reports';
import Reports from '../src/pages/Reports.svelte';
import { counts } from './fake-scenes.mjs';

const OUTSIDE = /neleží žádné celé uzavřené období/;
const OPEN = /ještě není uzavřené žádné období/;

let periods = counts().periods;

/** Answers with the periods that lie between the days which are asked for. */
async function answer(request: RequestInfo | URL): Promise<Response> {
  const url = new URL(request instanceof Request ? request.url : String(request), 'http://localhost');
  if (!url.pathname.endsWith('/counts')) return Response.json(url.pathname.endsWith('/tables') ? { months: [] } : []);
  const from = url.searchParams.get('from') ?? '';
  return Response.json({ ...counts(), periods: periods.filter((period) => period.first >= from) });
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
  expect(told).toMatch(/prozradilo méně než deset kontaktů/);
});

test('months that are told together are told as what they are', async () => {
  const [month] = counts().periods;
  periods = [{ ...month, first: '2026-02-01', last: '2026-04-30' }] as typeof periods;
  render(Reports);

  expect(await figures()).toMatch(/únor 2026 – duben 2026/);
});
