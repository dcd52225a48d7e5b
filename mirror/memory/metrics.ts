// What the memory counts.
import type { Metrics } from '#platform/telemetry/metrics.ts';
import type { Kept } from './keeper.ts';

export interface MemoryMetrics {
  readonly kept: (kept: Kept) => void;
  readonly forgotten: (count: number) => void;
  /** `told`: lessons were found or not; `lost`: nobody answered in time. */
  readonly recalled: (outcome: 'told' | 'lost') => void;
}

/** Registers the counters. */
export function createMemoryMetrics(metrics: Metrics): MemoryMetrics {
  const episodes = metrics.counter('memory_episodes_total', 'Episodes that were written to Chroma; those that were checked later count again.');
  const lessons = metrics.counter('memory_lessons_total', 'Lessons that were written to Chroma, one a plan that goals have checked.');
  const refused = metrics.counter('memory_refused_messages_total', 'Messages of the log that could not be read.');
  const forgotten = metrics.counter('memory_forgotten_total', 'Episodes that were too old or too many.');
  const recalls = metrics.counter('memory_recalls_total', 'Questions of planners, by whether they were answered in time.', ['outcome']);
  return {
    kept: (kept) => {
      episodes.inc(kept.episodes);
      lessons.inc(kept.lessons);
      refused.inc(kept.refused);
    },
    forgotten: (count) => forgotten.inc(count),
    recalled: (outcome) => recalls.inc({ outcome }),
  };
}
