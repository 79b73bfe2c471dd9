import { expect, test } from 'vitest';

import { ServerClock, duration, left } from '../src/lib/time';

test('durations read as minutes and seconds, with hours only when there are any', () => {
  expect([0, 4_999, 59_999, 60_000, 751_000, 3_723_000].map(duration)).toEqual([
    '0:00',
    '0:04',
    '0:59',
    '1:00',
    '12:31',
    '1:02:03',
  ]);
});

test('a duration is never negative', () => {
  expect(duration(-1)).toBe('0:00');
  expect(left(1_000, 5_000)).toBe('0:00');
});

test('what is left is rounded up, so that nothing left means that it is over', () => {
  expect(left(10_001, 10_000)).toBe('0:01');
  expect(left(10_000, 10_000)).toBe('0:00');
});

test('the message that came soonest sets the clock', () => {
  const clock = new ServerClock();

  clock.hear(1_000_000, 500 + 80);
  clock.hear(1_001_000, 1_500 + 5);
  clock.hear(1_002_000, 2_500 + 300);

  expect(clock.at(3_505, 0)).toBe(1_003_000);
});

test('a clock that was set back is believed once the old messages are forgotten', () => {
  const clock = new ServerClock();
  clock.hear(2_000_000, 0);

  for (let second = 1; second <= 8; second += 1) clock.hear(1_000_000 + second * 1_000, second * 1_000);

  expect(clock.at(9_000, 0)).toBe(1_009_000);
});

test('before anything was heard the local clock has to do', () => {
  expect(new ServerClock().at(77, 1_234)).toBe(1_234);
});
