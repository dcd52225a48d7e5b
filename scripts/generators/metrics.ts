// docs/reference/metrics.md: what each process registers, asked of the very functions that register it.
import { countAttempts, showSlots } from '#agent-runtime/metrics.ts';
import { countDropped } from '#agent-runtime/telling/metrics.ts';
import { countAnswers } from '#blobs/metrics.ts';
import { createConsoleMetrics } from '#console/metrics.ts';
import { createGatewayMetrics } from '#llm-gateway/metrics.ts';
import { createMirrorMetrics, showLease } from '#mirror/metrics.ts';
import { countDeliveries } from '#mirror/sinks/clickhouse/metrics.ts';
import { createWorldMetrics } from '#mirror/world/metrics.ts';
import { createOperatorMetrics } from '#operator/metrics.ts';
import { systemClock } from '#platform/clock.ts';
import { createMetrics, type Metrics } from '#platform/telemetry/metrics.ts';
import { code, table } from './markdown.ts';
import { type GeneratedFile, referencePage } from './output.ts';

/** One metric as documents show it. */
export interface MetricRow {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

interface Process {
  readonly title: string;
  readonly register: (metrics: Metrics) => void;
}

const processes: readonly Process[] = [
  { title: 'Operator', register: createOperatorMetrics },
  { title: 'Blob service', register: countAnswers },
  { title: 'LLM gateway', register: (metrics) => void createGatewayMetrics(metrics, { reservedMicroUsd: () => 0, isBreakerOpen: () => false }) },
  {
    title: 'Mirror',
    register: (metrics) => {
      showLease(metrics, () => false);
      createMirrorMetrics(metrics, { log: () => undefined, waiting: () => 0, watchAgeMs: () => 0, parts: () => [] });
      createWorldMetrics(metrics).observe(() => ({ lagMs: 0, missions: 0, entities: 0 }));
      countDeliveries(metrics);
    },
  },
  { title: 'Console', register: (metrics) => void createConsoleMetrics(metrics, { streams: () => 0, watchAgeMs: () => 0 }) },
  {
    title: 'Agent',
    register: (metrics) => {
      countAttempts(() => Promise.reject(new Error('nothing runs while documents are written')), metrics, systemClock);
      showSlots(metrics, 1, () => 0);
      countDropped(metrics);
    },
  },
];

/** The metrics that `register` makes, in its order. */
export function metricsOf(register: Process['register']): MetricRow[] {
  const rows: MetricRow[] = [];
  const registry = createMetrics('documents', '');
  const note = (type: MetricRow['type'], name: string, help: string, labels: readonly string[] = []) => rows.push({ name: `coditect_${name}`, type, labels, help });
  register({
    ...registry,
    counter: (name, help, labelNames) => (note('counter', name, help, labelNames), registry.counter(name, help, labelNames)),
    gauge: (name, help, options) => (note('gauge', name, help, options?.labelNames), registry.gauge(name, help, options)),
    histogram: (name, help, options) => (note('histogram', name, help, options.labelNames), registry.histogram(name, help, options)),
  });
  return rows;
}

/** Every metric of every process. */
export function allMetrics(): readonly MetricRow[] {
  return processes.flatMap(({ register }) => metricsOf(register));
}

/** docs/reference/metrics.md. */
export function metricFiles(): GeneratedFile[] {
  const sections = processes.flatMap(({ title, register }) => [`## ${title}`, metricTable(metricsOf(register))]);
  const page = referencePage('metrics', 'the metrics.ts files of the processes', [
    '# Metrics',
    'Each process serves `/metrics` on its health port, plain HTTP, in the Prometheus text format. Beside the metrics below each one shows `coditect_build_info` (labels `component`, `version`, `node`) and what prom-client measures of Node: event loop lag, heap, garbage collection. Labels are of bounded number; no label names an object.',
    ...sections,
  ]);
  return [page];
}

function metricTable(rows: readonly MetricRow[]): string {
  return table(['Metric', 'Type', 'Labels', 'Description'], rows.map(({ name, type, labels, help }) => [code(name), type, labels.map(code).join(', '), help]));
}
