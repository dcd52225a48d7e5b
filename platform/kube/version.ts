// Versions of objects: opaque text to most, but since Kubernetes 1.35 promised to be comparable decimal numbers without leading zeros.

/** True when `a` is at least as new as `b`. Empty, which means none yet, is older than every version. */
export function isAtLeast(a: string, b: string): boolean {
  // As numbers, without the cost of making numbers: every event of every watch comes through here.
  return a.length === b.length ? a >= b : a.length > b.length;
}
