import { i18n } from '../i18n/index.svelte';
import type { Outcome } from './api';
import { sentence } from './sentence';

/** How long something done is shown. */
const SHOWN_MS = 6_000;

/** What is said aloud to a screen reader and shown to everybody else: connection, ringing, acts. Timers never come here. */
class Announcer {
  polite = $state('');
  urgent = $state('');
  note = $state.raw<{ text: string; kind: 'done' | 'failed' } | undefined>();
  /** Whether something was said that nobody can have heard yet. */
  #isJustSaid = false;
  #hiding: ReturnType<typeof setTimeout> | undefined;

  /** What is said at one moment is heard together. */
  say(text: string): void {
    if (this.#isJustSaid) {
      this.polite = `${this.polite} ${text}`;
      return;
    }
    this.#isJustSaid = true;
    queueMicrotask(() => (this.#isJustSaid = false));
    // A screen reader hears changes alone: the same again differs by a space.
    this.polite = text === this.polite ? `${text}\u00a0` : text;
  }

  /** Interrupts what a screen reader is saying. An empty text takes it back. */
  interrupt(text: string): void {
    this.urgent = text;
  }

  done(text: string): void {
    this.#show(text, 'done');
    clearTimeout(this.#hiding);
    this.#hiding = setTimeout(() => this.dismiss(), SHOWN_MS);
  }

  failed(text: string): void {
    clearTimeout(this.#hiding);
    this.#show(text, 'failed');
  }

  /** Tells whether an act was done, and gives it back. */
  tell<T>(outcome: Outcome<T>, done: string = i18n.t.common.done): Outcome<T> {
    if (outcome.done) this.done(done);
    else this.failed(sentence(outcome.problem));
    return outcome;
  }

  dismiss(): void {
    this.note = undefined;
  }

  #show(text: string, kind: 'done' | 'failed'): void {
    this.note = { text, kind };
  }
}

export const announcer = new Announcer();
