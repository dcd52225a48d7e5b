// How long to wait before something is tried again.
import { type Clock, delay } from '#platform/clock.ts';

const firstWaitMs = 200;
const longestWaitMs = 30_000;

/** Waits that grow, each a little different, so that those who wait for the same server do not come at once. */
export class Backoff {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #tries = 0;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  wait(): Promise<void> {
    const ms = Math.min(longestWaitMs, firstWaitMs * 2 ** this.#tries);
    this.#tries += 1;
    return delay(this.#clock, ms * (0.5 + Math.random() / 2), this.#signal);
  }

  reset(): void {
    this.#tries = 0;
  }
}
