import { expect, test } from 'vitest';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { metricFiles, metricsOf } from './metrics.ts';

test('a metric shows the name that a scrape shows, its type, labels and help', async () => {
  const register = (metrics: ReturnType<typeof createMetrics>) => {
    metrics.counter('calls_total', 'Calls.', ['verb']);
    metrics.gauge('slots', 'Slots.').set(1);
    metrics.histogram('call_seconds', 'Time.', { labelNames: ['verb'], buckets: [1] });
  };
  const rows = metricsOf(register);
  expect(rows).toEqual([
    { name: 'coditect_calls_total', type: 'counter', labels: ['verb'], help: 'Calls.' },
    { name: 'coditect_slots', type: 'gauge', labels: [], help: 'Slots.' },
    { name: 'coditect_call_seconds', type: 'histogram', labels: ['verb'], help: 'Time.' },
  ]);
  const real = createMetrics('x', '1');
  register(real);
  const scrape = await real.text();
  for (const { name, type } of rows) expect(scrape).toContain(`# TYPE ${name} ${type}\n`);
  expect(scrape).toContain('coditect_build_info{component="x",version="1"');
});

test('the page has a section for each process, and no metric stands in it twice', () => {
  const text = metricFiles()[0]?.text ?? '';
  expect(text.match(/^## .*/gm)).toEqual(['## Operator', '## Blob service', '## LLM gateway', '## Mirror', '## Console', '## Agent']);
  const names = text.match(/^\| `coditect_\w+/gm) ?? [];
  expect(names.length).toBeGreaterThan(10);
  expect(new Set(names).size).toBe(names.length);
});
