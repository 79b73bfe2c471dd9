import { ServerClock } from './time';

const TICK_MS = 1_000;

/** The clock that all timers on a page share: they tick together, once a second. */
class Clock {
  #server = new ServerClock();
  #nowMs = $state(Date.now());
  #localMs = $state(performance.now());

  /** The server's moment. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** The local monotonic clock, at the same tick. */
  get localMs(): number {
    return this.#localMs;
  }

  hear(atMs: number): void {
    this.#server.hear(atMs, performance.now());
  }

  tick(): void {
    this.#localMs = performance.now();
    this.#nowMs = this.#server.at(this.#localMs, Date.now());
  }
}

export const clock = new Clock();

/** Has the clock tick until the returned function is called. */
export function startClock(): () => void {
  const ticking = setInterval(() => clock.tick(), TICK_MS);
  return () => clearInterval(ticking);
}
