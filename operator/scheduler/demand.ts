// What each pool is asked for right now: the autoscaler sees a deficit at the instant it arises.
import type { PoolNeed } from '#domain/capability/match.ts';
import type { PoolRoom, Roster } from './roster.ts';
import type { ReadyTasks } from './scheduler.ts';

export interface Demand {
  /** Ready tasks that wait for a slot of this pool. */
  queued(poolKey: string): number;
  /** Agents that must be there for verifiers that wait, which some of them may not run; 0 when none waits. */
  apart(poolKey: string): number;
  /** Median run time of tasks on this pool, milliseconds; undefined before the first. */
  medianRunMs(poolKey: string): number | undefined;
  /** Counts again; returns the pools whose number changed. */
  refresh(): readonly string[];
  ran(poolKey: string, durationMs: number): void;
  /** Forgets a pool that is gone. */
  forget(poolKey: string): void;
}

const durationsKept = 64;

/** Demand by pool. A task that several pools could serve is counted for the first of them, by name, that has room for it. */
export function createDemand(ready: ReadyTasks, roster: Pick<Roster, 'poolsFor' | 'room'>): Demand {
  return new QueueDemand(ready, roster);
}

interface Asked {
  readonly queued: number;
  readonly apart: number;
}

const nothing: Asked = { queued: 0, apart: 0 };

class QueueDemand implements Demand {
  readonly #ready: ReadyTasks;
  readonly #roster: Pick<Roster, 'poolsFor' | 'room'>;
  readonly #durations = new Map<string, number[]>();
  #asked: ReadonlyMap<string, Asked> = new Map();

  constructor(ready: ReadyTasks, roster: Pick<Roster, 'poolsFor' | 'room'>) {
    this.#ready = ready;
    this.#roster = roster;
  }

  queued(poolKey: string): number {
    return this.#asked.get(poolKey)?.queued ?? 0;
  }

  apart(poolKey: string): number {
    return this.#asked.get(poolKey)?.apart ?? 0;
  }

  medianRunMs(poolKey: string): number | undefined {
    const seen = this.#durations.get(poolKey)?.toSorted((a, b) => a - b);
    return seen?.[Math.floor(seen.length / 2)];
  }

  refresh(): readonly string[] {
    const before = this.#asked;
    const now = this.#count();
    this.#asked = now;
    const changed = (pool: string) => before.get(pool)?.queued !== now.get(pool)?.queued || before.get(pool)?.apart !== now.get(pool)?.apart;
    return [...new Set([...before.keys(), ...now.keys()])].filter(changed);
  }

  ran(poolKey: string, durationMs: number): void {
    const seen = this.#durations.get(poolKey) ?? [];
    this.#durations.set(poolKey, seen);
    seen.push(durationMs);
    if (seen.length > durationsKept) seen.shift();
  }

  forget(poolKey: string): void {
    this.#durations.delete(poolKey);
  }

  #count(): Map<string, Asked> {
    const asked = new Map<string, Asked>();
    const shapes = this.#ready.byShape();
    if (shapes.length === 0) return asked;
    const room = this.#roster.room();
    for (const shape of shapes) this.#spread(shape, room, asked);
    return asked;
  }

  #spread({ need, count }: { readonly need: PoolNeed; readonly count: number }, room: PoolRoom, asked: Map<string, Asked>): void {
    const pools = this.#roster.poolsFor(need);
    const ask = (pool: string, tasks: number) => {
      const { queued, apart } = asked.get(pool) ?? nothing;
      if (tasks > 0) asked.set(pool, { queued: queued + tasks, apart: Math.max(apart, room.apart(pool, need, tasks)) });
    };
    let left = count;
    for (const pool of pools) {
      const here = Math.min(left, Math.max(0, room.left(pool, need) - (asked.get(pool) ?? nothing).queued));
      ask(pool, here);
      left -= here;
    }
    // What nobody has room for is told to one pool all the same: that is how people see that it is too small, or paused.
    const [first] = pools;
    const last = pools.find((pool) => room.serves(pool)) ?? first;
    if (last !== undefined) ask(last, left);
  }
}
