// The world model as a part of the mirror: told of events, written through to Redis, compared with the truth, read by anybody who may.
// Memory comes first and Redis follows: a Redis that is away, slow, emptied or tampered with delays no event and costs no mission anything.
import type { CloudEvent } from '#api/events/envelope.ts';
import type { World, WorldAgent, WorldTask } from '#api/world.ts';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Redis } from '#platform/redis/types.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Listener, Part, PartState, Truth } from '../ports.ts';
import { Check, type Checked, type Rebuilt } from './check.ts';
import { changesOf } from './decide/change.ts';
import { type MissionKey, taskView } from './decide/snapshot.ts';
import { Keeper } from './keeper.ts';
import { type WorldLimits, worldLimits } from './limits.ts';
import { createLocks, type Locks } from './locks.ts';
import type { WorldMetrics } from './metrics.ts';
import { WorldStore } from './store.ts';

export interface WorldOptions {
  /** Absent: the world is in memory only. */
  readonly redis?: Redis;
  readonly truth: Truth;
  /** What agents told in the past, from the log: a rebuild folds it, too. Absent: files of missions that Redis lost stay unknown. */
  readonly past?: (signal: AbortSignal) => AsyncIterable<readonly CloudEvent[]>;
  readonly limits?: Partial<WorldLimits>;
  readonly metrics: WorldMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** Something read, and how long ago it may have been overtaken. */
export interface Fresh<T> {
  readonly value: T;
  readonly stalenessMs: number;
}

export interface WorldReader {
  /** Undefined for a mission that is not there. */
  snapshot(key: MissionKey): Promise<Fresh<World> | undefined>;
  snapshots(keys: readonly MissionKey[]): Promise<readonly (Fresh<World> | undefined)[]>;
  task(key: MissionKey, taskUid: string): Promise<Fresh<WorldTask> | undefined>;
  /** Who is at work in a namespace now. */
  agentsOf(tenant: string): Promise<Fresh<readonly WorldAgent[]>>;
}

export interface WorldModel extends Listener, Part, WorldReader {
  /** Waits until all that was told is written, as far as Redis takes it. */
  flush(): Promise<void>;
  /** Compares with the truth and repairs; also done every minute and when Redis comes back. */
  check(): Promise<Checked>;
  /** Writes everything anew, from the truth and the log. */
  rebuild(signal: AbortSignal): Promise<Rebuilt>;
  /** Undefined without Redis. */
  readonly locks: Locks | undefined;
}

/** Opens the world model; it begins with nothing and learns by being told, asked and checked. */
export function openWorld(options: WorldOptions): WorldModel {
  return new WorldPart(options);
}

class WorldPart implements WorldModel {
  readonly name = 'world';
  readonly locks: Locks | undefined;
  readonly #options: WorldOptions;
  readonly #limits: WorldLimits;
  readonly #keeper: Keeper;
  readonly #check: Check;
  readonly #closing = new AbortController();
  #cancelFlush: (() => void) | undefined;
  #cancelCheck = (): void => {};

  constructor(options: WorldOptions) {
    const { redis, clock, truth, metrics, log, past } = options;
    this.#options = options;
    this.#limits = { ...worldLimits, ...options.limits };
    const store = redis === undefined ? undefined : new WorldStore(redis, this.#limits.liveMs);
    this.locks = redis === undefined ? undefined : createLocks(redis, clock);
    this.#keeper = new Keeper({ store, truth, clock, metrics, limits: this.#limits });
    this.#check = new Check({ keeper: this.#keeper, store, truth, clock, metrics, log, keptMs: this.#limits.keptMs, ...(past === undefined ? {} : { past }) });
    metrics.observe(() => ({ lagMs: this.#keeper.lagMs(), missions: this.#keeper.memory.all().length, entities: this.#keeper.memory.entities() }));
    redis?.onReady(() => this.#plan(0));
    this.#plan(this.#limits.checkMs);
  }

  tell(events: readonly CloudEvent[]): void {
    for (const event of events) {
      const { tenant, missionuid: uid } = event;
      if (uid === undefined) continue;
      for (const change of changesOf(event)) this.#keeper.take({ tenant, uid }, change);
    }
    if (this.#closing.signal.aborted || !this.#keeper.isPending()) return;
    this.#cancelFlush ??= this.#options.clock.after(this.#limits.flushMs, () => {
      this.#cancelFlush = undefined;
      this.#supervise(this.#flushAndRetry());
    });
  }

  flush(): Promise<void> {
    return this.#keeper.flush();
  }

  check(): Promise<Checked> {
    return this.#check.run();
  }

  rebuild(signal: AbortSignal): Promise<Rebuilt> {
    return this.#check.rebuild((events) => this.tell(events), signal);
  }

  async snapshot(key: MissionKey): Promise<Fresh<World> | undefined> {
    const [found] = await this.snapshots([key]);
    return found;
  }

  async snapshots(keys: readonly MissionKey[]): Promise<readonly (Fresh<World> | undefined)[]> {
    const worlds = await this.#keeper.worlds(keys);
    return worlds.map((world) => {
      if (world === undefined) return undefined;
      const value = { ...world.snapshot(), locks: [...(this.locks?.held(world.key) ?? [])] };
      return { value, stalenessMs: this.#keeper.stalenessMs(world) };
    });
  }

  async task(key: MissionKey, taskUid: string): Promise<Fresh<WorldTask> | undefined> {
    const [world] = await this.#keeper.worlds([key]);
    const entity = world?.entities.get(`t:${taskUid}`);
    if (world === undefined || entity?.body?.kind !== 'task') return undefined;
    return { value: taskView(taskUid, entity.version, entity.body), stalenessMs: this.#keeper.stalenessMs(world) };
  }

  async agentsOf(tenant: string): Promise<Fresh<readonly WorldAgent[]>> {
    const running = this.#options.truth.missions().filter(({ metadata, status }) => metadata.namespace === tenant && status?.completionTime === undefined);
    const found = await this.snapshots(running.map(({ metadata }) => ({ tenant, uid: metadata.uid })));
    const present = found.filter((fresh) => fresh !== undefined);
    return { value: present.flatMap(({ value }) => value.agents), stalenessMs: Math.max(0, ...present.map(({ stalenessMs }) => stalenessMs)) };
  }

  state(): PartState {
    if (this.#options.redis === undefined) return { kind: 'off' };
    const state = this.#options.redis.state();
    if (state.kind === 'down') return { kind: 'down', sinceMs: state.sinceMs, fault: state.fault.message };
    const failing = this.#keeper.failing();
    return failing === undefined ? { kind: 'well', lagMs: this.#keeper.lagMs() } : { kind: 'down', ...failing };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#cancelCheck();
    this.#cancelFlush?.();
    await this.#keeper.flush();
  }

  /** What could not be written is tried again after a while; when Redis comes back, at once. */
  async #flushAndRetry(): Promise<void> {
    await this.#keeper.flush();
    if (this.#keeper.isPending() && !this.#closing.signal.aborted) this.#cancelFlush ??= this.#options.clock.after(Math.max(1000, this.#limits.flushMs), () => {
      this.#cancelFlush = undefined;
      this.#supervise(this.#flushAndRetry());
    });
  }

  #plan(ms: number): void {
    if (this.#closing.signal.aborted) return;
    this.#cancelCheck();
    this.#cancelCheck = this.#options.clock.after(ms, () => this.#supervise(this.#checkAndRebuild()));
  }

  /** A Redis that is new or was emptied has lost what only agents told: that is in the log. */
  async #checkAndRebuild(): Promise<void> {
    const { truth, log } = this.#options;
    const { fault } = await this.#check.run();
    if (fault !== undefined) log.debug('the worlds could not all be checked', { error: fault });
    else if (await this.#check.wantsPast()) {
      const rebuilt = await this.rebuild(this.#closing.signal);
      log.info('the worlds were made anew', { missions: rebuilt.missions, entities: rebuilt.entities, ms: rebuilt.tookMs });
    }
    this.#plan(truth.isKnown() ? this.#limits.checkMs : Math.min(1000, this.#limits.checkMs));
  }

  #supervise(task: Promise<void>): void {
    task.catch((error: unknown) => {
      this.#options.log.error('the world could not be kept', { error: messageOf(error) });
      this.#plan(this.#limits.checkMs);
    });
  }
}
