// What the sink to ClickHouse counts.
import type { Metrics } from '#platform/telemetry/metrics.ts';
import type { Delivered } from './deliver.ts';

/** Registers the counters; the function is told of each batch that is stored. */
export function countDeliveries(metrics: Metrics): (delivered: Delivered) => void {
  const events = metrics.counter('clickhouse_events_total', 'Events of batches that are in ClickHouse: stored, repeated (told before) or refused (not readable, or of no size that a column holds).', ['outcome']);
  const batches = metrics.counter('clickhouse_batches_total', 'Batches that are in ClickHouse.');
  return ({ stored, repeated, refused }) => {
    batches.inc();
    events.inc({ outcome: 'stored' }, stored);
    events.inc({ outcome: 'repeated' }, repeated);
    events.inc({ outcome: 'refused' }, refused);
  };
}
