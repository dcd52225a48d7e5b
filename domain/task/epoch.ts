// Fencing numbers: of two assignments of one task, the later one alone counts.
import type { Epoch } from '#api/v1alpha1/schema.ts';

/** Negative when `a` is older, positive when it is newer: by term, then by counter. */
export function compareEpochs(a: Epoch, b: Epoch): number {
  return a.term - b.term || a.counter - b.counter;
}

export function sameEpoch(a: Epoch | undefined, b: Epoch | undefined): boolean {
  return a !== undefined && b !== undefined && compareEpochs(a, b) === 0;
}

/** `7.12`: term 7, counter 12. */
export function formatEpoch({ term, counter }: Epoch): string {
  return `${term}.${counter}`;
}
