// The committed digests of the built guest: what a build makes must be what somebody looked at.

/** sandbox/wasm/guest.lock.json. */
export interface GuestLock {
  /** SHA-256 by file; of a core module without its data. */
  readonly digests: Readonly<Record<string, string>>;
}

/** Sentences about files that differ from the lock, are missing, or are not in it. */
export function faultsOfDigests({ digests }: GuestLock, built: Readonly<Record<string, string>>): string[] {
  const names = [...new Set([...Object.keys(digests), ...Object.keys(built)])].toSorted();
  return names.flatMap((name) => {
    if (built[name] === undefined) return [`${name} was not built`];
    if (digests[name] === undefined) return [`${name} is not in the lock`];
    return built[name] === digests[name] ? [] : [`${name} differs from the lock`];
  });
}
