import type { Outcome } from './api';
import { unknownWords, untilHeard } from './sending';
import { sentence } from './sentence';

/** How long something done is shown. */
const SHOWN_MS = 6_000;

/** What a note tells of an act: that no answer came yet, or what it was. */
type Kind = 'sent' | 'done' | 'failed';

/** What is said aloud to a screen reader and shown to everybody else: connection, ringing, acts. Timers never come here. */
class Announcer {
  polite = $state('');
  urgent = $state('');
  note = $state.raw<{ text: string; kind: Kind } | undefined>();
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

  /** Tells what becomes of an act, and gives its outcome back. `done` is said once it is done, `code` is the star code of a phone for the same. */
  async follow<T>(
    asked: Promise<Outcome<T>>,
    { done, code }: { done?: string | undefined; code?: string | undefined } = {},
  ): Promise<Outcome<T>> {
    const outcome = await untilHeard(asked, (words) => this.#wait(words), unknownWords(code));
    if (!outcome.done) this.failed(sentence(outcome.problem));
    else if (done !== undefined) this.done(done);
    return outcome;
  }

  dismiss(): void {
    this.note = undefined;
  }

  #wait(words: string | undefined): void {
    if (words !== undefined) {
      clearTimeout(this.#hiding);
      this.#show(words, 'sent');
    } else if (this.note?.kind === 'sent') {
      this.dismiss();
    }
  }

  #show(text: string, kind: Kind): void {
    this.note = { text, kind };
  }
}

export const announcer = new Announcer();
