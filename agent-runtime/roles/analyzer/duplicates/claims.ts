// Which tokens belong to a group already: groups do not overlap.
import type { Stretch } from './stretches.ts';
import { windowWidth } from './windows.ts';

export interface Claims {
  isFree(stretch: Stretch): boolean;
  claim(stretch: Stretch): void;
  /** The parts of a stretch that belong to no group and are long enough to be one. */
  freeParts(stretch: Stretch): readonly Stretch[];
}

/** No token of `size` is claimed. */
export function createClaims(size: number): Claims {
  const taken = new Uint8Array(size);
  const freeParts = ({ at, length }: Stretch): Stretch[] => {
    const parts: Stretch[] = [];
    for (let start = at; start < at + length; ) {
      const stop = taken.subarray(start, at + length).indexOf(1);
      const end = stop === -1 ? at + length : start + stop;
      if (end - start >= windowWidth) parts.push({ at: start, length: end - start });
      const free = taken.subarray(end, at + length).indexOf(0);
      start = free === -1 ? at + length : end + free;
    }
    return parts;
  };
  return {
    freeParts,
    claim: ({ at, length }) => void taken.fill(1, at, at + length),
    isFree: ({ at, length }) => !taken.subarray(at, at + length).includes(1),
  };
}
