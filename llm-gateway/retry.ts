// When a call is tried again: few times, at random moments, and never so often that retries become the load.
import type { Random } from '#platform/ids.ts';

export interface RetryPolicy {
  /** Counts a call, which earns a tenth of a retry. */
  called(): void;
  /** How long to wait before the try after `tries`, in milliseconds; undefined: give up. */
  waitMs(tries: number, retryAfterMs: number | undefined): number | undefined;
}

const maxTries = 4;
const baseMs = 250;
const maxBackoffMs = 8000;
/** Who asks for more patience than this gets it from the caller. */
const maxRetryAfterMs = 15_000;
const earnedPerCall = 0.1;
const maxSaved = 10;

/** A policy with a budget of retries: full at start, then a tenth of the calls. */
export function createRetryPolicy(random: Random): RetryPolicy {
  let saved = maxSaved;
  return {
    called: () => {
      saved = Math.min(maxSaved, saved + earnedPerCall);
    },
    waitMs: (tries, retryAfterMs = 0) => {
      if (tries >= maxTries || saved < 1 || retryAfterMs > maxRetryAfterMs) return undefined;
      saved -= 1;
      return retryAfterMs + random.next() * Math.min(baseMs * 2 ** (tries - 1), maxBackoffMs);
    },
  };
}
