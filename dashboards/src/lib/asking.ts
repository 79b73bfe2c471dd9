import type { Outcome } from './api';
import { PASSING } from './saver.svelte';

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 15_000;

/**
 * Asks the server, and while it is away again, each time after a longer pause; until the returned function is called.
 * `hear` gets what it answers, and nothing after that: a late answer to an earlier choice replaces no newer one.
 */
export function untilAnswered<T>(
  ask: () => Promise<Outcome<T>>,
  hear: (outcome: Outcome<T>) => void = () => undefined,
): () => void {
  let asking: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  async function go(retryMs: number): Promise<void> {
    const outcome = await ask();
    if (isOver) return;
    hear(outcome);
    if (outcome.done || !PASSING.has(outcome.problem.kind)) return;
    asking = setTimeout(() => void go(Math.min(retryMs * 2, RETRY_MAX_MS)), retryMs);
  }
  void go(RETRY_FIRST_MS);
  return () => {
    isOver = true;
    clearTimeout(asking);
  };
}
