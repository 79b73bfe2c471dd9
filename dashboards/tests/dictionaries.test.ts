import { expect, test } from 'vitest';

import { cs } from '../src/i18n/cs';
import { en } from '../src/i18n/en';
import { counted, type Forms } from '../src/i18n/forms';
import { uk } from '../src/i18n/uk';
import { FIELDS } from './fake-scenes.mjs';

const DICTIONARIES = { cs, en, uk };

function isForms(value: object): value is Forms {
  return (
    typeof (value as { other?: unknown }).other === 'string' &&
    Object.values(value).every((form) => typeof form === 'string' && form.includes('{n}'))
  );
}

/** Every text with the way to it; functions are asked with a word, forms stand for themselves. */
function texts(value: unknown, way = ''): [string, string | Forms][] {
  if (typeof value === 'string') return [[way, value]];
  if (typeof value === 'function') return [[way, String(value(way.startsWith('.audit') ? { login: 'x' } : 'x', 'y'))]];
  if (isForms(value as object)) return [[way, value as Forms]];
  return Object.entries(value as object).flatMap(([key, one]) => texts(one, `${way}.${key}`));
}

test('every dictionary has the same keys', () => {
  const keys = (dictionary: object) =>
    texts(dictionary)
      .map(([way]) => way)
      .sort();

  expect(keys(en)).toEqual(keys(cs));
  expect(keys(uk)).toEqual(keys(cs));
});

test('no text is empty but a unit that needs no word', () => {
  for (const dictionary of Object.values(DICTIONARIES)) {
    const empty = texts(dictionary).filter(([, text]) => typeof text === 'string' && text.trim() === '');
    expect(empty.map(([way]) => way)).toEqual(['.reports.unit.contacts']);
  }
});

test('every number has its own form in every language', () => {
  for (const [language, dictionary] of Object.entries(DICTIONARIES)) {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    const counts = texts(dictionary).filter((one): one is [string, Forms] => typeof one[1] !== 'string');
    expect(counts.length).toBeGreaterThan(5);
    for (const [way, forms] of counts)
      expect(Object.keys(forms).sort(), `${language}${way}`).toEqual([...pluralCategories].sort());
  }
});

test('Czech and Ukrainian count as they are spoken', () => {
  const czech = [1, 3, 5].map((n) => counted('cs', n, cs.board.stepsTaken));
  const ukrainian = [1, 3, 5, 21].map((n) => counted('uk', n, uk.board.stepsTaken));

  expect(czech).toEqual(['1 krok', '3 kroky', '5 kroků']);
  expect(ukrainian).toEqual(['1 крок', '3 кроки', '5 кроків', '21 крок']);
});

test('a caller is never called a victim on a Czech screen', () => {
  const words = texts(cs).flatMap(([, text]) => (typeof text === 'string' ? [text] : Object.values(text)));

  expect(words.filter((text) => /oběť|oběti|obětí/i.test(text))).toEqual([]);
});

test('while no new calls are taken nobody is promised where they go', () => {
  const carrier = {
    cs: /poskytovateli telefonního připojení/,
    en: /depends on the carrier/,
    uk: /постачальника телефонного/,
  };

  for (const [language, pattern] of Object.entries(carrier))
    expect(DICTIONARIES[language as 'cs'].board.drainingHint).toMatch(pattern);
});

test('every field of the entry and every value has a word in every language', () => {
  for (const { content } of Object.values(DICTIONARIES)) {
    const [fields, values]: Record<string, string>[] = [content.field, content.value];
    for (const field of FIELDS) {
      expect(fields?.[field.name], field.name).toBeTruthy();
      for (const value of field.values.slice(1))
        expect(values?.[`${field.name}.${value}`] ?? values?.[value], value).toBeTruthy();
    }
  }
});

test('the audit says of an upgrade what it withdrew, and of classes only where there are any', () => {
  const withdrawn = (classes?: string) =>
    cs.audit.event.withdrawn({ rows: '41', parts: '3', ...(classes === undefined ? {} : { classes }) });

  expect(withdrawn('2')).toMatch(/řádků o hovorech: 41, částí měsíců: 3, naléhavostí v měsících: 2$/);
  expect(cs.audit.event.withdrawn({ rows: '0', parts: '0', months: '3' })).toMatch(/s méně než deseti kontakty: 3$/);
  expect([withdrawn(), withdrawn('0')]).toEqual(Array(2).fill(expect.stringMatching(/částí měsíců: 3$/)));
});

test('the audit says which report was read, and of which days where it is told', () => {
  const { days, event, read } = en.audit;

  expect(event.read({ read: read.counts })).toBe('report of counts read');
  expect(event.read({ read: read.records, days: `${days.from('1 Oct 2026')} ${days.to('31 Oct 2026')}` })).toBe(
    'rows about calls read from 1 Oct 2026 to 31 Oct 2026',
  );
});

test('of its times a class is said to tell talk alone', () => {
  const told = {
    cs: [/jen dobu hovorů a průměrný hovor; čekání neuvádějí/, /průměrné čekání/i],
    en: [/talk time and mean talk time alone; it tells no waits/, /mean wait/i],
    uk: [/лише час розмов і середня розмова; ні очікування/, /середнє очікування/i],
  } as const;

  for (const [language, [truth, untruth]] of Object.entries(told)) {
    const { classes } = DICTIONARIES[language as 'cs'].reports.notToldWhy;
    expect(classes).toMatch(truth);
    expect(classes).not.toMatch(untruth);
  }
});

test('a page has one word for one thing', () => {
  const changed = uk.audit.event.configuration_changed({ files: '', added: 'jana', removed: 'hana' });
  const said = (dictionary: object) =>
    texts(dictionary).flatMap(([, text]) => (typeof text === 'string' ? [text] : Object.values(text)));

  expect(said(cs).filter((text) => /audit/i.test(text))).toEqual([]);
  expect(
    [...said(uk), changed].filter((text) =>
      /аудит|оператор(и|ів|ам|ами|а|у|ом)?(?!\p{L})|чверт\S* годин(?!и)/iu.test(text),
    ),
  ).toEqual([]);
});
