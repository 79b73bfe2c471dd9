import { call, type Schemas } from './api';

/** A shift is no longer than this: whoever begins one knows whether her sign-in lasts it. */
const TOLD_BEFORE_MS = 12 * 60 * 60 * 1_000;
const LOOK_EVERY_MS = 30 * 60 * 1_000;

/** When the sign-in of this page ends, however much it is used. */
class Ending {
  #endsMs = $state<number | undefined>();

  /** Looks until the returned function is called. */
  watch(): () => void {
    void this.#look();
    const looking = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    return () => clearInterval(looking);
  }

  /** When it ends, if that is within a shift. */
  soonMs(nowMs: number): number | undefined {
    return this.#endsMs !== undefined && this.#endsMs - nowMs < TOLD_BEFORE_MS ? this.#endsMs : undefined;
  }

  async #look(): Promise<void> {
    const outcome = await call<Schemas['SessionTold'][]>('GET', '/api/v1/sessions');
    if (outcome.done) this.#endsMs = outcome.value.find(({ current }) => current)?.expires_ms;
  }
}

export const ending = new Ending();
