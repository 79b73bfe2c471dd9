import { api, settle, type Outcome, type Schemas } from './api';
import { changed, drafted, entered, type Draft, type Field } from './entry';
import type { Operator } from './feed';
import { Saver } from './saver.svelte';
import { session } from './session.svelte';

/**
 * The contact that an operator finished last, and her entry about it. The server has it, the page shows it: a page that is loaded anew asks for it.
 * It is forgotten when she is done with it and with her next call.
 */
class Finished {
  contact = $state<string | undefined>();
  draft = $state.raw<Draft>({});
  isOpen = $state(false);
  /** Whether the draft has what was entered before. */
  isLoaded = $state(false);
  saver = $state.raw<Saver<Draft> | undefined>();
  #fields: readonly Field[] = [];
  /** What was chosen here and is not saved yet. */
  #unsaved: Draft = {};
  #whose: string | undefined;
  #talkingWith: string | undefined;

  /** Follows what an operator does. A contact that still lives without her was handed back: it is not finished, and no longer hers. */
  follow(operator: Operator, lives: (contact: string) => boolean = () => false): void {
    const now = operator.occupancy.does === 'talking' ? operator.occupancy.contact : undefined;
    if (operator.key !== this.#whose) {
      this.forget();
      this.#whose = operator.key;
      this.#talkingWith = now;
      if (now === undefined) void this.#find(operator);
      return;
    }
    if (now === this.#talkingWith) return;
    if (now !== undefined) this.forget();
    else if (this.#talkingWith !== undefined && !lives(this.#talkingWith)) this.#begin(this.#talkingWith, operator.key);
    this.#talkingWith = now;
  }

  /** Takes in a choice; it is saved by itself, and what was not chosen here is left as the server has it. */
  choose(draft: Draft): void {
    this.#unsaved = { ...this.#unsaved, ...changed(draft, this.draft) };
    this.draft = draft;
    this.saver?.change(this.#unsaved);
  }

  /** Asks what was entered before. Until that is known nothing can be chosen, for it would take its place. */
  async load(fields: readonly Field[]): Promise<Outcome<unknown>> {
    const { contact } = this;
    if (contact === undefined || this.isLoaded) return { done: true, value: undefined };
    const outcome = await settle(api.GET('/api/v1/contacts/{contact}/content', { params: { path: { contact } } }));
    if (this.contact !== contact || this.isLoaded) return { done: true, value: undefined };
    if (outcome.done) {
      this.#fields = fields;
      this.draft = drafted(outcome.value.fields, fields);
      this.isLoaded = true;
    } else if (outcome.problem.kind === 'not-found') {
      this.forget();
    }
    return outcome;
  }

  /** Saves what was chosen and is done with it. */
  async finish(): Promise<Outcome<unknown>> {
    const { saver } = this;
    if (!saver) return { done: true, value: undefined };
    const outcome = await saver.now();
    if (outcome.done && this.saver === saver) this.forget();
    return outcome;
  }

  /** The page, or who uses it, goes away. */
  leave(): void {
    this.saver?.leave();
  }

  /** Shows nothing of it any more. What is not saved yet is still saved, by her alone. */
  forget(): void {
    if (this.saver?.keeping === 'saving') void this.saver.now();
    this.contact = undefined;
    this.draft = {};
    this.#unsaved = {};
    this.isOpen = false;
    this.isLoaded = false;
    this.saver = undefined;
  }

  #begin(contact: string, whose: string): void {
    this.forget();
    this.contact = contact;
    this.isOpen = true;
    const saver: Saver<Draft> = new Saver(async (draft) => {
      const unsaved = this.saver === saver ? this.#unsaved : draft;
      const outcome = await save(contact, whose, unsaved);
      if (outcome.done && this.saver === saver) this.#takeIn(unsaved, outcome.value.fields);
      return outcome;
    });
    this.saver = saver;
  }

  /** A part was saved: what the server has now is shown, but for what was chosen here meanwhile. */
  #takeIn(saved: Draft, told: Readonly<Record<string, string>>): void {
    this.#unsaved = changed(this.#unsaved, saved);
    this.draft = { ...drafted(told, this.#fields), ...this.#unsaved };
  }

  /** A page that was loaded anew does not know with whom she talked. */
  async #find(operator: Operator): Promise<void> {
    const outcome = await settle(api.GET('/api/v1/me/finished'));
    if (this.#whose !== operator.key || this.#talkingWith !== undefined || this.contact !== undefined) return;
    if (!outcome.done) {
      this.#whose = undefined;
      return;
    }
    const [last] = outcome.value;
    if (last === undefined) return;
    this.#begin(last, operator.key);
    this.isOpen = operator.wrap_up_until_ms != null;
  }
}

/** Saves a part of an entry as the one who made it, and as nobody else who signs in here after her. */
function save(contact: string, whose: string, draft: Draft): Promise<Outcome<Schemas['Entered']>> {
  const login = session.who?.login;
  if (login !== whose) {
    const kind = login === undefined ? 'not-signed-in' : 'forbidden';
    return Promise.resolve({ done: false, problem: { kind, detail: '', retryAfterSeconds: undefined } });
  }
  const params = { path: { contact } };
  // A page that goes away may still send it.
  return settle(
    api.PATCH('/api/v1/contacts/{contact}/content', { params, body: { fields: entered(draft) }, keepalive: true }),
  );
}

export const finished = new Finished();
