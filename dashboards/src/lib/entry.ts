/** A field of the content of a call, as the API tells it. */
export interface Field {
  name: string;
  /** Its values, *not asked* first. */
  values: readonly string[];
  several: boolean;
}

/** What is chosen, by field; a field that is missing was not asked. */
export type Draft = Readonly<Record<string, readonly string[]>>;

/** Fields that are asked seldom and stand folded below the others. */
const EXTENDED: ReadonlySet<string> = new Set([
  'relation',
  'pregnancy',
  'contact_violence',
  'abduction_threat',
  'child_protection',
]);
const NOT_ASKED = 'not_asked';
const SEPARATOR = '+';

/** Whether a field is asked seldom. */
export function isExtended(field: Field): boolean {
  return EXTENDED.has(field.name);
}

/** The values that a field offers; *not asked* is what is not chosen. */
export function choices(field: Field): readonly string[] {
  return field.values.filter((value) => value !== NOT_ASKED);
}

/** A draft with a value chosen, or given up again; where only one may hold, it takes the place of another. */
export function toggle(draft: Draft, field: Field, value: string): Draft {
  const before = draft[field.name] ?? [];
  const without = before.filter((other) => other !== value);
  if (without.length < before.length) return { ...draft, [field.name]: without };
  return { ...draft, [field.name]: field.several ? [...before, value] : [value] };
}

/** A draft with a field as if it had not been asked. */
export function clear(draft: Draft, field: Field): Draft {
  return { ...draft, [field.name]: [] };
}

/** A draft as the API takes it: what is chosen in its fields, or that nothing is. */
export function entered(draft: Draft): Record<string, string> {
  const text = (values: readonly string[]) => (values.length === 0 ? NOT_ASKED : values.join(SEPARATOR));
  return Object.fromEntries(Object.entries(draft).map(([name, values]) => [name, text(values)]));
}

/** The fields of a draft that are not as they were. */
export function changed(draft: Draft, before: Draft): Draft {
  return Object.fromEntries(Object.entries(draft).filter(([name, values]) => values !== before[name]));
}

/** What the API tells as a draft. */
export function drafted(told: Readonly<Record<string, string>>, fields: readonly Field[]): Draft {
  const known = fields.filter((field) => told[field.name] !== undefined);
  const values = (field: Field, text: string) => (field.several ? text.split(SEPARATOR) : [text]);
  return Object.fromEntries(known.map((field) => [field.name, values(field, told[field.name] ?? '')]));
}
