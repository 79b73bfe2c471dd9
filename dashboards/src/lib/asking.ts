import type { Outcome } from './api';
import { PASSING } from './saver.svelte';

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 15_000;

/** Asks the server, and while it is away again, each time after a longer pause; until the returned function is called. */
export function untilAnswered(ask: () => Promise<Outcome<unknown>>): () => void {
  let asking: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  async function go(retryMs: number): Promise<void> {
    const outcome = await ask();
    if (isOver || outcome.done || !PASSING.has(outcome.problem.kind)) return;
    asking = setTimeout(() => void go(Math.min(retryMs * 2, RETRY_MAX_MS)), retryMs);
  }
  void go(RETRY_FIRST_MS);
  return () => {
    isOver = true;
    clearTimeout(asking);
  };
}
