// What the world model tells of itself.
import type { Metrics } from '#platform/telemetry/metrics.ts';

/** Why something in Redis was put right. `differs`: a world was not what it should be; `leftover`: nobody knows its mission; `rebuild`: it was asked for. */
export type RepairReason = 'differs' | 'leftover' | 'rebuild';

export interface WorldMetrics {
  repaired(reason: RepairReason): void;
  /** Something an agent told found no room. */
  dropped(): void;
  observe(read: () => { readonly lagMs: number; readonly missions: number; readonly entities: number }): void;
}

/** Metrics on the registry of the process. */
export function createWorldMetrics(metrics: Metrics): WorldMetrics {
  const repairs = metrics.counter('world_repairs_total', 'Worlds in Redis that were put right: differs, leftover or rebuild.', ['reason']);
  const dropped = metrics.counter('world_dropped_total', 'Things that agents told of missions while their worlds were loaded, and for which there was no room.');
  return {
    repaired: (reason) => repairs.inc({ reason }),
    dropped: () => dropped.inc(),
    observe: (read) => {
      metrics.gauge('world_staleness_seconds', 'Age of the oldest change that Redis does not have yet.', { collect: (gauge) => gauge.set(read().lagMs / 1000) });
      metrics.gauge('world_missions', 'Missions whose worlds are in memory.', { collect: (gauge) => gauge.set(read().missions) });
      metrics.gauge('world_entities', 'Missions, tasks and what agents told of them, in memory.', { collect: (gauge) => gauge.set(read().entities) });
    },
  };
}

/** Counts for nobody. */
export const noWorldMetrics: WorldMetrics = { repaired: () => {}, dropped: () => {}, observe: () => {} };
