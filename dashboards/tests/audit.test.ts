import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';

import Audit from '../src/pages/Audit.svelte';

const EVENTS = [
  { by: 'a supervisor on shift', what: 'class_changed', class: 'danger', times: 3 },
  { by: 'a supervisor on shift', what: 'given' },
  { by: 'an administrator on shift', what: 'acted', times: 17 },
];

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test('the audit says that acts on contacts come when their day is over, and how often each was done', async () => {
  const entries = EVENTS.map((event, at) => ({ seq: 9 - at, day: '2026-11-23', event }));
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json(entries)));

  render(Audit);

  const rows = await screen.findAllByRole('rowheader');
  const told = rows.map((row) => [row.textContent, row.nextElementSibling?.textContent]);
  expect(told).toEqual([
    ['vedoucí ve směně', expect.stringMatching(/^změna naléhavosti kontaktu na .+ \(3×\)$/)],
    ['vedoucí ve směně', 'kontakt nabídnut určité obsluze'],
    ['správa ve směně', 'další úkony s kontakty (17×)'],
  ]);
  screen.getByText(/až když jejich den skončí/);
});

test('the audit says of which days something was exported or read, and that it was everything where none were chosen', async () => {
  const [first, last] = ['2026-10-01', '2026-10-31'];
  const events = [
    { what: 'exported', report: 'counts', from: first, to: last },
    { what: 'exported', report: 'records', from: first },
    { what: 'exported', report: 'tables', to: last },
    { what: 'exported', report: 'counts' },
    { what: 'exported', report: 'backup' },
    { what: 'read', report: 'records', from: first, to: last },
    { what: 'read', report: 'counts' },
  ];
  const entries = events.map((event, at) => ({ seq: 9 - at, day: '2026-11-23', event: { by: 'jana', ...event } }));
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json(entries)));

  render(Audit);

  const rows = await screen.findAllByRole('rowheader');
  expect(rows.map((row) => row.nextElementSibling?.textContent?.replaceAll('\u00a0', ' '))).toEqual([
    'vývoz výkazu počtů od 1. 10. 2026 do 31. 10. 2026',
    'vývoz řádků o hovorech od 1. 10. 2026',
    'vývoz tabulek o hovorech do 31. 10. 2026',
    'vývoz výkazu počtů (vše)',
    'záloha databáze',
    'přečteny řádky o hovorech od 1. 10. 2026 do 31. 10. 2026',
    'přečten výkaz počtů',
  ]);
});
