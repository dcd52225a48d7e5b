// Compares what was found with what was to be found. Pure; a match is made once, the nearest places first.

/** Something found or to be found: where it is, and where else. */
export interface Spot {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  /** Paths of the further places of a cycle or of a group of duplicates. */
  readonly related: readonly string[];
}

export interface Comparison<E extends Spot, F extends Spot> {
  readonly matched: number;
  readonly missed: readonly E[];
  /** What nobody put there. */
  readonly surplus: readonly F[];
}

const rulesOfSets: ReadonlySet<string> = new Set(['import-cycle', 'duplicate-block']);

/** A place matches within one line; a cycle or duplicate when the files are the same. */
export function compare<E extends Spot, F extends Spot>(expected: readonly E[], found: readonly F[]): Comparison<E, F> {
  const open = new Set(found);
  let missed = expected;
  for (const distance of [0, 1]) {
    missed = missed.filter((wanted) => {
      const match = [...open].find((candidate) => isMatch(wanted, candidate, distance));
      if (match !== undefined) open.delete(match);
      return match === undefined;
    });
  }
  return { matched: expected.length - missed.length, missed, surplus: [...open] };
}

function isMatch(wanted: Spot, candidate: Spot, distance: number): boolean {
  if (wanted.rule !== candidate.rule) return false;
  if (rulesOfSets.has(wanted.rule)) return filesOf(wanted) === filesOf(candidate);
  return wanted.path === candidate.path && Math.abs(wanted.line - candidate.line) <= distance;
}

function filesOf({ path, related }: Spot): string {
  return [...new Set([path, ...related])].toSorted().join('\n');
}

/** `part` of `whole`; all of nothing is 1. */
export function share(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}
