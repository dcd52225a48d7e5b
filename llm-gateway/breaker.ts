// Stops calls to a provider that fails, and lets one through now and then to see whether it is back.
import type { Clock } from '#platform/clock.ts';

export interface Breaker {
  /** 0: go ahead, and tell how it went. Else the milliseconds until a call may try again. */
  waitMs(): number;
  succeeded(): void;
  failed(): void;
  /** The call that was let through ended without a verdict. */
  undecided(): void;
  isOpen(): boolean;
}

/** Failures in a row that open it. */
const threshold = 5;
const firstOpenMs = 2000;
const maxOpenMs = 30_000;

/** A closed breaker. Each failed trial doubles the time until the next. */
export function createBreaker(clock: Clock): Breaker {
  let failures = 0;
  let openMs = firstOpenMs;
  let opensUntil: number | undefined;
  let isTrying = false;
  return {
    waitMs: () => {
      if (opensUntil === undefined) return 0;
      const left = opensUntil - clock.monotonic();
      if (left > 0) return left;
      if (isTrying) return firstOpenMs;
      isTrying = true;
      return 0;
    },
    succeeded: () => {
      failures = 0;
      openMs = firstOpenMs;
      opensUntil = undefined;
      isTrying = false;
    },
    failed: () => {
      failures += 1;
      if (failures < threshold || (opensUntil !== undefined && !isTrying)) return;
      opensUntil = clock.monotonic() + openMs;
      openMs = Math.min(openMs * 2, maxOpenMs);
      isTrying = false;
    },
    undecided: () => {
      isTrying = false;
    },
    isOpen: () => opensUntil !== undefined,
  };
}
