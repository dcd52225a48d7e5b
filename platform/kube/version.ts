// Versions of objects: opaque text to most, but since Kubernetes 1.35 promised to be comparable decimal numbers.

/** The number of a resourceVersion, or undefined for text that is none. */
export function versionNumber(text: string | undefined): bigint | undefined {
  return text !== undefined && /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}

/** True when `a` is at least as new as `b`; an unknown version is older than every other. */
export function isAtLeast(a: string, b: string): boolean {
  if (a === b) return true;
  return (versionNumber(a) ?? -1n) >= (versionNumber(b) ?? -1n);
}
