import { render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';

import Audit from '../src/pages/Audit.svelte';

const EVENTS = [
  { by: 'a supervisor on shift', what: 'class_changed', class: 'danger', times: 3 },
  { by: 'a supervisor on shift', what: 'given' },
  { by: 'an administrator on shift', what: 'acted', times: 17 },
];

afterEach(() => {
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
