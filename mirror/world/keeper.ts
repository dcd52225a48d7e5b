// Keeps the worlds in memory and brings them to Redis. Nothing queues up: of each thing only its last state waits to be written, and what does not fit is made anew from the truth.
import type { Clock } from '#platform/clock.ts';
import type { RedisFault } from '#platform/redis/faults.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Truth } from '../ports.ts';
import type { Change } from './decide/change.ts';
import type { MissionKey } from './decide/snapshot.ts';
import { isMissionKey, liveKey, worldKey } from './keys.ts';
import { Late } from './late.ts';
import type { WorldLimits } from './limits.ts';
import { Memory, MissionWorld } from './memory.ts';
import { isToldByAgents, refreshWorld } from './refresh.ts';
import type { WorldMetrics } from './metrics.ts';
import type { Answer, Stored, Write, WorldStore } from './store.ts';
import { wholeMission } from './whole.ts';

export interface KeeperOptions {
  readonly store: WorldStore | undefined;
  readonly truth: Truth;
  readonly clock: Clock;
  readonly metrics: WorldMetrics;
  readonly limits: WorldLimits;
}

/** Worlds that are loaded or written at once. */
const batch = 200;

/** Missions that are remembered to be removed while Redis is away. */
const mostGone = 10_000;

export class Keeper {
  readonly memory: Memory;
  readonly #options: KeeperOptions;
  /** Missions that must be read from the truth before anything can be folded into them. */
  readonly #cold = new Map<string, MissionKey>();
  readonly #gone = new Map<string, MissionKey>();
  readonly #late: Late;
  #pendingSince: number | undefined;
  #failing: { readonly sinceMs: number; readonly fault: string } | undefined;
  #lane: Promise<void> = Promise.resolve();

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.memory = new Memory(options.limits.entities);
    this.#late = new Late(options.limits.late, () => options.metrics.dropped());
  }

  /** Takes a change of a mission, whether its world is here or not. */
  take(key: MissionKey, change: Change): void {
    if (change.kind === 'gone' && change.field === 'm') return this.forget(key);
    this.#pendingSince ??= this.#options.clock.monotonic();
    const world = this.memory.get(key.uid);
    if (world === undefined || world.key.tenant !== key.tenant) {
      this.#cold.set(key.uid, key);
      if (isToldByAgents(change.field)) this.#late.add(key.uid, change);
      return;
    }
    if (world.take(change) === 'lost') this.#cold.set(key.uid, key);
  }

  isPending(): boolean {
    return this.#pendingSince !== undefined;
  }

  /** Age of the oldest change that Redis does not have. */
  lagMs(): number {
    return this.#pendingSince === undefined ? 0 : Math.round(this.#options.clock.monotonic() - this.#pendingSince);
  }

  /** How long ago a world may have been overtaken: it is folded at once, unless something is missing. */
  stalenessMs(world: MissionWorld): number {
    return world.isBehind() || this.#cold.has(world.key.uid) ? Math.max(1, this.lagMs()) : 0;
  }

  failing(): { readonly sinceMs: number; readonly fault: string } | undefined {
    return this.#failing;
  }

  /** The worlds of missions, from memory or loaded now; undefined for one that is not there. */
  async worlds(keys: readonly MissionKey[]): Promise<readonly (MissionWorld | undefined)[]> {
    const missing = keys.filter((key) => this.memory.get(key.uid) === undefined && isMissionKey(key));
    const loaded = missing.length === 0 ? undefined : await this.load(missing);
    return keys.map(({ tenant, uid }) => {
      const world = this.memory.get(uid) ?? loaded?.get(uid);
      return world?.key.tenant === tenant ? world : undefined;
    });
  }

  /** Brings to Redis what it does not have. One at a time: a later state never overtakes an earlier one. */
  flush(): Promise<void> {
    this.#lane = this.#lane.then(() => this.#flush(), () => this.#flush());
    return this.#lane;
  }

  /** Makes worlds as the truth has them, with what Redis knows of agents and files. */
  async load(keys: readonly MissionKey[]): Promise<ReadonlyMap<string, MissionWorld>> {
    const { store, truth } = this.#options;
    const stored = store === undefined ? [] : await store.read(keys);
    // From here on nothing waits: what is told meanwhile comes before or after, not in between.
    const missions = new Map(truth.missions().map((mission) => [mission.metadata.uid, mission]));
    const loaded = new Map<string, MissionWorld>();
    keys.forEach((key, index) => {
      const world = this.#loadOne(key, missions.get(key.uid), stored[index]);
      if (world !== undefined) loaded.set(key.uid, world);
    });
    // What only Redis is to have yet is written first: the next flush makes room.
    if (store === undefined || this.#failing !== undefined) this.#shrink();
    return loaded;
  }

  /** The truth takes the place of what was folded. */
  refresh(world: MissionWorld, mission: Mission): void {
    refreshWorld(world, wholeMission(this.#options.truth, mission));
    if (world.dirty.size > 0) this.#pendingSince ??= this.#options.clock.monotonic();
  }

  /** A mission is gone, and its world with it. */
  forget(key: MissionKey): void {
    this.memory.drop(key.uid);
    this.#late.take(key.uid);
    this.#cold.delete(key.uid);
    this.#gone.set(key.uid, key);
    this.#pendingSince ??= this.#options.clock.monotonic();
  }

  /** Writes worlds from nothing at the next flush. */
  writeAnew(world: MissionWorld): void {
    world.isAnew = true;
    this.#pendingSince ??= this.#options.clock.monotonic();
  }

  #loadOne(key: MissionKey, mission: Mission | undefined, stored: Answer<Stored> | undefined): MissionWorld | undefined {
    const isKnown = this.#options.truth.isKnown();
    const late = isKnown ? this.#late.take(key.uid) : [];
    if (isKnown) this.#cold.delete(key.uid);
    if (isKnown && !isOf(mission, key)) return undefined;
    const world = this.memory.get(key.uid) ?? new MissionWorld(key);
    if (stored?.kind === 'value') fill(world, stored.value, mission === undefined);
    if (mission !== undefined) this.refresh(world, mission);
    late.forEach((change) => world.take(change));
    return world.entities.size === 0 ? undefined : this.memory.add(world);
  }

  async #removeGone(): Promise<void> {
    const gone = [...this.#gone.values()];
    const { store } = this.#options;
    const fault = store === undefined || gone.length === 0 ? undefined : await store.remove(gone.flatMap((key) => [worldKey(key), liveKey(key)]));
    // What could not be removed now is found as a leftover by the next check.
    if (fault === undefined) for (const { uid } of gone) this.#gone.delete(uid);
    else while (this.#gone.size > mostGone) this.#gone.delete([...this.#gone.keys()][0] ?? '');
  }

  async #flush(): Promise<void> {
    await this.#removeGone();
    await this.#loadCold();
    const worlds = this.memory.all().filter(({ dirty, isAnew }) => dirty.size > 0 || isAnew);
    const faults: RedisFault[] = [];
    for (let start = 0; start < worlds.length && faults.length === 0; start += batch) faults.push(...(await this.#write(worlds.slice(start, start + batch))));
    this.#shrink();
    this.#judge(faults[0]);
  }

  /** What agents told of a world that could not be written is lost with it; the rest is in the truth. */
  #shrink(): void {
    for (const { key } of this.memory.shrink()) {
      this.#options.metrics.dropped();
      this.#cold.set(key.uid, key);
    }
  }

  async #loadCold(): Promise<void> {
    if (!this.#options.truth.isKnown()) return;
    const cold = [...this.#cold.values()];
    for (let start = 0; start < cold.length; start += batch) {
      const keys = cold.slice(start, start + batch);
      // Taken off first: what is told from now on makes it cold again.
      for (const { uid } of keys) this.#cold.delete(uid);
      await this.load(keys);
    }
  }

  async #write(worlds: readonly MissionWorld[]): Promise<readonly RedisFault[]> {
    const { store, limits } = this.#options;
    const writes = worlds.map((world): Write => {
      const fields = world.isAnew ? [...world.entities].filter(([, { body }]) => body !== undefined) : [...world.dirty].flatMap((field) => entry(world, field));
      return { key: world.key, endsAt: world.endsAt(limits.keptMs), isAnew: world.isAnew, entities: fields };
    });
    const wasAnew = worlds.map(({ isAnew }) => isAnew);
    const faults = store === undefined ? writes.map(() => undefined) : await store.write(writes);
    worlds.forEach((world, index) => {
      if (faults[index] !== undefined) return;
      for (const [field, entity] of writes[index]?.entities ?? []) if (world.entities.get(field) === entity) world.dirty.delete(field);
      if (wasAnew[index] === true) this.#wroteAnew(world);
    });
    return faults.filter((fault) => fault !== undefined);
  }

  /** What is gone was not written, and need not be: nothing older is there any more. */
  #wroteAnew(world: MissionWorld): void {
    world.isAnew = false;
    for (const field of world.dirty) if (world.entities.get(field)?.body === undefined) world.dirty.delete(field);
  }

  #judge(fault: RedisFault | undefined): void {
    if (fault !== undefined) this.#failing = { sinceMs: this.#failing?.sinceMs ?? this.#options.clock.now(), fault: fault.message };
    else {
      this.#failing = undefined;
      const isClean = this.#cold.size === 0 && this.#gone.size === 0 && this.memory.all().every(({ dirty, isAnew }) => dirty.size === 0 && !isAnew);
      this.#pendingSince = isClean ? undefined : (this.#pendingSince ?? this.#options.clock.monotonic());
    }
  }
}

function isOf(mission: Mission | undefined, { tenant }: MissionKey): boolean {
  return mission?.metadata.namespace === tenant;
}

/** Without the API server Redis is all there is; with it, only what agents told comes from there. */
function fill(world: MissionWorld, { entities }: Stored, isAll: boolean): void {
  for (const [field, entity] of entities) if (isAll || isToldByAgents(field)) world.putStored(field, entity);
}

function entry(world: MissionWorld, field: string): readonly (readonly [string, NonNullable<ReturnType<MissionWorld['entities']['get']>>])[] {
  const entity = world.entities.get(field);
  return entity === undefined ? [] : [[field, entity]];
}
