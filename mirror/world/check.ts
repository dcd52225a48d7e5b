// Compares the worlds in Redis with the truth and puts right what differs: lost, emptied, tampered with or left over.
import { setImmediate as breathe } from 'node:timers/promises';
import type { CloudEvent } from '#api/events/envelope.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Truth } from '../ports.ts';
import type { MissionKey } from './decide/snapshot.ts';
import type { Keeper } from './keeper.ts';
import type { MissionWorld } from './memory.ts';
import type { WorldMetrics } from './metrics.ts';
import type { WorldStore } from './store.ts';

/** What a check found. */
export interface Checked {
  readonly missions: number;
  /** Worlds that were not what they should be, and are again. */
  readonly repaired: number;
  /** Keys of missions that nobody knows any more. */
  readonly removed: number;
  /** Why the check is not complete. */
  readonly fault?: string;
}

/** What a rebuild made. */
export interface Rebuilt {
  readonly missions: number;
  readonly entities: number;
  readonly tookMs: number;
  readonly fault?: string;
}

export interface CheckOptions {
  readonly keeper: Keeper;
  readonly store: WorldStore | undefined;
  readonly truth: Truth;
  readonly past?: (signal: AbortSignal) => AsyncIterable<readonly CloudEvent[]>;
  readonly clock: Clock;
  readonly metrics: WorldMetrics;
  readonly log: Log;
  readonly keptMs: number;
}

const batch = 100;

export class Check {
  readonly #options: CheckOptions;

  constructor(options: CheckOptions) {
    this.#options = options;
  }

  async run(): Promise<Checked> {
    const { truth, keeper } = this.#options;
    if (!truth.isKnown()) return { missions: 0, repaired: 0, removed: 0, fault: 'the API server is not known yet' };
    const missions = truth.missions().filter((mission) => this.#isKept(mission));
    let repaired = 0;
    this.#forgetDeleted();
    try {
      for (let start = 0; start < missions.length; start += batch) {
        const worlds = await this.#fresh(missions.slice(start, start + batch));
        await keeper.flush();
        repaired += await this.#compare(worlds);
        await breathe();
      }
      return { missions: missions.length, repaired, removed: await this.#sweep(), ...this.#fault() };
    } catch (error) {
      return { missions: missions.length, repaired, removed: 0, fault: messageOf(error) };
    }
  }

  /** True when there is a log, and Redis has nothing of what it remembers. */
  async wantsPast(): Promise<boolean> {
    const { past, store } = this.#options;
    return past !== undefined && (await store?.isFilled()) === false;
  }

  /** Writes all worlds from nothing; what agents told comes from Redis where it has it, and from the log. */
  async rebuild(tell: (events: readonly CloudEvent[]) => void, signal: AbortSignal): Promise<Rebuilt> {
    const { truth, keeper, clock } = this.#options;
    const startedAt = clock.monotonic();
    const missions = truth.missions().filter((mission) => this.#isKept(mission));
    let entities = 0;
    for (let start = 0; start < missions.length && !signal.aborted; start += batch) {
      entities += await this.#writeAnew(missions.slice(start, start + batch));
      await keeper.flush();
      await breathe();
    }
    await this.#foldPast(tell, signal);
    return { missions: missions.length, entities, tookMs: Math.round(clock.monotonic() - startedAt), ...this.#fault() };
  }

  async #writeAnew(missions: readonly Mission[]): Promise<number> {
    const worlds = await this.#fresh(missions);
    for (const world of worlds) {
      this.#options.keeper.writeAnew(world);
      this.#options.metrics.repaired('rebuild');
    }
    return worlds.reduce((sum, { entities }) => sum + entities.size, 0);
  }

  async #foldPast(tell: (events: readonly CloudEvent[]) => void, signal: AbortSignal): Promise<void> {
    const { past, keeper, store } = this.#options;
    if (past === undefined || signal.aborted) return;
    for await (const events of past(signal)) {
      tell(events);
      await keeper.flush();
    }
    if (!signal.aborted && keeper.failing() === undefined) await store?.markFilled();
  }

  /** Deletions that nobody told. */
  #forgetDeleted(): void {
    const { truth, keeper } = this.#options;
    const known = new Set(truth.missions().map(({ metadata }) => metadata.uid));
    for (const { key } of keeper.memory.all()) if (!known.has(key.uid)) keeper.forget(key);
  }

  /** Worlds as the truth has them now. */
  async #fresh(missions: readonly Mission[]): Promise<readonly MissionWorld[]> {
    const { keeper } = this.#options;
    const keys = missions.map(({ metadata }): MissionKey => ({ tenant: metadata.namespace, uid: metadata.uid }));
    const worlds = await keeper.worlds(keys);
    return worlds.flatMap((world, index) => {
      const mission = missions[index];
      if (world === undefined || mission === undefined) return [];
      keeper.memory.add(world);
      keeper.refresh(world, mission);
      return [world];
    });
  }

  /** Gives how many worlds were not what they should be. */
  async #compare(worlds: readonly MissionWorld[]): Promise<number> {
    const wrong = await this.#differing(worlds);
    if (wrong.length === 0) return 0;
    // What only Redis knows of agents and files is kept, where it can be read.
    await this.#options.keeper.load(wrong.map(({ key }) => key));
    const still = await this.#differing(wrong);
    for (const world of still) {
      this.#options.log.warn('a world in Redis is not what it should be and is written anew', { tenant: world.key.tenant, mission: world.key.uid });
      this.#options.metrics.repaired('differs');
      this.#options.keeper.writeAnew(world);
    }
    await this.#options.keeper.flush();
    return still.length;
  }

  async #differing(worlds: readonly MissionWorld[]): Promise<readonly MissionWorld[]> {
    const clean = worlds.filter(({ dirty, isAnew }) => dirty.size === 0 && !isAnew);
    const expected = clean.map((world) => world.digest());
    const found = (await this.#options.store?.digests(clean.map(({ key }) => key))) ?? [];
    return clean.filter((world, index) => {
      const answer = found[index];
      // What changed while the question was on its way is looked at the next time.
      if (answer === undefined || world.dirty.size > 0 || world.digest() !== expected[index]) return false;
      return answer.kind === 'fault' ? answer.fault.kind === 'Refused' : answer.value !== expected[index];
    });
  }

  async #sweep(): Promise<number> {
    const { store, truth, metrics } = this.#options;
    let removed = 0;
    if (store === undefined) return 0;
    for await (const found of store.keys()) {
      const known = new Set(truth.missions().map(({ metadata }) => `${metadata.namespace}/${metadata.uid}`));
      const left = found.filter(([, { tenant, uid }]) => !known.has(`${tenant}/${uid}`)).map(([key]) => key);
      if (left.length === 0 || !truth.isKnown()) continue;
      await store.remove(left);
      for (const _ of left) metrics.repaired('leftover');
      removed += left.length;
    }
    return removed;
  }

  /** Worlds of missions that ended long ago have expired, and are not to come back. */
  #isKept({ status }: Mission): boolean {
    const ended = Date.parse(status?.completionTime ?? '');
    return Number.isNaN(ended) || ended + this.#options.keptMs > this.#options.clock.now();
  }

  #fault(): { readonly fault?: string } {
    const failing = this.#options.keeper.failing();
    return failing === undefined ? {} : { fault: failing.fault };
  }
}
