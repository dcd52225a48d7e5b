// What is kept long enough, and in which order it may go: first the manifest forgets a file, then the file is removed.
import type { Manifest, Part } from '#api/archive.ts';
import type { Instant } from '#api/time.ts';
import { dayOf } from './layout.ts';

export interface Expiry {
  /** Manifests to write again, without what is old. */
  readonly rewrite: readonly Manifest[];
  /** Manifests to remove: nothing is left of them, and a later one says how far the archive is. */
  readonly drop: readonly Manifest[];
  /** Files to remove when that is done. */
  readonly parts: readonly Part[];
}

const dayMs = 86_400_000;

/** Decides what goes. The newest manifest of a stream stays, empty if need be: the next run begins behind it. */
export function expiryOf(manifests: readonly Manifest[], keepDays: number, now: Instant): Expiry {
  const before = dayOf(now - keepDays * dayMs);
  const isOld = ({ day }: Part) => day < before;
  const touched = manifests.filter(({ parts }) => parts.some(isOld));
  const rest = new Map(manifests.map((manifest) => [manifest, manifest.parts.filter((part) => !isOld(part))]));
  const drop = emptyBeginnings(manifests, rest);
  const rewrite = touched.filter((manifest) => !drop.includes(manifest)).map((manifest): Manifest => ({ ...manifest, parts: [...(rest.get(manifest) ?? [])], expiredBefore: before }));
  return { rewrite, drop, parts: touched.flatMap(({ parts }) => parts.filter(isOld)) };
}

/** Of each stream those at its beginning without files, and never its last: what stays has no hole. */
function emptyBeginnings(manifests: readonly Manifest[], rest: ReadonlyMap<Manifest, readonly Part[]>): Manifest[] {
  const streams = Map.groupBy(manifests, ({ stream, log }) => `${stream} ${log}`);
  return [...streams.values()].flatMap((own) => {
    const ordered = own.toSorted((a, b) => a.first - b.first);
    const firstFull = ordered.findIndex((manifest, index) => index === ordered.length - 1 || (rest.get(manifest)?.length ?? 0) > 0);
    return ordered.slice(0, Math.max(0, firstFull));
  });
}
