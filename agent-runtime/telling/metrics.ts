// What the agent counts of its telling.
import type { Metrics } from '#platform/telemetry/metrics.ts';

/** Counts events that nobody will hear of. */
export function countDropped(metrics: Metrics): (events: number) => void {
  const dropped = metrics.counter('agent_events_dropped_total', 'Events of agents that the mirror was not told: it was away for too long, had no room, or refused them.');
  return (events) => dropped.inc(events);
}
