import type { Outcome, Problem } from './api';

/** The last answer to a question that depends on a choice. */
export class Answer<Choice, T> {
  /** What was told last. */
  told = $state.raw<T | undefined>();
  /** Why the last answer told nothing. */
  problem = $state.raw<Problem | undefined>();
  #to = $state.raw<Choice | undefined>();

  hear(to: Choice, outcome: Outcome<T>): void {
    this.#to = to;
    this.problem = outcome.done ? undefined : outcome.problem;
    if (outcome.done) this.told = outcome.value;
  }

  /** Whether it answers another choice than this one, whose answer is awaited. */
  isOld(choice: Choice): boolean {
    return this.#to !== choice;
  }
}
