// Where a run begins: behind what manifests cover without a hole. A hole is filled first.
import type { Manifest } from '#api/archive.ts';

/** A stream of the log, as its server tells it. */
export interface StreamNow {
  /** Its first and its last message; `first` is behind `last` in one without messages. */
  readonly first: number;
  readonly last: number;
}

export type Resume =
  | { readonly kind: 'nothing' }
  /** Messages from `next` to `until` are to be archived, as far as there are any. What is behind `until` may be archived already: decide again. */
  | { readonly kind: 'read'; readonly next: number; readonly until: number }
  /** The stream ends before what was archived of it: it went back to an older state, and its numbers will mean other messages. */
  | { readonly kind: 'wentBack'; readonly archived: number };

/** Decides it from the manifests of this stream of this log, in any order. Those that were removed for their age are the first ones. */
export function resumeOf(manifests: readonly Pick<Manifest, 'first' | 'last'>[], { last }: StreamNow): Resume {
  const ordered = manifests.toSorted((a, b) => a.first - b.first);
  let next = ordered[0]?.first ?? 1;
  for (const manifest of ordered) {
    if (manifest.first > next) return { kind: 'read', next, until: manifest.first - 1 };
    next = Math.max(next, manifest.last + 1);
  }
  if (next > last + 1) return { kind: 'wentBack', archived: next - 1 };
  return next > last ? { kind: 'nothing' } : { kind: 'read', next, until: last };
}
