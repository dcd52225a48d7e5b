// What each pool is asked for right now: the autoscaler sees a deficit at the instant it arises.
import type { PoolNeed } from '#domain/capability/match.ts';
import type { PoolRoom, Roster } from './roster.ts';
import type { ReadyTasks } from './scheduler.ts';

export interface Demand {
  /** Ready tasks that wait for a slot of this pool. */
  queued(poolKey: string): number;
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

class QueueDemand implements Demand {
  readonly #ready: ReadyTasks;
  readonly #roster: Pick<Roster, 'poolsFor' | 'room'>;
  readonly #durations = new Map<string, number[]>();
  #queued = new Map<string, number>();

  constructor(ready: ReadyTasks, roster: Pick<Roster, 'poolsFor' | 'room'>) {
    this.#ready = ready;
    this.#roster = roster;
  }

  queued(poolKey: string): number {
    return this.#queued.get(poolKey) ?? 0;
  }

  medianRunMs(poolKey: string): number | undefined {
    const seen = this.#durations.get(poolKey)?.toSorted((a, b) => a - b);
    return seen?.[Math.floor(seen.length / 2)];
  }

  refresh(): readonly string[] {
    const before = this.#queued;
    const now = this.#count();
    this.#queued = now;
    return [...new Set([...before.keys(), ...now.keys()])].filter((pool) => before.get(pool) !== now.get(pool));
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

  #count(): Map<string, number> {
    const asked = new Map<string, number>();
    const shapes = this.#ready.byShape();
    if (shapes.length === 0) return asked;
    const room = this.#roster.room();
    for (const shape of shapes) this.#spread(shape, room, asked);
    return asked;
  }

  #spread({ need, count }: { readonly need: PoolNeed; readonly count: number }, room: PoolRoom, asked: Map<string, number>): void {
    const pools = this.#roster.poolsFor(need);
    const ask = (pool: string, tasks: number) => void (tasks > 0 && asked.set(pool, (asked.get(pool) ?? 0) + tasks));
    let left = count;
    for (const pool of pools) {
      const here = Math.min(left, Math.max(0, room.left(pool) - (asked.get(pool) ?? 0)));
      ask(pool, here);
      left -= here;
    }
    // What nobody has room for is told to one pool all the same: that is how people see that it is too small, or paused.
    const [first] = pools;
    const last = pools.find((pool) => room.serves(pool)) ?? first;
    if (last !== undefined) ask(last, left);
  }
}
