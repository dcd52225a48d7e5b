// What the console counts and shows.
import type { Metrics } from '#platform/telemetry/metrics.ts';

export interface ConsoleMetrics {
  readonly answered: (status: number) => void;
  readonly refused: (status: number) => void;
}

export interface Gauges {
  readonly streams: () => number;
  readonly watchAgeMs: () => number;
}

/** Before the first list the age has no end, which no scrape can say. */
const longestAgeSeconds = 1_000_000;

/** Registers the metrics. */
export function createConsoleMetrics(metrics: Metrics, { streams, watchAgeMs }: Gauges): ConsoleMetrics {
  const answers = metrics.counter('console_answers_total', 'Answers to people, by status code.', ['status']);
  const refusals = metrics.counter('console_refusals_total', 'Requests that were refused for who asked or how often, by status code.', ['status']);
  metrics.gauge('console_streams', 'Streams of changes and histories that are open.', { collect: (own) => own.set(streams()) });
  metrics.gauge('console_watch_age_seconds', 'Time since the API server last said anything, of the kind that was silent the longest.', { collect: (own) => own.set(Math.min(watchAgeMs() / 1000, longestAgeSeconds)) });
  return { answered: (status) => answers.inc({ status: String(status) }), refused: (status) => refusals.inc({ status: String(status) }) };
}
