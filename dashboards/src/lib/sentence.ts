import { i18n } from '../i18n/index.svelte';
import type { Problem } from './api';
import { duration } from './time';

/** What was attempted. After a sign-in there is nothing to look at that would tell whether it happened. */
export type Attempt = 'act' | 'sign-in';

/** A problem as a sentence of the language spoken. */
export function sentence(problem: Problem, attempt: Attempt = 'act'): string {
  const { problems, signIn } = i18n.t;
  if (attempt === 'sign-in' && problem.kind === 'unavailable') return signIn.refused.unavailable;
  if (problem.kind === 'too-many' && problem.retryAfterSeconds !== undefined) {
    return problems.tooManyFor(duration(problem.retryAfterSeconds * 1_000));
  }
  const known: Record<string, string> = problems.kinds;
  return known[problem.kind] ?? problems.other;
}
