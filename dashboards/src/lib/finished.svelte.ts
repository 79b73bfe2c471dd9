import type { Draft } from './entry';
import type { Operator } from './feed';

/** The contact that an operator finished last, and her entry about it. It is forgotten when saved and with her next call. */
class Finished {
  contact = $state<string | undefined>();
  draft = $state.raw<Draft>({});
  isOpen = $state(false);
  #talkingWith: string | undefined;

  /** Follows what an operator does. */
  follow(operator: Operator): void {
    const now = operator.occupancy.does === 'talking' ? operator.occupancy.contact : undefined;
    if (now === this.#talkingWith) return;
    if (now !== undefined) this.forget();
    else this.#begin(this.#talkingWith);
    this.#talkingWith = now;
  }

  #begin(contact: string | undefined): void {
    this.contact = contact;
    this.draft = {};
    this.isOpen = true;
  }

  forget(): void {
    this.contact = undefined;
    this.draft = {};
    this.isOpen = false;
  }
}

export const finished = new Finished();
