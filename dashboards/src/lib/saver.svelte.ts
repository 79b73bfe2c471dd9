import type { Outcome } from './api';

/** How long after the last change it is saved, in milliseconds. */
export const SAVE_AFTER_MS = 600;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 15_000;
/** What passes by itself, so that it is worth another try. */
export const PASSING: ReadonlySet<string> = new Set([
  'unreachable',
  'unavailable',
  'busy',
  'too-many',
  'internal',
  'not-signed-in',
  'set-up-first',
]);

/** Whether the newest is kept by the server: it is, it is on its way, it failed and is tried again, or the server will not have it. */
export type Keeping = 'saved' | 'saving' | 'unsaved' | 'refused';

/**
 * Saves something each time it changed: a moment after the change, one request at a time, the newest alone, and again while the server is away.
 * Nothing of it is kept in the browser.
 */
export class Saver<T> {
  keeping = $state<Keeping>('saved');
  readonly #send: (value: T) => Promise<Outcome<unknown>>;
  #newest: { value: T } | undefined;
  #isDue = false;
  #sending: Promise<Outcome<unknown>> | undefined;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #retryMs = RETRY_FIRST_MS;

  constructor(send: (value: T) => Promise<Outcome<unknown>>) {
    this.#send = send;
  }

  /** Takes in what is to be saved from now on. */
  change(value: T): void {
    this.#newest = { value };
    // Until it has succeeded again, the warning stays.
    if (this.keeping !== 'unsaved') this.keeping = 'saving';
    this.#wait(SAVE_AFTER_MS);
  }

  /** Saves the newest without waiting; what is on its way comes first. */
  now(): Promise<Outcome<unknown>> {
    clearTimeout(this.#waiting);
    this.#isDue = true;
    this.#sending ??= this.#sendWhatIsDue();
    return this.#sending;
  }

  /** The page goes away: there is no time to wait for what is on its way. */
  leave(): void {
    if (this.#newest) void this.#send(this.#newest.value);
  }

  #wait(ms: number): void {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => void this.now(), ms);
  }

  async #sendWhatIsDue(): Promise<Outcome<unknown>> {
    let outcome: Outcome<unknown> = { done: true, value: undefined };
    while (this.#isDue && this.#newest) {
      this.#isDue = false;
      const sent = this.#newest;
      outcome = await this.#send(sent.value);
      this.#hear(sent, outcome);
    }
    this.#isDue = false;
    this.#sending = undefined;
    return outcome;
  }

  #hear(sent: { value: T }, outcome: Outcome<unknown>): void {
    const isNewest = this.#newest === sent;
    if (outcome.done) {
      this.#retryMs = RETRY_FIRST_MS;
      if (isNewest) this.#newest = undefined;
      this.keeping = isNewest ? 'saved' : 'saving';
    } else if (PASSING.has(outcome.problem.kind)) {
      this.keeping = 'unsaved';
      this.#wait(this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
    } else {
      if (isNewest) this.#newest = undefined;
      this.keeping = 'refused';
    }
  }
}
