// How often somebody may ask: a bucket a name, filled at a steady rate.
import type { Clock } from '#platform/clock.ts';

export interface Rates {
  /** Takes one; false when nothing is left. */
  take(name: string): boolean;
  /** Whether one could be taken. */
  has(name: string): boolean;
}

export interface RatesOptions {
  readonly perSecond: number;
  readonly burst: number;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Names beyond this push out the one that asked longest ago, whose bucket has filled since. */
const mostNames = 4096;

export function createRates({ perSecond, burst, clock }: RatesOptions): Rates {
  const buckets = new Map<string, { readonly left: number; readonly at: number }>();
  const leftOf = (name: string): number => {
    const known = buckets.get(name);
    return known === undefined ? burst : Math.min(burst, known.left + ((clock.monotonic() - known.at) * perSecond) / 1000);
  };
  return {
    has: (name) => leftOf(name) >= 1,
    take: (name) => {
      const left = leftOf(name);
      if (left < 1) return false;
      buckets.delete(name);
      buckets.set(name, { left: left - 1, at: clock.monotonic() });
      const [oldest] = buckets.keys();
      if (buckets.size > mostNames && oldest !== undefined) buckets.delete(oldest);
      return true;
    },
  };
}
