import { api, settle, type Outcome, type Schemas } from './api';
import type { Operator } from './feed';

/** What an operator wants, as far as this page said it for her. */
class OwnIntent {
  /** Whether what she wants now was set elsewhere, after this page knew of another intent. */
  isElsewhere = $state(false);
  #whose: string | undefined;
  #known: string | undefined;
  #asked: string | undefined;

  /** Says what she wants. */
  async want(wish: Schemas['Wish']): Promise<Outcome<unknown>> {
    const before = this.#asked;
    // The feed may tell it before the answer does.
    this.#asked = written(wish);
    const outcome = await settle(api.PUT('/api/v1/me/intent', { body: wish }));
    if (!outcome.done) this.#asked = before;
    return outcome;
  }

  /** Follows what the feed tells of her. */
  follow({ key, intent }: Operator): void {
    const now = written(intent);
    if (key !== this.#whose) {
      this.isElsewhere = false;
      this.#asked = undefined;
    } else if (now !== this.#known) {
      this.isElsewhere = now !== this.#asked;
      // Once it is told, the same again is another one's.
      this.#asked = undefined;
    }
    this.#whose = key;
    this.#known = now;
  }
}

function written(wish: Schemas['Wish']): string {
  return wish.wants === 'paused' ? `paused ${wish.reason} ${wish.back_at_ms ?? ''}` : wish.wants;
}

export const ownIntent = new OwnIntent();
