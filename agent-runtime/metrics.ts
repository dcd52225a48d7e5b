// What an agent counts: attempts by their reason, how long they took, and its slots.
import type { Clock } from '#platform/clock.ts';
import type { Metrics } from '#platform/telemetry/metrics.ts';
import type { RunTask } from './execution/run-task.ts';

/** Bounds in seconds: attempts take from milliseconds to hours. */
const attemptSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600] as const;

/** The same runner, counted. */
export function countAttempts(runTask: RunTask, metrics: Metrics, clock: Clock): RunTask {
  const ended = metrics.counter('attempts_total', 'Attempts that ended, by role and reason.', ['type', 'reason']);
  const seconds = metrics.histogram('attempt_duration_seconds', 'Run time of attempts, in seconds, storing of artifacts included.', { labelNames: ['type'], buckets: attemptSeconds });
  return async (order, live) => {
    const startedAt = clock.monotonic();
    const result = await runTask(order, live);
    const { type } = order.spec;
    ended.inc({ type, reason: result.reason });
    seconds.observe({ type }, (clock.monotonic() - startedAt) / 1000);
    return result;
  };
}

/** Gauges of the slots. */
export function showSlots(metrics: Metrics, slots: number, held: () => number): void {
  metrics.gauge('agent_slots', 'Slots of this agent.').set(slots);
  metrics.gauge('agent_slots_used', 'Slots that run an attempt or keep its result.', { collect: (gauge) => gauge.set(held()) });
}
