// How a sink is: away since when and why, or how far behind.
import type { Clock } from '#platform/clock.ts';
import type { PartState } from '../ports.ts';

export class Health {
  readonly #clock: Pick<Clock, 'now'>;
  #down: { readonly sinceMs: number; readonly fault: string } | undefined;
  #oldest: number | undefined;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  state(): PartState {
    if (this.#down !== undefined) return { kind: 'down', ...this.#down };
    return { kind: 'well', lagMs: this.#oldest === undefined ? 0 : Math.max(0, this.#clock.now() - this.#oldest) };
  }

  works(): void {
    this.#down = undefined;
  }

  fails(fault: string): void {
    this.#down = { sinceMs: this.#down?.sinceMs ?? this.#clock.now(), fault };
  }

  /** Something of this time is not kept yet; undefined: all is. */
  waits(oldest: number | undefined): void {
    this.#oldest = oldest;
  }
}
