import { clock } from './clock.svelte';
import { EMPTY, apply, isStale, type Board, type Parts, type Told } from './feed';
import { session } from './session.svelte';

/** A change is shown at once; in a storm those of so many milliseconds are shown together, so that it does not freeze a page. */
export const SHOW_EVERY_MS = 50;
/** A stream that has been silent for so long is dead, even when the browser does not know it yet. */
const DEAD_AFTER_MS = 12_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 15_000;
/** How many taps are kept to be shown. */
const TAPS_KEPT = 12;

/** A key that a caller pressed. */
export interface Tap {
  contact: string;
  key: string;
  /** When it was heard, by the local clock. */
  localMs: number;
}

/** The live feed and the board that it tells. */
class Feed {
  board = $state.raw<Board>(EMPTY);
  taps = $state.raw<readonly Tap[]>([]);
  /** When something was heard last, by the local clock; nothing before the first time. */
  #heardMs = $state<number | undefined>();
  /** Since when we have listened, by the local clock. */
  #listeningMs = 0;
  #source: EventSource | undefined;
  #pending: { told: Told; parts: Parts }[] = [];
  #showing: ReturnType<typeof setTimeout> | undefined;
  /** When something was shown last, by the local clock. */
  #shownMs = -SHOW_EVERY_MS;
  #retrying: ReturnType<typeof setTimeout> | undefined;
  #watching: ReturnType<typeof setInterval> | undefined;
  #retryMs = RETRY_FIRST_MS;

  get isLoaded(): boolean {
    return this.board.atMs > 0;
  }

  /** How old what is shown is, in milliseconds. */
  get silentMs(): number {
    return this.#heardMs === undefined ? 0 : Math.max(0, clock.localMs - this.#heardMs);
  }

  get isStale(): boolean {
    return this.isLoaded && isStale(this.silentMs);
  }

  /** The moment of what is shown: while the news is old no time goes on counting, for nobody knows whether it does. */
  get nowMs(): number {
    return this.isStale ? this.board.atMs : clock.nowMs;
  }

  /** Listens until [`close`]. */
  open(): void {
    this.close();
    this.#watching = setInterval(() => this.#watch(), 1_000);
    this.#connect();
  }

  /** Stops listening and forgets everything. */
  close(): void {
    this.#disconnect();
    clearInterval(this.#watching);
    clearTimeout(this.#showing);
    this.#showing = undefined;
    this.#pending = [];
    this.#heardMs = undefined;
    this.#shownMs = -SHOW_EVERY_MS;
    this.#retryMs = RETRY_FIRST_MS;
    this.board = EMPTY;
    this.taps = [];
  }

  #connect(): void {
    this.#disconnect();
    const source = new EventSource('/api/v1/feed');
    this.#source = source;
    this.#listeningMs = performance.now();
    source.addEventListener('snapshot', (event) => this.#hear('snapshot', event.data));
    source.addEventListener('change', (event) => this.#hear('change', event.data));
    source.addEventListener('tap', (event) => this.#hearTap(event.data));
    source.addEventListener('error', () => {
      // While it is connecting, the browser tries again by itself.
      if (source.readyState === EventSource.CLOSED) this.#retry();
    });
  }

  #disconnect(): void {
    clearTimeout(this.#retrying);
    this.#retrying = undefined;
    this.#source?.close();
    this.#source = undefined;
  }

  #hear(told: Told, text: string): void {
    const parts = JSON.parse(text) as Parts;
    clock.hear(parts.at_ms);
    this.#heardMs = performance.now();
    this.#retryMs = RETRY_FIRST_MS;
    if (told === 'snapshot') this.#pending = [];
    this.#pending.push({ told, parts });
    const rests = this.#shownMs + SHOW_EVERY_MS - this.#heardMs;
    this.#showing ??= setTimeout(() => this.#show(), Math.max(0, rests));
  }

  #show(): void {
    this.#showing = undefined;
    if (!this.isLoaded) clock.tick();
    this.#shownMs = performance.now();
    this.board = this.#pending.reduce((board, { told, parts }) => apply(board, told, parts), this.board);
    this.#pending = [];
  }

  #hearTap(text: string): void {
    const tap = JSON.parse(text) as { contact: string; key: string };
    this.taps = [...this.taps, { ...tap, localMs: performance.now() }].slice(-TAPS_KEPT);
  }

  #watch(): void {
    if (this.#retrying !== undefined) return;
    // The first news may hang as well as any other.
    const sinceMs = Math.max(this.#listeningMs, this.#heardMs ?? 0);
    if (performance.now() - sinceMs > DEAD_AFTER_MS) this.#retry();
  }

  /** Asks whether we are still signed in, and listens again; each time after a longer pause. */
  #retry(): void {
    this.#disconnect();
    this.#retrying = setTimeout(() => void this.#tryAgain(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
  }

  async #tryAgain(): Promise<void> {
    const outcome = await session.look();
    if (this.#retrying === undefined) return;
    if (outcome.done) this.#connect();
    else this.#retry();
  }
}

export const feed = new Feed();
