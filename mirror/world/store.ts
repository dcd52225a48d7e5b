// What lies in Redis of the worlds: written in one pipeline a batch, read back as entities.
import type { RedisFault } from '#platform/redis/faults.ts';
import { command, type Order, type Redis, type Reply } from '#platform/redis/types.ts';
import { decodeEntity, encodeEntity } from './codec.ts';
import type { Entity } from './decide/settle.ts';
import type { MissionKey } from './decide/snapshot.ts';
import { allKeys, filledKey, liveKey, missionOf, worldKey } from './keys.ts';
import { digestScript, writeScript } from './scripts.ts';

/** Entities of one mission that are to be there. */
export interface Write {
  readonly key: MissionKey;
  /** When the world ends, epoch milliseconds; 0 never. */
  readonly endsAt: number;
  /** True: whatever is there goes first. */
  readonly isAnew: boolean;
  readonly entities: readonly (readonly [field: string, entity: Entity])[];
}

/** What was found of a mission. */
export interface Stored {
  readonly entities: ReadonlyMap<string, Entity>;
  /** Fields that hold something else than an entity. */
  readonly unreadable: number;
}

export type Answer<T> = { readonly kind: 'value'; readonly value: T } | { readonly kind: 'fault'; readonly fault: RedisFault };

/** Longest script call, in entities: one call must not hold the server for longer than a few milliseconds. */
const callSize = 500;

export class WorldStore {
  readonly #redis: Redis;
  readonly #liveMs: number;

  constructor(redis: Redis, liveMs: number) {
    this.#redis = redis;
    this.#liveMs = liveMs;
  }

  /** For each write its fault, or undefined. Writing the same again is harmless; what is newer stays. */
  async write(writes: readonly Write[]): Promise<readonly (RedisFault | undefined)[]> {
    const calls = writes.flatMap((write, index) => this.#callsOf(write).map((order) => ({ index, order })));
    const replies = await this.#redis.run(calls.map(({ order }) => order));
    const faults: (RedisFault | undefined)[] = writes.map(() => undefined);
    replies.forEach((reply, at) => {
      const index = calls[at]?.index ?? 0;
      if (reply.kind === 'fault') faults[index] ??= reply.fault;
    });
    return faults;
  }

  /** Digest of each world; empty for one that is not there. */
  async digests(keys: readonly MissionKey[]): Promise<readonly Answer<string>[]> {
    const replies = await this.#redis.run(keys.map((key) => ({ kind: 'script', script: digestScript, keys: [worldKey(key)], args: [] })));
    return replies.map((reply) => (reply.kind === 'fault' ? reply : { kind: 'value', value: String(reply.value) }));
  }

  /** Everything that is stored of missions, in one round trip for each server. */
  async read(keys: readonly MissionKey[]): Promise<readonly Answer<Stored>[]> {
    const replies = await this.#redis.run(keys.flatMap((key) => [command('hgetall', worldKey(key)), command('hgetall', liveKey(key))]));
    return keys.map((_, index) => storedIn(replies[2 * index], replies[2 * index + 1]));
  }

  /** Takes keys away; gives the first fault. */
  async remove(keys: readonly string[]): Promise<RedisFault | undefined> {
    const replies = await this.#redis.run(keys.map((key) => command('unlink', key)));
    return replies.find((reply) => reply.kind === 'fault')?.fault;
  }

  /** Whether what agents told in the past is here; undefined when nobody answers. */
  async isFilled(): Promise<boolean | undefined> {
    const [reply] = await this.#redis.run([command('exists', filledKey)]);
    return reply?.kind === 'value' ? reply.value === 1 : undefined;
  }

  async markFilled(): Promise<void> {
    await this.#redis.run([command('set', filledKey, '1')]);
  }

  /** All keys that are ours, in batches, with their missions. */
  async *keys(): AsyncGenerator<readonly (readonly [key: string, mission: MissionKey])[]> {
    for await (const found of this.#redis.keys(allKeys)) {
      yield found.flatMap((key) => {
        const mission = missionOf(key);
        return mission === undefined ? [] : [[key, mission] as const];
      });
    }
  }

  #callsOf({ key, endsAt, isAnew, entities }: Write): readonly Order[] {
    const calls: Order[] = [];
    for (let start = 0; start === 0 || start < entities.length; start += callSize) {
      const part = entities.slice(start, start + callSize);
      const live = part.filter(([field]) => field.startsWith('l:'));
      const world = part.filter(([field]) => !field.startsWith('l:'));
      const texts = [...world, ...live].flatMap(([field, entity]) => [field, encodeEntity(entity)]);
      calls.push({ kind: 'script', script: writeScript, keys: [worldKey(key), liveKey(key)], args: [endsAt, this.#liveMs, isAnew && start === 0 ? '1' : '0', world.length, ...texts] });
    }
    return calls;
  }
}

function storedIn(world: Reply | undefined, live: Reply | undefined): Answer<Stored> {
  const entities = new Map<string, Entity>();
  let unreadable = 0;
  for (const reply of [world, live]) {
    if (reply?.kind === 'fault') return reply;
    for (const [field, text] of pairsIn(reply?.value)) {
      const entity = decodeEntity(field, text);
      if (entity === undefined) unreadable += 1;
      else entities.set(field, entity);
    }
  }
  return { kind: 'value', value: { entities, unreadable } };
}

/** Fields and texts of a hash, which the client makes an object of. */
function pairsIn(value: unknown): readonly (readonly [string, string])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value).map(([field, text]) => [field, String(text)] as const) : [];
}
