import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { drafted, entered, toggle, type Draft, type Field } from '../src/lib/entry';
import ContentForm from '../src/parts/ContentForm.svelte';
import { FIELDS } from './fake-scenes.mjs';

const ONE: Field = { name: 'outcome', values: ['not_asked', 'advised', 'referred'], several: false };
const SEVERAL: Field = { name: 'ages', values: ['not_asked', '1-2', '3-6'], several: true };

let draft: Draft = {};
const onsave = vi.fn();

async function open() {
  const props = { fields: FIELDS, draft, onsave, onlater: vi.fn(), onchange: (next: Draft) => void change(next) };
  const view = render(ContentForm, props);
  const change = (next: Draft) => {
    draft = next;
    return view.rerender({ draft });
  };
  screen.getAllByRole('radio')[0]?.focus();
}

async function press(key: string, more: KeyboardEventInit = {}) {
  await fireEvent.keyDown(document.activeElement as Element, { key, bubbles: true, ...more });
}

function chosenIn(row: string): string[] {
  const chips = within(screen.getByLabelText(row)).queryAllByRole('radio', { checked: true });
  return chips.map((chip) => chip.textContent?.replace(/^\d/, '').trim() ?? '');
}

beforeEach(() => {
  draft = {};
  onsave.mockClear();
});

afterEach(() => document.body.replaceChildren());

test('only one value of a field may hold, unless several may', () => {
  const one = toggle(toggle({}, ONE, 'advised'), ONE, 'referred');
  const several = toggle(toggle({}, SEVERAL, '1-2'), SEVERAL, '3-6');

  expect(entered(one)).toEqual({ outcome: 'referred' });
  expect(entered(several)).toEqual({ ages: '1-2+3-6' });
});

test('a value chosen twice was not asked', () => {
  expect(entered(toggle(toggle({}, ONE, 'advised'), ONE, 'advised'))).toEqual({ outcome: 'not_asked' });
});

test('what the server tells is the draft that was sent', () => {
  const draft = { outcome: ['advised'], children_in_household: ['4+'], ages: ['1-2', '3-6'] };

  expect(drafted(entered(draft), FIELDS)).toEqual(draft);
});

test('a whole call is entered by eight keys and saved by one more', async () => {
  await open();

  for (const key of ['1', '1', '1', '1', '2', '1', '1', '3']) await press(key);
  await press('Enter', { ctrlKey: true });

  expect(entered(draft)).toEqual({
    outcome: 'advised',
    category: 'partner_violence',
    language: 'czech',
    interpreter: 'not_needed',
    referral: 'counselling',
    told_repeat: 'first',
    who_called: 'adult_victim',
    children_in_household: '2',
  });
  expect(onsave).toHaveBeenCalledOnce();
});

test('arrows choose within a field, and nought takes the choice back', async () => {
  await open();

  await press('ArrowRight');
  await press('ArrowRight');
  const walked = chosenIn('Jak hovor skončil');
  await press('0');

  expect(walked).toEqual(['lůžko nalezeno']);
  expect(entered(draft)).toEqual({ outcome: 'not_asked' });
});

test('where several values may hold, numbers tick them one after another', async () => {
  await open();
  within(screen.getByLabelText(/Věk dětí/))
    .getAllByRole('checkbox')[0]
    ?.focus();

  await press('2');
  await press('3');

  expect(entered(draft)).toEqual({ ages: '1-2+3-6' });
});

test('each field is one stop of the Tab key', async () => {
  await open();

  const rows = [
    ...screen.getAllByRole('radiogroup'),
    ...screen.getAllByRole('group').filter((group) => group.tagName === 'DIV'),
  ];
  for (const row of rows) expect(row.querySelectorAll('[tabindex="0"]')).toHaveLength(1);
});

test('nothing is obligatory: an empty entry may be saved', async () => {
  await open();

  await fireEvent.click(screen.getByRole('button', { name: 'Zápis je hotový' }));

  expect(onsave).toHaveBeenCalledOnce();
});
