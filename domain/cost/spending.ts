// When an account spent what, so that a limit may be for a period that rolls: in slices of five minutes, for a month.
import type { Instant } from '#api/time.ts';

/** Longest period that a limit may be for, in seconds: 31 days. */
export const longestPeriodSeconds = 2_678_400;

const sliceMs = 300_000;

/** What one account spent, by time. */
export class Spending {
  /** By the start of the slice, oldest first as long as time goes forward. */
  readonly #slices = new Map<Instant, number>();

  add(at: Instant, costMicroUsd: number): void {
    const start = Math.floor(at / sliceMs) * sliceMs;
    this.#slices.set(start, (this.#slices.get(start) ?? 0) + costMicroUsd);
    for (const oldest of this.#slices.keys()) {
      if (isWithin(oldest, longestPeriodSeconds * 1000, at)) return;
      this.#slices.delete(oldest);
    }
  }

  /** What was spent in the period before `now`. A slice counts whole while any of it lies within, so that no period of that length ever holds more than its limit. */
  within(periodMs: number, now: Instant): number {
    let spent = 0;
    for (const [start, costMicroUsd] of this.#slices) spent += isWithin(start, periodMs, now) ? costMicroUsd : 0;
    return spent;
  }

  /** Start and sum of each slice. */
  slices(): readonly (readonly [at: Instant, costMicroUsd: number])[] {
    return [...this.#slices];
  }
}

function isWithin(start: Instant, periodMs: number, now: Instant): boolean {
  return start + sliceMs > now - periodMs;
}
