// Keeps a store equal to one kind on the API server: list, watch, recover from everything, never give up.
// It projects each object as it is parsed, so whole objects do not stay in memory.
import type { ResourceType } from '#api/v1alpha1/kinds.ts';
import { delay, type Clock } from '#platform/clock.ts';
import { isKind, messageOf } from '#platform/errors.ts';
import type { Random } from '#platform/ids.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { backoffMs } from './backoff.ts';
import type { ListPage, WatchingClient } from './client.ts';
import { isKubeError } from './error.ts';
import { garbageKind } from './lines.ts';
import { resourceName } from './paths.ts';
import { createStore, storeKey, type Indexes, type Projected, type VersionedStore, type WritableStore } from './store.ts';
import type { KubeObject } from './types.ts';
import { isAtLeast } from './version.ts';
import type { WatchEvent } from './watch.ts';

/** What happened to a reflector, for metrics and readiness. */
export type ReflectorState =
  | { readonly kind: 'listed'; readonly objects: number }
  | { readonly kind: 'watching' }
  /** Something failed; `failures` counts those in a row. */
  | { readonly kind: 'waiting'; readonly failures: number; readonly waitMs: number; readonly error: string }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'skipped'; readonly key: string };

export interface ReflectorOptions<P extends Projected> {
  readonly client: Pick<WatchingClient, 'listPage' | 'watch'>;
  readonly type: ResourceType;
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** What to keep of an object. May throw: the object is then left out and counted. */
  readonly project: (raw: KubeObject) => P;
  readonly indexes: Indexes<P>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The server's version went back: it was restored from a backup. Called before the store is replaced. */
  readonly onRewind?: (seen: string, listed: string) => void;
  readonly onState?: (state: ReflectorState) => void;
}

export interface Reflector<P> {
  readonly store: VersionedStore<P>;
  /** Resolves after the first complete list is in the store. */
  readonly synced: Promise<void>;
  start(): void;
  /** Ends the watch and waits until nothing runs any more. */
  stop(): Promise<void>;
  /** Drops the watch and lists again, as when something may have been missed. */
  relist(): void;
  /** Milliseconds since the server last said anything; infinite before the first list. */
  lastEventAgeMs(): number;
}

const pageSize = 500;
const backoff = { baseMs: 250, maxMs: 10_000 };
/** A watch that lived shorter and said nothing counts as a failure, else a broken server would be asked in a tight loop. */
const shortWatchMs = 1000;

/** A reflector that does nothing before start(). */
export function createReflector<P extends Projected>(options: ReflectorOptions<P>): Reflector<P> {
  return new ListWatchReflector(options);
}

class ListWatchReflector<P extends Projected> implements Reflector<P> {
  readonly synced: Promise<void>;
  readonly #options: ReflectorOptions<P>;
  readonly #store: WritableStore<P>;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #markSynced: () => void;
  #turn = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #mustList = true;
  #pageSize = pageSize;
  #failures = 0;
  #lastEventAt = Number.NEGATIVE_INFINITY;

  constructor(options: ReflectorOptions<P>) {
    this.#options = options;
    this.#log = options.log.with({ resource: resourceName(options.type) });
    this.#store = createStore({ name: options.type.plural, indexes: options.indexes, log: this.#log, onPoison: (object, error) => this.#skip(storeKey(object), error) });
    const synced = Promise.withResolvers<void>();
    this.synced = synced.promise;
    this.#markSynced = synced.resolve;
  }

  get store(): VersionedStore<P> {
    return this.#store;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#turn.abort();
    await this.#loop;
  }

  relist(): void {
    this.#mustList = true;
    this.#turn.abort();
  }

  lastEventAgeMs(): number {
    return this.#options.clock.monotonic() - this.#lastEventAt;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#turn = new AbortController();
      try {
        if (this.#mustList || (await this.#wentBack())) await this.#list();
        if (!this.#stopping.signal.aborted) await this.#watch();
      } catch (error) {
        // A relist that somebody asked for is no failure, nor is the end.
        if (!this.#turn.signal.aborted) await this.#recover(error);
      }
    }
  }

  /** A restored server takes a watch from a version of its future and stays silent, so it is asked before each watch that has no list before it. */
  async #wentBack(): Promise<boolean> {
    const { resourceVersion } = await this.#options.client.listPage(this.#options.type, { ...this.#scope(), pageSize: 1 });
    return !isAtLeast(resourceVersion, this.#store.resourceVersion);
  }

  async #list(): Promise<void> {
    const objects: P[] = [];
    const kept = new Set<string>();
    let page: ListPage<KubeObject> | undefined;
    do {
      page = await this.#options.client.listPage(this.#options.type, { ...this.#scope(), pageSize: this.#pageSize, continueToken: page?.continueToken });
      for (const raw of page.items) {
        const object = this.#project(raw);
        if (object === undefined) kept.add(rawKey(raw));
        else objects.push(object);
      }
    } while (page.continueToken !== undefined);
    if (this.#stopping.signal.aborted) return;
    this.#take(objects, kept, page.resourceVersion);
  }

  #take(objects: readonly P[], kept: ReadonlySet<string>, version: string): void {
    const seen = this.#store.resourceVersion;
    if (seen !== '' && !isAtLeast(version, seen)) {
      this.#log.error('the server lists an older version than it had shown: it was restored from a backup', { seen, listed: version });
      this.#options.onRewind?.(seen, version);
    }
    this.#store.replace(objects, kept, version);
    // A relist that was asked for during this list wants one that starts later.
    this.#mustList = this.#turn.signal.aborted;
    this.#pageSize = pageSize;
    this.#lastEventAt = this.#options.clock.monotonic();
    this.#options.onState?.({ kind: 'listed', objects: objects.length });
    this.#markSynced();
  }

  async #watch(): Promise<void> {
    const { client, type, clock, random } = this.#options;
    // Spread out, so that the watches of a fleet do not end together.
    const timeoutSeconds = Math.floor(240 + random.next() * 50);
    const startedAt = clock.monotonic();
    const { signal } = this.#turn;
    let events = 0;
    this.#options.onState?.({ kind: 'watching' });
    try {
      await client.watch(type, {
        ...this.#scope(), resourceVersion: this.#store.resourceVersion, timeoutSeconds, idleMs: (timeoutSeconds + 30) * 1000, clock, signal,
        onEvent: (event) => {
          if (signal.aborted) return;
          events++;
          this.#failures = 0;
          this.#receive(event);
        },
      });
    } finally {
      if (clock.monotonic() - startedAt >= shortWatchMs) this.#failures = 0;
    }
    if (events === 0 && clock.monotonic() - startedAt < shortWatchMs) throw new Error('the watch ended at once');
  }

  #receive(event: WatchEvent): void {
    this.#lastEventAt = this.#options.clock.monotonic();
    const { resourceVersion } = event.object.metadata;
    // Everything up to the store's version was applied: what is not newer is a repetition.
    if (isAtLeast(this.#store.resourceVersion, resourceVersion)) return;
    const object = event.type === 'BOOKMARK' ? undefined : this.#project(event.object);
    if (event.type === 'DELETED') this.#remove(object ?? this.#lastKnown(event.object));
    else if (object !== undefined) this.#store.upsert(object);
    this.#store.advance(resourceVersion);
  }

  #remove(object: P | undefined): void {
    if (object !== undefined) this.#store.remove(object);
  }

  #lastKnown({ metadata }: KubeObject): P | undefined {
    return this.#store.get({ namespace: metadata.namespace ?? '', name: metadata.name });
  }

  async #recover(error: unknown): Promise<void> {
    if (isKind(error, garbageKind)) this.#options.onState?.({ kind: 'garbage' });
    const expired = isKubeError(error, 'Expired');
    // A page token that expired: the list was too slow for its pages, so the next one is taken whole.
    if (expired && this.#mustList) this.#pageSize = 0;
    this.#mustList ||= mayHaveMissed(error);
    this.#failures++;
    // An old version is no trouble of the server: list at once, unless that goes on and on.
    const waitMs = expired && this.#failures <= 2 ? 0 : this.#pauseMs(error);
    const message = messageOf(error);
    this.#options.onState?.({ kind: 'waiting', failures: this.#failures, waitMs, error: message });
    this.#log.warn('list or watch failed; trying again', { error: message, failures: this.#failures, waitMs: Math.round(waitMs), relist: this.#mustList });
    if (waitMs > 0) await delay(this.#options.clock, waitMs, this.#turn.signal);
  }

  #pauseMs(error: unknown): number {
    const askedMs = isKubeError(error) ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(backoffMs(backoff, this.#failures, this.#options.random), askedMs);
  }

  #project(raw: KubeObject): P | undefined {
    try {
      return this.#options.project(raw);
    } catch (error) {
      this.#skip(rawKey(raw), error);
      return undefined;
    }
  }

  #skip(key: string, error: unknown): void {
    this.#log.error('an object cannot be read and is left out', { key, error: messageOf(error) });
    this.#options.onState?.({ kind: 'skipped', key });
  }

  #scope(): Pick<ReflectorOptions<P>, 'namespace' | 'labelSelector' | 'fieldSelector'> {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return { ...(namespace === undefined ? {} : { namespace }), ...(labelSelector === undefined ? {} : { labelSelector }), ...(fieldSelector === undefined ? {} : { fieldSelector }) };
  }
}

/** True unless the connection alone failed: then going on from the last version misses nothing. All else, such as a version that expired, needs a list. */
function mayHaveMissed(error: unknown): boolean {
  return isKind(error, garbageKind) || (isKubeError(error) && !isKubeError(error, 'Unreachable', 'TooManyRequests'));
}

function rawKey({ metadata }: KubeObject): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}
