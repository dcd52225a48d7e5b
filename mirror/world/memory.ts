// The worlds in memory: a bounded number of entities, folded as events come, with what has not reached Redis yet.
import type { World } from '#api/world.ts';
import { digestOf, digestOfAll, encodeEntity } from './codec.ts';
import type { Change, Field } from './decide/change.ts';
import { type Entity, mostWaiting, settleAll } from './decide/settle.ts';
import { type MissionKey, snapshotOf } from './decide/snapshot.ts';

type Snapshot = Omit<World, 'locks'>;

/** One mission. */
export class MissionWorld {
  readonly key: MissionKey;
  readonly entities = new Map<string, Entity>();
  /** Fields that Redis does not have yet as they are here. */
  readonly dirty = new Set<string>();
  /** True until a write from nothing has come through. */
  isAnew = false;
  readonly #waiting = new Map<string, readonly Change[]>();
  readonly #digests = new Map<string, string>();
  #snapshot: Snapshot | undefined;

  constructor(key: MissionKey) {
    this.key = key;
  }

  /** Takes a change; `lost` when so many wait for another one that the truth must be asked. */
  take(change: Change): 'taken' | 'lost' {
    const { field } = change;
    const before = this.entities.get(field);
    const { entity, waiting } = settleAll(before, this.#waiting.get(field) ?? [], change);
    if (waiting.length > 0) this.#waiting.set(field, waiting.slice(-mostWaiting));
    else this.#waiting.delete(field);
    if (entity !== undefined && entity !== before) this.#set(field, entity);
    return waiting.length > mostWaiting ? 'lost' : 'taken';
  }

  /** Puts an entity in the place of whatever is there. */
  put(field: string, entity: Entity): void {
    const before = this.entities.get(field);
    if (before !== undefined && encodeEntity(before) === encodeEntity(entity)) return;
    this.#waiting.delete(field);
    this.#set(field, entity);
  }

  /** Puts what was read from Redis: it is not new to it. */
  putStored(field: string, entity: Entity): void {
    if (this.entities.has(field)) return;
    this.entities.set(field, entity);
    this.#forget(field);
  }

  /** True while something is known to have happened that could not be folded. */
  isBehind(): boolean {
    return this.#waiting.size > 0;
  }

  snapshot(): Snapshot {
    this.#snapshot ??= snapshotOf(this.key, this.entities);
    return this.#snapshot;
  }

  /** What Redis should say when it is asked for the digest of this world. */
  digest(): string {
    const digests: string[] = [];
    for (const [field, entity] of this.entities) {
      if (field.startsWith('l:') || entity.body === undefined) continue;
      const known = this.#digests.get(field) ?? digestOf(field, encodeEntity(entity));
      this.#digests.set(field, known);
      digests.push(known);
    }
    return digestOfAll(digests);
  }

  /** When the world may go, epoch milliseconds: a while after the mission has ended. 0: not yet. */
  endsAt(keptMs: number): number {
    const body = this.entities.get('m' satisfies Field)?.body;
    const ended = body?.kind === 'mission' ? Date.parse(body.facts.completionTime ?? '') : Number.NaN;
    return Number.isNaN(ended) ? 0 : ended + keptMs;
  }

  #set(field: string, entity: Entity): void {
    this.entities.set(field, entity);
    this.dirty.add(field);
    this.#forget(field);
  }

  #forget(field: string): void {
    this.#digests.delete(field);
    this.#snapshot = undefined;
  }
}

/** Missions by uid, the one that was used last at the end. */
export class Memory {
  readonly #worlds = new Map<string, MissionWorld>();
  readonly #mostEntities: number;

  constructor(mostEntities: number) {
    this.#mostEntities = mostEntities;
  }

  get(uid: string): MissionWorld | undefined {
    const world = this.#worlds.get(uid);
    if (world !== undefined) {
      this.#worlds.delete(uid);
      this.#worlds.set(uid, world);
    }
    return world;
  }

  add(world: MissionWorld): MissionWorld {
    this.#worlds.set(world.key.uid, world);
    return world;
  }

  drop(uid: string): void {
    this.#worlds.delete(uid);
  }

  all(): readonly MissionWorld[] {
    return [...this.#worlds.values()];
  }

  entities(): number {
    return this.all().reduce((sum, { entities }) => sum + entities.size, 0);
  }

  /** Lets go of the worlds that were not used for longest, until the rest fits; of those that Redis does not have yet only when there is twice too much. Gives the latter. */
  shrink(): readonly MissionWorld[] {
    const lost: MissionWorld[] = [];
    let entities = this.entities();
    for (const world of this.#worlds.values()) {
      if (entities <= this.#mostEntities || this.#worlds.size === 1) break;
      const isWritten = world.dirty.size === 0 && !world.isAnew;
      if (!isWritten && entities <= 2 * this.#mostEntities) continue;
      entities -= world.entities.size;
      this.#worlds.delete(world.key.uid);
      if (!isWritten) lost.push(world);
    }
    return lost;
  }
}
