import { formatsOf } from './formats';

/** A sentence with `{n}` in the forms that a language has for numbers (Unicode plural rules). */
export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** Makes the forms of a sentence, so that a dictionary of another language may have other ones. */
export function forms(all: Forms): Forms {
  return all;
}

/** The sentence for a number. */
export function counted(language: string, n: number, all: Forms): string {
  const formats = formatsOf(language);
  const form = all[formats.plurals.select(n)] ?? all.other;
  return form.replace('{n}', formats.number.format(n));
}
