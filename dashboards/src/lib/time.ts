/** How many of the last moments that the server told are compared. */
const HEARD_KEPT = 8;

/**
 * The server's clock, guessed from the moments it tells. A message can only be late, so the one that came soonest is believed;
 * the local clock is monotonic, so that setting the computer's clock moves no timer.
 */
export class ServerClock {
  #offsets: number[] = [];

  /** Takes in that the server said `atMs` when the local clock said `localMs`. */
  hear(atMs: number, localMs: number): void {
    this.#offsets = [...this.#offsets, atMs - localMs].slice(-HEARD_KEPT);
  }

  /** The server's moment at a local one, in milliseconds since the Unix epoch; `otherwise` before anything was heard. */
  at(localMs: number, otherwise: number): number {
    return this.#offsets.length === 0 ? otherwise : localMs + Math.max(...this.#offsets);
  }
}

/** A duration as `0:04`, `12:31` or `1:02:03`; a negative one is none. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (number: number) => String(number).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** What is left until a moment, rounded up, so that `0:00` means that it is over. */
export function left(untilMs: number, nowMs: number): string {
  return duration(Math.ceil((untilMs - nowMs) / 1_000) * 1_000);
}
