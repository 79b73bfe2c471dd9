import { expect, test } from 'vitest';

import { countedSince, dayOf, ticksWithin, top } from '../src/lib/chart';
import { chosen, csvAddress, figure, monthsShort, type Counted } from '../src/lib/reports';

const QUARTER = 15 * 60_000;
const BEGINS = new Date(2026, 10, 23).getTime();

function period(first: string, more: Partial<Counted> = {}): Counted {
  return { span: 'month', first, last: first, line: 'help', values: [1, null], not_told: [], ...more };
}

test('the axis ends at a whole number that four divides, not far above the highest bar', () => {
  for (const value of [0, 1, 4, 5, 11, 143, 505, 9_999]) {
    expect(top(value) % 4).toBe(0);
    expect(top(value)).toBeGreaterThanOrEqual(value);
    expect(top(value)).toBeLessThanOrEqual(Math.max(4, value * 2));
  }
});

test('a day has its ninety-six quarter-hours, and those to come count nothing yet', () => {
  const points = dayOf(
    [{ begins_ms: BEGINS + QUARTER, arrived: 3, answered: 2, abandoned: 1 }],
    BEGINS,
    undefined,
    String,
  );

  expect(points).toHaveLength(96);
  expect(points.slice(0, 3).map((point) => point.answered)).toEqual([0, 2, undefined]);
  expect(points.filter((point) => point.tick !== undefined)).toHaveLength(8);
});

test('a day that is not counted from its beginning says since when, and draws nothing before', () => {
  const quarters = [61, 62].map((index) => ({
    begins_ms: BEGINS + index * QUARTER,
    arrived: 1,
    answered: 1,
    abandoned: 0,
  }));
  const since = (sinceMs: number | null) => countedSince(quarters, BEGINS, sinceMs);
  const points = dayOf(quarters, BEGINS, since(quarters[0]!.begins_ms + 7 * 60_000), String);

  expect(points.flatMap((point, index) => (point.answered === undefined ? [] : index))).toEqual([61, 62]);
  expect([since(BEGINS + 61.5 * QUARTER), since(BEGINS), since(null)]).toEqual(
    [61.5, 61, 61].map((index) => BEGINS + index * QUARTER),
  );
  expect(countedSince([{ ...quarters[0]!, begins_ms: BEGINS }], BEGINS, null)).toBeUndefined();
});

test('figures are found by their name, and a figure of nothing is none', () => {
  const formulas = [
    { name: 'offered', unit: 'contacts', formula: '' },
    { name: 'service_level', unit: 'permille', formula: '' },
  ];

  expect(figure(formulas, period('2026-10-01'), 'offered')).toBe(1);
  expect(figure(formulas, period('2026-10-01'), 'service_level')).toBeUndefined();
  expect(figure(formulas, period('2026-10-01'), 'unheard_of')).toBeUndefined();
});

test('periods of other lines, spans and classes stay out of a table', () => {
  const all = [
    period('2026-10-01'),
    period('2026-09-01'),
    period('2026-10-01', { class: 'danger' }),
    period('2026-10-01', { span: 'piece' }),
    period('2026-10-01', { line: 'other' }),
  ];

  expect(chosen(all, 'help', 'month', undefined).map((one) => one.first)).toEqual(['2026-09-01', '2026-10-01']);
  expect(chosen(all, 'help', 'month', 'danger')).toHaveLength(1);
});

test('an export asks for the days that are looked at, and for all without any', () => {
  expect(csvAddress({ from: '', to: '' })).toBe('/api/v1/reports/counts.csv');
  expect(csvAddress({ from: '2026-10-01', to: '' })).toBe('/api/v1/reports/counts.csv?from=2026-10-01');
});

test('labels below an axis are cut off at no edge and touch no other', () => {
  const tick = (begins: number) => ({ text: 'x', begins, width: 50 });

  const shown = ticksWithin([-20, 40, 55, 130, 190].map(tick), 220, 8);

  expect(shown.map(({ begins }) => begins)).toEqual([0, 130]);
  expect(ticksWithin([tick(190)], 220, 8).map(({ begins }) => begins)).toEqual([170]);
});

test('months below an axis are short, also where several are told together', () => {
  const short = [
    ['2026-02-01', '2026-02-28'],
    ['2026-02-01', '2026-04-30'],
    ['2025-12-01', '2026-01-31'],
  ].map(([first = '', last = '']) => monthsShort({ first, last }));

  expect(short).toEqual(['2/2026', '2–4/2026', '12/2025 – 1/2026']);
});
