// The write gate over the caches. A watch delivers the changes of a kind in order, so a cache that reached a version has seen every write up to it.
import type { Clock } from '#platform/clock.ts';
import type { WriteGate } from './gate-port.ts';
import type { Projected, VersionedStore } from './store.ts';
import type { ObjectKey } from './types.ts';
import { isAtLeast } from './version.ts';

export interface WriteGateOptions {
  /** Caches by plural; only kinds with a cache can be waited for. */
  readonly stores: Readonly<Record<string, VersionedStore<Projected>>>;
  readonly clock: Clock;
  /** A gate that somebody waits for did not open for 10 s, and again for each 10 s more: list these kinds again. */
  readonly onStuck: (owner: string, plurals: readonly string[]) => void;
}

/** The gate with what its owner needs besides the port. */
export interface CacheGate extends WriteGate {
  /** Opens everything: after the server was restored from a backup, versions written before will not be reached. */
  reset(): void;
  /** Owners with a write that the caches do not show yet. */
  readonly closedCount: number;
  /** Times that a gate was reported as stuck. */
  readonly stuckCount: number;
}

/** A gate that follows the stores from now on. */
export function createWriteGate(options: WriteGateOptions): CacheGate {
  return new StoreGate(options);
}

const stuckMs = 10_000;
/** Deletions remembered per kind: the event may arrive before the reply to the delete. */
const rememberedDeletions = 4096;

/** A delete whose effect the cache must show. */
interface Departure {
  readonly key: ObjectKey;
  readonly uid: string;
  /** Version of the cache when the delete was noted. */
  readonly since: string;
  /** False when the cache had not even shown the object then: absence alone proves nothing. */
  readonly wasShown: boolean;
}

interface Pending {
  /** Newest version written, by plural. The older ones are covered by it. */
  readonly written: Map<string, string>;
  readonly departures: Map<string, Departure[]>;
  readonly opened: PromiseWithResolvers<void>;
  cancelAlarm: (() => void) | undefined;
}

class StoreGate implements CacheGate {
  readonly #options: WriteGateOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #deleted = new Map<string, Set<string>>();
  #stuckCount = 0;

  constructor(options: WriteGateOptions) {
    this.#options = options;
    for (const [plural, store] of Object.entries(options.stores)) {
      const deleted = new Set<string>();
      this.#deleted.set(plural, deleted);
      store.subscribe((event) => {
        if (event.kind === 'deleted') remember(deleted, event.object.metadata.uid);
      });
      store.onAdvance(() => this.#review(plural));
    }
  }

  get closedCount(): number {
    return this.#pending.size;
  }

  get stuckCount(): number {
    return this.#stuckCount;
  }

  expect(owner: string, plural: string, _: ObjectKey, written: { readonly uid: string; readonly resourceVersion: string }): void {
    const store = this.#store(plural);
    if (isAtLeast(store.resourceVersion, written.resourceVersion)) return;
    const pending = this.#pendingOf(owner);
    const known = pending.written.get(plural);
    if (known === undefined || !isAtLeast(known, written.resourceVersion)) pending.written.set(plural, written.resourceVersion);
  }

  expectGone(owner: string, plural: string, key: ObjectKey, uid: string): void {
    const store = this.#store(plural);
    if (this.#deleted.get(plural)?.has(uid) === true) return;
    const departure = { key, uid, since: store.resourceVersion, wasShown: store.get(key)?.metadata.uid === uid };
    if (isDeparted(store, departure)) return;
    const { departures } = this.#pendingOf(owner);
    departures.set(plural, [...(departures.get(plural) ?? []), departure]);
  }

  closed(owner: string): Promise<void> | undefined {
    const pending = this.#pending.get(owner);
    if (pending === undefined) return undefined;
    if (pending.cancelAlarm === undefined) this.#setAlarm(owner, pending);
    return pending.opened.promise;
  }

  forget(owner: string): void {
    const pending = this.#pending.get(owner);
    if (pending !== undefined) this.#open(owner, pending);
  }

  reset(): void {
    for (const [owner, pending] of this.#pending) this.#open(owner, pending);
    for (const deleted of this.#deleted.values()) deleted.clear();
  }

  #store(plural: string): VersionedStore<Projected> {
    const store = this.#options.stores[plural];
    if (store === undefined) throw new Error(`wait for the cache of ${plural}: there is none, so the gate would never open; give the gate this store`);
    return store;
  }

  #pendingOf(owner: string): Pending {
    let pending = this.#pending.get(owner);
    if (pending === undefined) {
      pending = { written: new Map(), departures: new Map(), opened: Promise.withResolvers(), cancelAlarm: undefined };
      this.#pending.set(owner, pending);
    }
    return pending;
  }

  #review(plural: string): void {
    if (this.#pending.size === 0) return;
    const store = this.#store(plural);
    for (const [owner, pending] of this.#pending) {
      const written = pending.written.get(plural);
      if (written !== undefined && isAtLeast(store.resourceVersion, written)) pending.written.delete(plural);
      reviewDepartures(store, plural, pending);
      if (pending.written.size === 0 && pending.departures.size === 0) this.#open(owner, pending);
    }
  }

  #open(owner: string, pending: Pending): void {
    this.#pending.delete(owner);
    pending.cancelAlarm?.();
    pending.opened.resolve();
  }

  #setAlarm(owner: string, pending: Pending): void {
    pending.cancelAlarm = this.#options.clock.after(stuckMs, () => {
      this.#stuckCount++;
      this.#setAlarm(owner, pending);
      this.#options.onStuck(owner, [...new Set([...pending.written.keys(), ...pending.departures.keys()])]);
    });
  }
}

function reviewDepartures(store: VersionedStore<Projected>, plural: string, pending: Pending): void {
  const departures = pending.departures.get(plural);
  if (departures === undefined) return;
  const left = departures.filter((departure) => !isDeparted(store, departure));
  if (left.length === 0) pending.departures.delete(plural);
  else pending.departures.set(plural, left);
}

/** True when the cache shows that this incarnation is gone, or at least that it is marked for deletion. */
function isDeparted(store: VersionedStore<Projected>, { key, uid, since, wasShown }: Departure): boolean {
  const shown = store.get(key);
  if (shown?.metadata.uid === uid) return shown.metadata.deletionTimestamp !== undefined;
  return wasShown || !isAtLeast(since, store.resourceVersion);
}

function remember(deleted: Set<string>, uid: string): void {
  deleted.add(uid);
  if (deleted.size > rememberedDeletions) for (const oldest of deleted) return void deleted.delete(oldest);
}
