// The operator's own metrics. Labels are of bounded number: kinds, verbs, results; never a name of a mission or task.
import type { ReflectorState } from '#platform/kube/reflector.ts';
import type { RequestRecord } from '#platform/kube/transport.ts';
import { latencySeconds, type Metrics } from '#platform/telemetry/metrics.ts';

export interface OperatorMetrics {
  reconciled(kind: string, result: 'done' | 'error', ms: number): void;
  reflector(plural: string, state: ReflectorState): void;
  request(record: RequestRecord): void;
  /** From ready to executing. */
  began(waitedMs: number): void;
  leading(leads: boolean): void;
  /** `silent`: the LLM gateway did not tell. */
  usageAsked(result: 'told' | 'silent'): void;
}

/** Registers the operator's metrics. */
export function createOperatorMetrics(metrics: Metrics): OperatorMetrics {
  const reconciles = metrics.counter('reconciles_total', 'Turns of the reconcilers by kind and result.', ['kind', 'result']);
  const durations = metrics.histogram('reconcile_seconds', 'Length of a turn of a reconciler.', { labelNames: ['kind'], buckets: latencySeconds });
  const lists = metrics.counter('reflector_events_total', 'Lists, watches, pauses, garbage and skipped objects of the caches.', ['plural', 'event']);
  const requests = metrics.counter('api_requests_total', 'Requests to the API server by verb, plural and status.', ['verb', 'plural', 'status']);
  const latencies = metrics.histogram('api_request_seconds', 'Time from queueing a request to the end of its answer.', { labelNames: ['verb'], buckets: latencySeconds });
  const waits = metrics.histogram('ready_to_executing_seconds', 'Time from a task being ready to its agent saying that it has begun.', { buckets: latencySeconds });
  const usage = metrics.counter('usage_requests_total', 'Questions to the LLM gateway about what a mission has used, by result.', ['result']);
  const leader = metrics.gauge('leader_info', '1 while this replica leads.');
  leader.set(0);
  return {
    reconciled(kind, result, ms) {
      reconciles.inc({ kind, result });
      if (result === 'done') durations.observe({ kind }, ms / 1000);
    },
    reflector: (plural, { kind }) => lists.inc({ plural, event: kind }),
    request({ verb, plural, status, ms }) {
      requests.inc({ verb, plural, status: String(status) });
      latencies.observe({ verb }, ms / 1000);
    },
    began: (waitedMs) => waits.observe(waitedMs / 1000),
    usageAsked: (result) => usage.inc({ result }),
    leading: (leads) => leader.set(leads ? 1 : 0),
  };
}
