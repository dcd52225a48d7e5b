// What the blob service counts.
import type { Metrics } from '#platform/telemetry/metrics.ts';

/** Registers the counter of answers; the returned function counts one. */
export function countAnswers(metrics: Metrics): (method: string, status: number) => void {
  const requests = metrics.counter('blob_requests_total', 'Requests answered by the blob service.', ['method', 'status']);
  return (method, status) => requests.inc({ method, status: String(status) });
}
