// Bars in lanes: one agent a lane, in more than one row where it works at several tasks at once.
import type { Instant } from '#api/time.ts';
import type { Bar } from './history.ts';

export interface Lane {
  readonly agent: string;
  /** Bars that do not overlap. */
  readonly rows: readonly (readonly Bar[])[];
}

/** Lanes by the name of their agents. */
export function lanesOf(bars: readonly Bar[]): Lane[] {
  const byAgent = Map.groupBy(bars, ({ agent }) => agent);
  return [...byAgent].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([agent, own]) => ({ agent, rows: rowsOf(own) }));
}

function rowsOf(bars: readonly Bar[]): Bar[][] {
  const rows: Bar[][] = [];
  for (const bar of bars.toSorted((a, b) => a.from - b.from)) {
    const free = rows.find((row) => (row.at(-1)?.until ?? Number.POSITIVE_INFINITY) <= bar.from);
    if (free === undefined) rows.push([bar]);
    else free.push(bar);
  }
  return rows;
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400].map((seconds) => seconds * 1000);

/** Round moments between two others, about so many. */
export function ticksOf(from: Instant, until: Instant, about: number): Instant[] {
  const step = steps.find((ms) => (until - from) / ms <= about) ?? 86_400_000 * Math.ceil((until - from) / 86_400_000 / about);
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((until - first) / step) + 1) }, (_, index) => first + index * step);
}
