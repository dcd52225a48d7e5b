// What each pool is asked for right now: the autoscaler sees a deficit at the instant it arises.
import type { Roster } from './roster.ts';
import type { ReadyTasks } from './scheduler.ts';

export interface Demand {
  /** Ready tasks that wait for a slot of this pool. */
  queued(poolKey: string): number;
  /** Median run time of tasks on this pool, milliseconds; undefined before the first. */
  medianRunMs(poolKey: string): number | undefined;
  /** Counts again; returns the pools whose number changed. */
  refresh(): readonly string[];
  ran(poolKey: string, durationMs: number): void;
}

const durationsKept = 64;

/** Demand by pool. A task that several pools could serve is counted for the first of them by name. */
export function createDemand(ready: ReadyTasks, roster: Pick<Roster, 'poolsFor'>): Demand {
  let queued = new Map<string, number>();
  const durations = new Map<string, number[]>();

  return {
    queued: (poolKey) => queued.get(poolKey) ?? 0,
    medianRunMs(poolKey) {
      const seen = durations.get(poolKey)?.toSorted((a, b) => a - b);
      return seen?.[Math.floor(seen.length / 2)];
    },
    refresh() {
      const now = new Map<string, number>();
      for (const { need, count } of ready.byShape()) {
        const [pool] = roster.poolsFor(need);
        if (pool !== undefined) now.set(pool, (now.get(pool) ?? 0) + count);
      }
      const changed = [...new Set([...queued.keys(), ...now.keys()])].filter((pool) => queued.get(pool) !== now.get(pool));
      queued = now;
      return changed;
    },
    ran(poolKey, durationMs) {
      const seen = durations.get(poolKey) ?? [];
      durations.set(poolKey, seen);
      seen.push(durationMs);
      if (seen.length > durationsKept) seen.shift();
    },
  };
}
