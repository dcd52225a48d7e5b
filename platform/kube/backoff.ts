// How long to wait after the n-th failure in a row.
import { jittered, type Random } from '#platform/ids.ts';

export interface Backoff {
  /** Wait after the first failure, in milliseconds. */
  readonly baseMs: number;
  /** Longest wait before jitter, in milliseconds. */
  readonly maxMs: number;
}

/** Doubles with each failure up to the longest wait, then adds up to 20 % so that many do not march in step. `failures` counts from 1. */
export function backoffMs({ baseMs, maxMs }: Backoff, failures: number, random: Random): number {
  // 2^30 times any base is beyond every cap; larger exponents would only overflow.
  return jittered(Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30)), random);
}
