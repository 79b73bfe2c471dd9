import { i18n } from '../i18n/index.svelte';
import type { Problem } from './api';
import { duration } from './time';

/** A problem as a sentence of the language spoken. */
export function sentence(problem: Problem): string {
  const { problems } = i18n.t;
  if (problem.kind === 'too-many' && problem.retryAfterSeconds !== undefined) {
    return problems.tooManyFor(duration(problem.retryAfterSeconds * 1_000));
  }
  const known: Record<string, string> = problems.kinds;
  return known[problem.kind] ?? problems.other;
}
