import { clock } from './clock.svelte';

/** After so long without a touch what a page shows is hidden from who passes by, in milliseconds. */
export const IDLE_AFTER_MS = 10 * 60 * 1_000;

const TOUCHES = ['pointerdown', 'pointermove', 'keydown'] as const;

/** Whether anybody is at the page. */
class Idle {
  #touchedMs = $state(performance.now());
  #isHidden = $state(false);

  get isHidden(): boolean {
    return this.#isHidden || clock.localMs - this.#touchedMs > IDLE_AFTER_MS;
  }

  show(): void {
    this.#isHidden = false;
    this.#touchedMs = performance.now();
  }

  /** Watches until the returned function is called. */
  watch(): () => void {
    this.show();
    const touched = () => {
      // What is hidden is shown again by its button alone, not by a mouse that somebody bumps into.
      if (this.isHidden) this.#isHidden = true;
      else this.#touchedMs = performance.now();
    };
    for (const touch of TOUCHES) document.addEventListener(touch, touched, { passive: true });
    return () => {
      for (const touch of TOUCHES) document.removeEventListener(touch, touched);
    };
  }
}

export const idle = new Idle();
