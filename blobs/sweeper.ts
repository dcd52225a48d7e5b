// Removes blobs whose owner is gone. An owner must be missing from two complete lists that both began after its last blob came:
// one list may be stale, a failed one says nothing.
import type { Instant } from '#api/time.ts';
import { type Clock, delay } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { BlobOwner, ObjectStore } from '#platform/objectstore/local.ts';
import type { Log } from '#platform/telemetry/log.ts';

export interface SweeperOptions {
  readonly store: Pick<ObjectStore, 'owners' | 'removeOwner'>;
  /** UIDs of everything that may own blobs. Rejects when they are not all known. */
  readonly livingOwners: () => Promise<ReadonlySet<string>>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Sweeper {
  /** One look at everything. Resolves with the number of owners removed; rejects when something failed, and then removed no owner on doubtful grounds. */
  sweep(): Promise<number>;
  /** Sweeps now and each `seconds` until the signal aborts. */
  run(seconds: number, signal: AbortSignal): Promise<void>;
}

/** A sweeper that remembers which owners it missed before. */
export function createSweeper({ store, livingOwners, clock, log }: SweeperOptions): Sweeper {
  let missedSince: ReadonlyMap<string, Instant> = new Map();

  async function sweep(): Promise<number> {
    const owners = await store.owners();
    if (owners.length === 0) return 0;
    const startedAt = clock.now();
    const living = await livingOwners();
    const missing = owners.filter(({ ownerUid, changedAt }) => !living.has(ownerUid) && changedAt < startedAt);
    const gone = missing.filter((owner) => (missedSince.get(idOf(owner)) ?? Number.NEGATIVE_INFINITY) > owner.changedAt);
    const removed = new Set<string>();
    for (const owner of gone) {
      await store.removeOwner(owner);
      removed.add(idOf(owner));
      log.info('removed the blobs of an owner that is gone', { namespaceUid: owner.namespaceUid, ownerUid: owner.ownerUid });
    }
    missedSince = new Map(missing.filter((owner) => !removed.has(idOf(owner))).map((owner) => [idOf(owner), startedAt]));
    return removed.size;
  }

  async function run(seconds: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sweep().catch((error: unknown) => log.warn('cannot sweep blobs, nothing was removed; trying again later', { error: messageOf(error) }));
      await delay(clock, seconds * 1000, signal);
    }
  }

  return { sweep, run };
}

function idOf({ namespaceUid, ownerUid }: BlobOwner): string {
  return `${namespaceUid}/${ownerUid}`;
}
