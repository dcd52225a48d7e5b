// Metrics of a process: one registry, handed around, never the global one. Names: coditect_<noun>_<unit>.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  /** A number that only grows; `name` ends in _total. */
  counter<L extends string>(name: string, help: string, labelNames?: readonly L[]): Counter<L>;
  /** A number that goes up and down; `collect` is asked at each scrape. */
  gauge<L extends string>(name: string, help: string, options?: GaugeOptions<L>): Gauge<L>;
  /** A distribution; `name` ends in _seconds or _bytes, and `buckets` are in that unit. */
  histogram<L extends string>(name: string, help: string, options: HistogramOptions<L>): Histogram<L>;
  /** All metrics in the Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

export interface GaugeOptions<L extends string> {
  readonly labelNames?: readonly L[];
  readonly collect?: (gauge: Gauge<L>) => void;
}

export interface HistogramOptions<L extends string> {
  readonly labelNames?: readonly L[];
  readonly buckets: readonly number[];
}

/** Bucket bounds, in seconds, for what should take milliseconds but may take a minute. */
export const latencySeconds: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Metrics of this process, with Node's own (event loop lag, heap, garbage collection) and `coditect_build_info`. */
export function createMetrics(component: string, version: string): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const metrics: Metrics = {
    counter: (name, help, labelNames = []) => new Counter({ name: named(name, /_total$/), help, labelNames: [...labelNames], registers }),
    gauge: (name, help, { labelNames = [], collect } = {}) => {
      const gauge: Gauge<(typeof labelNames)[number]> = new Gauge({ name: named(name, /[^l]$|[^a]l$/), help, labelNames: [...labelNames], registers, ...(collect === undefined ? {} : { collect: () => collect(gauge) }) });
      return gauge;
    },
    histogram: (name, help, { labelNames = [], buckets }) => new Histogram({ name: named(name, /_(seconds|bytes)$/), help, labelNames: [...labelNames], buckets: [...buckets], registers }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
  metrics.gauge('build_info', 'Always 1; the labels say what runs.', { labelNames: ['component', 'version', 'node'] }).set({ component, version, node: process.version }, 1);
  return metrics;
}

function named(name: string, unit: RegExp): string {
  if (!/^[a-z]+(_[a-z]+)*$/.test(name) || !unit.test(name)) throw new Error(`metric ${name} is not called <noun>_<unit> as its type wants: rename it`);
  return `coditect_${name}`;
}
