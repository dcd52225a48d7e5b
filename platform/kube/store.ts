// The cache of one kind: projections by key, with indexes that cost a constant per change. It never goes back to an older version of an object.
import { messageOf } from '#platform/errors.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { ObjectKey, Store, StoreEvent } from './types.ts';
import { isAtLeast } from './version.ts';

/** What a projection must keep of an object. Kinds that are deleted with grace keep `deletionTimestamp` too, for the write gate. */
export interface Projected {
  readonly metadata: {
    readonly name: string;
    /** Absent or empty for cluster-scoped objects. */
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
  };
}

/** Values of an object under each index; pure functions of the projection. */
export type Indexes<P> = Readonly<Record<string, (object: P) => readonly string[]>>;

/** A store that also tells when its version grows, with or without a change of an object. */
export interface VersionedStore<P> extends Store<P> {
  /** Calls `listener` after each growth of `resourceVersion`; the returned function ends it. */
  onAdvance(listener: () => void): () => void;
}

/** The side of the store that the reflector writes. */
export interface WritableStore<P extends Projected> extends VersionedStore<P> {
  /** Puts in an added or modified object; false when the store has the same or a newer version. */
  upsert(object: P): boolean;
  /** Takes out an object; `object` is its last state. False when the store has a newer one or none. */
  remove(object: P): boolean;
  /** Makes this the whole content; `kept` are keys whose present entry, if any, stays. */
  replace(objects: readonly P[], kept: ReadonlySet<string>, resourceVersion: string): void;
  /** Notes that everything up to this version was seen. */
  advance(resourceVersion: string): void;
}

export interface StoreOptions<P> {
  /** Name for the log, such as the plural. */
  readonly name: string;
  readonly indexes: Indexes<P>;
  readonly log: Log;
  /** Told of an object that an index function cannot take; the store stays as it was for this key. */
  readonly onPoison: (object: P, error: unknown) => void;
}

/** `namespace/name` of a projection, the form of queue keys. */
export function storeKey({ metadata }: Projected): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** An empty store. */
export function createStore<P extends Projected>(options: StoreOptions<P>): WritableStore<P> {
  return new ProjectingStore(options);
}

/** Entries of one index value. The array is made when somebody asks and kept until the next change. */
interface Bucket<P> {
  readonly entries: Map<string, P>;
  list: readonly P[] | undefined;
}

const none: readonly never[] = [];

class ProjectingStore<P extends Projected> implements WritableStore<P> {
  readonly #options: StoreOptions<P>;
  readonly #all: Bucket<P> = { entries: new Map(), list: undefined };
  readonly #indexes: ReadonlyMap<string, { readonly valuesOf: (object: P) => readonly string[]; readonly buckets: Map<string, Bucket<P>> }>;
  readonly #listeners = new Set<(event: StoreEvent<P>) => void>();
  readonly #advanceListeners = new Set<() => void>();
  #resourceVersion = '';

  constructor(options: StoreOptions<P>) {
    this.#options = options;
    this.#indexes = new Map(Object.entries(options.indexes).map(([name, valuesOf]) => [name, { valuesOf, buckets: new Map() }]));
  }

  get size(): number {
    return this.#all.entries.size;
  }

  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  get({ namespace, name }: ObjectKey): P | undefined {
    return this.#all.entries.get(`${namespace}/${name}`);
  }

  list(): readonly P[] {
    return listOf(this.#all);
  }

  byIndex(name: string, value: string): readonly P[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`look up ${this.#options.name} by "${name}": there is no such index; declare it where the reflector is made`);
    const bucket = index.buckets.get(value);
    return bucket === undefined ? none : listOf(bucket);
  }

  subscribe(listener: (event: StoreEvent<P>) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onAdvance(listener: () => void): () => void {
    this.#advanceListeners.add(listener);
    return () => void this.#advanceListeners.delete(listener);
  }

  upsert(object: P): boolean {
    const old = this.#all.entries.get(storeKey(object));
    if (old !== undefined && isAtLeast(old.metadata.resourceVersion, object.metadata.resourceVersion)) return false;
    return this.#put(object, old);
  }

  remove(object: P): boolean {
    const key = storeKey(object);
    const old = this.#all.entries.get(key);
    if (old === undefined || (old.metadata.uid !== object.metadata.uid && isAtLeast(old.metadata.resourceVersion, object.metadata.resourceVersion))) return false;
    this.#drop(key, old);
    this.#emit({ kind: 'deleted', object });
    return true;
  }

  replace(objects: readonly P[], kept: ReadonlySet<string>, resourceVersion: string): void {
    const gone = new Map(this.#all.entries);
    for (const key of kept) gone.delete(key);
    for (const object of objects) {
      const key = storeKey(object);
      const old = gone.get(key);
      gone.delete(key);
      // A list is the truth, also when it is older than what is here: then the server was restored from a backup.
      if (old?.metadata.uid !== object.metadata.uid || old.metadata.resourceVersion !== object.metadata.resourceVersion) this.#put(object, old);
    }
    for (const [key, old] of gone) {
      this.#drop(key, old);
      this.#emit({ kind: 'deleted', object: old });
    }
    this.#setVersion(resourceVersion);
  }

  advance(resourceVersion: string): void {
    if (!isAtLeast(this.#resourceVersion, resourceVersion)) this.#setVersion(resourceVersion);
  }

  #put(object: P, old: P | undefined): boolean {
    // All values first: an index function that throws must leave the store as it was.
    const values = this.#valuesOf(object);
    if (values === undefined) return false;
    const key = storeKey(object);
    if (old !== undefined) this.#drop(key, old);
    add(this.#all, key, object);
    let position = 0;
    for (const { buckets } of this.#indexes.values()) {
      for (const value of values[position] ?? none) addTo(buckets, value, key, object);
      position++;
    }
    this.#emit(old === undefined ? { kind: 'added', object } : { kind: 'updated', object, old });
    return true;
  }

  #valuesOf(object: P): readonly (readonly string[])[] | undefined {
    try {
      return [...this.#indexes.values()].map(({ valuesOf }) => valuesOf(object));
    } catch (error) {
      this.#options.onPoison(object, error);
      return undefined;
    }
  }

  #drop(key: string, old: P): void {
    this.#all.entries.delete(key);
    this.#all.list = undefined;
    for (const { valuesOf, buckets } of this.#indexes.values()) for (const value of valuesOf(old)) removeFrom(buckets, value, key);
  }

  #setVersion(resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
    for (const listener of this.#advanceListeners) this.#shielded(listener);
  }

  #emit(event: StoreEvent<P>): void {
    for (const listener of this.#listeners) this.#shielded(() => listener(event));
  }

  #shielded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#options.log.error('a cache listener threw; the change is in the cache, the listener missed it', { store: this.#options.name, error: messageOf(error) });
    }
  }
}

function listOf<P>(bucket: Bucket<P>): readonly P[] {
  bucket.list ??= [...bucket.entries.values()];
  return bucket.list;
}

function add<P>(bucket: Bucket<P>, key: string, object: P): void {
  bucket.entries.set(key, object);
  bucket.list = undefined;
}

function addTo<P>(buckets: Map<string, Bucket<P>>, value: string, key: string, object: P): void {
  let bucket = buckets.get(value);
  if (bucket === undefined) {
    bucket = { entries: new Map(), list: undefined };
    buckets.set(value, bucket);
  }
  add(bucket, key, object);
}

function removeFrom<P>(buckets: Map<string, Bucket<P>>, value: string, key: string): void {
  const bucket = buckets.get(value);
  if (bucket === undefined) return;
  bucket.entries.delete(key);
  bucket.list = undefined;
  if (bucket.entries.size === 0) buckets.delete(value);
}
