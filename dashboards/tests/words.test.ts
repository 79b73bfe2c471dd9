import { expect, test } from 'vitest';

import type { Operator, Sum, Trunk } from '../src/lib/feed';
import { causeWords, pastWords, statusWords, sumWords, trunkWords, untilWords } from '../src/parts/words';
import { NOON } from './given';

const READING = { inTimeSeconds: 20, earlySeconds: 10, late: 0 };

function told(status: Operator['status']) {
  const { text, time, tone } = statusWords({ status } as Operator, NOON);
  return [text, time, tone];
}

function sum(more: Partial<Sum>): Sum {
  return {
    arrived: 0,
    answered: 0,
    answered_in_time: 0,
    abandoned: 0,
    abandoned_early: 0,
    overflowed: 0,
    lost: 0,
    counted: 0,
    all: 0,
    ...more,
  };
}

test('a status is one word with its time', () => {
  expect(told({ is: 'wrap_up', until_ms: NOON + 52_000 })).toEqual(['čas po hovoru', '0:52', 'calm']);
  expect(told({ is: 'paused_by_machine', misses: 3, since_ms: NOON - 65_000 })).toEqual([
    'pauza (3 zmeškané)',
    '1:05',
    'watch',
  ]);
  expect(told({ is: 'unreachable', since_ms: NOON - 5_000 })).toEqual(['telefon neodpovídá', '0:05', 'watch']);
  expect(told({ is: 'off', since_ms: NOON })).toEqual(['mimo směnu', undefined, 'quiet']);
});

test('the wallboard tells who or what gave a pause, and that a supervisor took somebody off shift', () => {
  const cause = (status: Operator['status'], intent_cause: Operator['intent_cause'] = null) =>
    causeWords({ status, intent_cause } as Operator);
  const paused = { is: 'paused', reason: 'meal', since_ms: NOON } as const;
  const off = { is: 'off', since_ms: NOON } as const;

  expect((['page', 'phone', 'supervisor', null] as const).map((by) => cause(paused, by))).toEqual([
    'dala si ji sama na stránce',
    'dala si ji sama kódem z telefonu',
    'dala ji vedoucí směny',
    undefined,
  ]);
  expect(cause({ is: 'paused_by_machine', misses: 3, since_ms: NOON }, 'page')).toBe('dala ji Linka');
  expect(cause(off, 'supervisor')).toBe('ze směny ji odhlásila vedoucí');
  expect(cause(off, 'page')).toBeUndefined();
  expect(cause({ is: 'free', since_ms: NOON }, 'supervisor')).toBeUndefined();
});

test('a pause whose end is past is to be looked at', () => {
  const pause = (back_at_ms: number) => told({ is: 'paused', reason: 'meal', since_ms: NOON, back_at_ms })[2];

  expect([pause(NOON + 1), pause(NOON - 1)]).toEqual(['quiet', 'watch']);
});

test('an end of a pause that is past is told in words, and one of another day with its day', () => {
  const pause = (back_at_ms: number) => told({ is: 'paused', reason: 'meal', since_ms: NOON, back_at_ms })[1];

  expect(pause(NOON + 60_000)).toMatch(/^do \d+:\d\d$/);
  expect(pause(NOON - 60_000)).toMatch(/^měla být zpět v \d+:\d\d$/);
  expect(pause(NOON + 24 * 3_600_000)).toMatch(/24\. 11\. 2026/);
});

test('until when something holds stands within its sentence', () => {
  expect(untilWords('Zvoní: jana.', NOON)).toMatch(/^Zvoní: jana \(do \d+:\d\d:\d\d\)\.$/);
  expect(untilWords('Zvoní: jana.', undefined)).toBe('Zvoní: jana.');
});

test('only a trunk that was seen is green, and one missed probe is amber', () => {
  const tone = (status: Trunk['status']) => trunkWords({ status } as Trunk).tone;

  expect((['well', 'not_probed', 'asked', 'silent', 'not_registered', 'down'] as const).map(tone)).toEqual([
    'well',
    'unknown',
    'unknown',
    'watch',
    'bad',
    'bad',
  ]);
});

test('few calls are told by their counts and say who is not counted', () => {
  const words = sumWords(
    sum({
      answered: 9,
      answered_in_time: 9,
      abandoned: 2,
      abandoned_early: 2,
      counted: 9,
      all: 11,
      in_time_of_all_permille: 818,
    }),
    READING,
  );

  expect(words.share).toBe('9 z 9');
  expect(words.withEarly).toMatch(/^i s těmi, kdo zavěsili do 10 s: 82\s%\s\(9 z 11\)$/);
  expect(words.abandoned).toBe('2 zavěsily bez přijetí (z toho 2 do 10 s, nepočítají se)');
});

test('many calls are told by their share beside its counts', () => {
  const words = sumWords(
    sum({ answered: 20, answered_in_time: 18, counted: 20, all: 20, in_time_permille: 900 }),
    READING,
  );

  expect([words.share.replace(/\s/, ' '), words.counts, words.withEarly, words.abandoned]).toEqual([
    '90 %',
    '18 z 20',
    undefined,
    '',
  ]);
});

test('nobody is no share', () => {
  expect(sumWords(sum({}), READING).share).toBe('–');
});

test('a share says who has waited too long already and is not in it', () => {
  const words = (late: number) =>
    sumWords(sum({ answered: 20, answered_in_time: 20, counted: 20, all: 20, in_time_permille: 1_000 }), {
      ...READING,
      late,
    }).late;

  expect([words(0), words(1), words(3), words(30)]).toEqual([
    undefined,
    'čeká 1 kontakt déle než 20 s, ještě se nepočítá',
    'čekají 3 kontakty déle než 20 s, ještě se nepočítají',
    'čeká 30 kontaktů déle než 20 s, ještě se nepočítá',
  ]);
});

test('a moment of another day is told with its day', () => {
  expect(pastWords(NOON - 60_000, NOON)).toMatch(/^\d+:\d\d$/);
  expect(pastWords(NOON - 24 * 3_600_000, NOON)).toMatch(/^22\. 11\. 2026/);
});

test('calls that were lost are told where there are any', () => {
  expect(sumWords(sum({ lost: 2 }), READING).lost).toBe('2 ztracené hovory');
  expect(sumWords(sum({}), READING).lost).toBeUndefined();
});
