// Randomness as a port: tests bring a seed.
import { randomUUID } from 'node:crypto';

export interface Random {
  /** A number in [0, 1). */
  next(): number;
}

export const systemRandom: Random = { next: () => Math.random() };

/** `ms` scaled by a random factor in [1, 1 + spread): retries of many must not march in step. */
export function jittered(ms: number, random: Random, spread = 0.2): number {
  return ms * (1 + random.next() * spread);
}

export const newUuid = (): string => randomUUID();
