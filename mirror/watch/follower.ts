// Follows one kind: turns what its cache sees into tellings, and remembers what was told of each object.
import type { CloudEvent } from '#api/events/envelope.ts';
import { formatTime } from '#api/time.ts';
import type { ObjectMeta } from '#api/v1alpha1/schema.ts';
import { goneEvent, type Known } from '#mirror/changes/decide/gone.ts';
import type { Seen } from '#mirror/changes/decide/sight.ts';
import type { Clock } from '#platform/clock.ts';
import type { VersionedStore } from '#platform/kube/store.ts';
import type { StoreEvent } from '#platform/kube/types.ts';
import { isAtLeast } from '#platform/kube/version.ts';
import type { Progress } from './checkpoint.ts';
import type { Kind } from './kinds.ts';
import type { Teller } from './teller.ts';

/** Index of objects by uid. */
export const byUid = 'uid';

interface Meta {
  readonly metadata: ObjectMeta;
}

/** What was told of an object. `object`: what the next telling may build on; without it that one is whole. */
interface Told<T> {
  readonly known: Known;
  readonly object: Seen<T> | undefined;
}

export interface FollowerOptions<T extends Meta> {
  readonly kind: Kind<T>;
  readonly store: VersionedStore<Seen<T>>;
  /** How far a process before this one got. */
  readonly from: Progress;
  readonly teller: Pick<Teller, 'tell' | 'waiting'>;
  readonly clock: Clock;
}

/** More tellings than this that wait: then the newest version of an object takes the place of one that waits already. */
const manyWaiting = 5000;
const tryAgainMs = 5000;

/** Starts to follow; nothing is told before the first complete list. */
export class Follower<T extends Meta> {
  readonly #options: FollowerOptions<T>;
  readonly #told: Map<string, Told<T>>;
  /** What will have been told when the disk has it. Absent from the value: the object is gone. */
  readonly #coming = new Map<string, { readonly told: Told<T> | undefined }>();
  /** Objects of which something found no room. */
  readonly #stale = new Set<string>();
  readonly #queued = new Map<string, { now: Seen<T> }>();
  readonly #ends: (() => void)[];
  #version: string;
  #era: string;
  #isListed = false;
  #cancelAgain: (() => void) | undefined;

  constructor(options: FollowerOptions<T>) {
    this.#options = options;
    const { store, from } = options;
    this.#told = new Map(from.known.map((known) => [known.uid, { known, object: undefined }]));
    this.#version = from.version;
    this.#era = from.era;
    this.#ends = [store.subscribe((event) => this.#see(event)), store.onAdvance(() => this.#advance())];
  }

  /** The server went back to a backup; the list that follows is told anew. */
  rewound(seen: string): void {
    this.#isListed = false;
    this.#version = seen;
  }

  /** How far was told, and kept. */
  progress(): Progress {
    return { version: this.#version, era: this.#era, known: [...this.#told.values()].map(({ known }) => known) };
  }

  stop(): void {
    this.#cancelAgain?.();
    for (const end of this.#ends) end();
  }

  #see(event: StoreEvent<Seen<T>>): void {
    // A list is looked at as a whole, once it is complete.
    if (!this.#isListed) return;
    if (event.kind === 'deleted') this.#lose(event.object.metadata.uid);
    else this.#look(event.object);
    // An object of the same name took its place without anybody seeing the end of the old one.
    if (event.kind === 'updated' && event.old.metadata.uid !== event.object.metadata.uid) this.#lose(event.old.metadata.uid);
  }

  #advance(): void {
    if (!this.#isListed) this.#takeList();
    const { resourceVersion } = this.#options.store;
    // Only what is on disk counts, and nothing that is behind something that found no room.
    this.#options.teller.tell({ make: () => [], done: () => void (this.#stale.size === 0 && (this.#version = resourceVersion)) });
  }

  #takeList(): void {
    this.#isListed = true;
    const { store } = this.#options;
    const isRestored = this.#version !== '' && !isAtLeast(store.resourceVersion, this.#version);
    if (isRestored) this.#beginEra();
    const objects = store.list().toSorted(byVersion);
    for (const object of objects) {
      if (isRestored || !isAtLeast(this.#version, object.metadata.resourceVersion)) this.#look(object);
      else this.#recognise(object);
    }
    const present = new Set(objects.map(({ metadata }) => metadata.uid));
    for (const uid of this.#told.keys()) if (!present.has(uid)) this.#lose(uid);
  }

  /** Versions begin to repeat: ids get a mark, and nothing that was told is built on. */
  #beginEra(): void {
    // Readers sort by it, so it grows, also when the server goes back twice.
    this.#era = `r${Math.max(Number(this.#version), Number(this.#era.slice(1)) + 1)}`;
    this.#version = '';
    for (const [uid, { known }] of this.#told) this.#told.set(uid, { known, object: undefined });
  }

  /** What comes next of an object that was told before this process began may build on it. */
  #recognise(object: Seen<T>): void {
    const { uid, resourceVersion } = object.metadata;
    const told = this.#told.get(uid);
    if (told?.known.resourceVersion === resourceVersion) this.#told.set(uid, { known: told.known, object });
  }

  #look(now: Seen<T>): void {
    const { uid } = now.metadata;
    const waiting = this.#queued.get(uid);
    if (waiting !== undefined && this.#options.teller.waiting > manyWaiting) {
      waiting.now = now;
      return;
    }
    const look = { now };
    this.#queued.set(uid, look);
    this.#tell(uid, (told) => {
      if (this.#queued.get(uid) === look) this.#queued.delete(uid);
      const events = this.#options.kind.events({ before: told?.object, now: look.now, told: told?.known.stage, era: this.#era });
      return { events, told: { known: this.#knownOf(look.now), object: look.now } };
    });
  }

  #lose(uid: string): void {
    this.#tell(uid, (told) => {
      const { kind: { gone }, clock } = this.#options;
      const isTold = told !== undefined && gone !== undefined;
      return { events: isTold ? [goneEvent(gone, told.known, { time: formatTime(clock.now()), era: this.#era })] : [], told: undefined };
    });
  }

  #tell(uid: string, step: (told: Told<T> | undefined) => { readonly events: readonly CloudEvent[]; readonly told: Told<T> | undefined }): void {
    const next: { told: Told<T> | undefined } = { told: undefined };
    this.#options.teller.tell({
      make: () => {
        const coming = this.#coming.get(uid);
        const { events, told } = step(coming === undefined ? this.#told.get(uid) : coming.told);
        next.told = told;
        this.#coming.set(uid, next);
        return events;
      },
      done: (isKept) => {
        if (this.#coming.get(uid) === next) this.#coming.delete(uid);
        if (isKept) this.#keep(uid, next.told);
        else this.#miss(uid);
      },
    });
  }

  #keep(uid: string, told: Told<T> | undefined): void {
    this.#stale.delete(uid);
    if (told === undefined) this.#told.delete(uid);
    else this.#told.set(uid, told);
  }

  /** What found no room was not told: what comes next builds on what was, and comes soon. */
  #miss(uid: string): void {
    this.#stale.add(uid);
    this.#cancelAgain ??= this.#options.clock.after(tryAgainMs, () => this.#again());
  }

  #again(): void {
    this.#cancelAgain = undefined;
    // What is looked at here is told later, so the set stands still meanwhile.
    for (const uid of this.#stale) {
      const [object] = this.#options.store.byIndex(byUid, uid);
      if (object === undefined) this.#lose(uid);
      else this.#look(object);
    }
  }

  #knownOf(object: Seen<T>): Known {
    const { namespace, name, uid, resourceVersion } = object.metadata;
    const { stageOf, missionOf } = this.#options.kind;
    const mission = missionOf(object);
    return { namespace, name, uid, resourceVersion, ...(mission === undefined ? {} : { mission: { name: mission.name, uid: mission.uid } }), stage: stageOf(object) };
  }
}

function byVersion({ metadata: a }: Meta, { metadata: b }: Meta): number {
  return a.resourceVersion === b.resourceVersion ? 0 : isAtLeast(a.resourceVersion, b.resourceVersion) ? 1 : -1;
}
