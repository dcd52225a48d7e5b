// How much the world model keeps, and for how long.

export interface WorldLimits {
  /** Entities in memory: missions, tasks, and what agents tell of them. */
  readonly entities: number;
  /** Things that agents told of missions that are being loaded. */
  readonly late: number;
  /** How long the world of a mission stays in Redis after it ended. */
  readonly keptMs: number;
  /** How long Redis remembers what agents told of a mission when nothing more comes. */
  readonly liveMs: number;
  readonly checkMs: number;
  /** How long changes are collected before they are written. */
  readonly flushMs: number;
}

export const worldLimits: WorldLimits = { entities: 200_000, late: 20_000, keptMs: 86_400_000, liveMs: 300_000, checkMs: 60_000, flushMs: 20 };
