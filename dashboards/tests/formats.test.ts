import { expect, test } from 'vitest';

import { formatsOf } from '../src/i18n/formats';

/** 9 December 2026, 13:05 UTC. */
const NINTH = Date.UTC(2026, 11, 9, 13, 5);

/** How a language writes a day, a moment and a day of the calendar. */
function days(language: string): string[] {
  const { day, moment, date } = formatsOf(language, 'UTC');
  return [day, moment, date].map((as) => as.format(NINTH));
}

test('an English day cannot be read as another one', () => {
  expect(days('en')).toEqual(['9 Dec 2026', '9 Dec 2026, 13:05', '9 Dec 2026']);
});

test('a Czech and a Ukrainian day begin with the day', () => {
  expect(days('cs')).toEqual(['9. 12. 2026', '9. 12. 2026 13:05', '9. 12. 2026']);
  expect(days('uk')).toEqual(['09.12.2026', '09.12.2026, 13:05', '09.12.2026']);
});
