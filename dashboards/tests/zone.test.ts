import { afterEach, expect, test } from 'vitest';

import { i18n } from '../src/i18n/index.svelte';
import { clockAt, dayAt, dayBegins, isZone, midnight, momentOf, next } from '../src/lib/zone';

const PRAGUE = 'Europe/Prague';
const HOUR = 3_600_000;
/** 2026-11-23, half past midnight in Prague, half past one in Kyiv. */
const NIGHT = Date.UTC(2026, 10, 22, 23, 30);

afterEach(() => i18n.goBy(undefined));

test('one moment has the hour and the day of the site, whatever zone the browser is in', () => {
  const told = (zone: string) => {
    i18n.goBy(zone);
    return [i18n.clock(NIGHT), i18n.dayOf(NIGHT)];
  };

  expect(told(PRAGUE)).toEqual(['00:30', '23. 11. 2026']);
  expect(told('Europe/Kyiv')).toEqual(['01:30', '23. 11. 2026']);
  expect(told('America/New_York')).toEqual(['18:30', '22. 11. 2026']);
});

test('a zone that the browser does not know leaves it at its own', () => {
  i18n.goBy('Nowhere/None');

  expect([isZone('Nowhere/None'), isZone(PRAGUE), i18n.zone]).toEqual([false, true, undefined]);
});

test('fields are written by the clock of the site', () => {
  expect([clockAt(NIGHT, PRAGUE), dayAt(NIGHT, PRAGUE)]).toEqual(['00:30', '2026-11-23']);
  expect([clockAt(NIGHT, 'America/New_York'), dayAt(NIGHT, 'America/New_York')]).toEqual(['18:30', '2026-11-22']);
});

test('a time of day that is past means tomorrow', () => {
  expect(next('00:45', NIGHT, PRAGUE)).toBe(NIGHT + HOUR / 4);
  expect(next('00:15', NIGHT, PRAGUE)).toBe(NIGHT + 24 * HOUR - HOUR / 4);
  expect(next('00:30', NIGHT, PRAGUE)).toBe(NIGHT + 24 * HOUR);
  expect(next('', NIGHT, PRAGUE)).toBeUndefined();
});

test('a time of day that the clock shows twice means its first moment that is still to come', () => {
  const [first, second] = [Date.UTC(2026, 9, 25, 0, 40), Date.UTC(2026, 9, 25, 1, 40)];
  const minutes = (minutes: number) => minutes * 60_000;

  expect(next('02:40', first - minutes(15), PRAGUE)).toBe(first);
  expect(next('02:40', first, PRAGUE)).toBe(second);
  expect(next('02:40', second - minutes(15), PRAGUE)).toBe(second);
  expect(next('02:40', second, PRAGUE)).toBe(Date.UTC(2026, 9, 26, 1, 40));
  expect(next('02:30', Date.UTC(2026, 2, 29, 0, 30), PRAGUE)).toBe(Date.UTC(2026, 2, 29, 1, 30));
});

test('a day begins at midnight of the site, and has 23 to 25 hours', () => {
  const hours = (day: string) => (dayBegins(day, 1, PRAGUE) - dayBegins(day, 0, PRAGUE)) / HOUR;

  expect(midnight(NIGHT, PRAGUE)).toBe(NIGHT - HOUR / 2);
  expect(['2026-03-29', '2026-10-25', '2026-11-23'].map(hours)).toEqual([23, 25, 24]);
  expect(dayBegins('', 0, PRAGUE)).toBeNaN();
});

test('an hour that the clock skips is the one after it', () => {
  const skipped = momentOf(Date.UTC(2026, 2, 29, 2, 30), PRAGUE);

  expect(clockAt(skipped, PRAGUE)).toBe('03:30');
});
