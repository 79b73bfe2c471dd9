import type { Field } from '../src/lib/entry';
import type { Parts } from '../src/lib/feed';

export const FIELDS: Field[];
export const SCENES: Record<string, (atMs: number) => Parts>;
