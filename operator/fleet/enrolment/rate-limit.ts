// How often one caller may ask: a burst, then a steady rate.
import type { Clock } from '#platform/clock.ts';

export interface RateLimitOptions {
  readonly clock: Clock;
  /** Calls that may come at once. */
  readonly burst: number;
  /** One more call is allowed each time this has passed, in milliseconds. */
  readonly refillMs: number;
  /** Callers remembered; the longest silent one is forgotten first. */
  readonly maxCallers: number;
}

/** Takes one call of `caller` from its allowance; false when there is none left. */
export function createRateLimit({ clock, burst, refillMs, maxCallers }: RateLimitOptions): (caller: string) => boolean {
  const callers = new Map<string, { readonly left: number; readonly at: number }>();
  return (caller) => {
    const now = clock.monotonic();
    const known = callers.get(caller) ?? { left: burst, at: now };
    const left = Math.min(burst, known.left + (now - known.at) / refillMs);
    const allowed = left >= 1;
    callers.delete(caller);
    callers.set(caller, { left: allowed ? left - 1 : left, at: now });
    const oldest = callers.keys().next();
    if (callers.size > maxCallers && oldest.done !== true) callers.delete(oldest.value);
    return allowed;
  };
}
