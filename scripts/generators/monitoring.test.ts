import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alerts, alertSection } from './alerts.ts';
import { dashboardFiles, dashboards } from './dashboards.ts';
import { allMetrics } from './metrics.ts';

/** Names of series by metric: histograms have several. */
const known = new Map(allMetrics().flatMap(({ name, type, labels }) => (type === 'histogram' ? ['_bucket', '_count', '_sum'].map((end) => [`${name}${end}`, labels] as const) : [[name, labels] as const])));
/** What Prometheus adds to each series, and what histograms have. */
const added = ['namespace', 'pod', 'le'];

const expressions: readonly (readonly [string, string])[] = [
  ...alerts.map(({ name, expr }) => [name, expr] as const),
  ...dashboards.flatMap(({ panels }) => panels.flatMap(({ title, lines }) => Object.values(lines).map((expr) => [title, expr] as const))),
];

test.each(expressions)('%s asks for metrics and labels that there are', (_, expr) => {
  const metrics = expr.match(/coditect_\w+/g) ?? [];
  expect(metrics.length).toBeGreaterThan(0);
  expect(metrics.filter((metric) => !known.has(metric))).toEqual([]);
  const labels = metrics.flatMap((metric) => known.get(metric) ?? []);
  const asked = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(',').map((label) => label.trim())).concat([...expr.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label));
  expect(asked.filter((label) => label !== '' && !labels.includes(label) && !added.includes(label))).toEqual([]);
});

test('each alert has an entry that its link leads to', () => {
  const headings = alertSection().match(/^### (\w+)$/gm);
  expect(headings).toEqual(alerts.map(({ name }) => `### ${name}`));
});

test('documents that alerts send people to exist', () => {
  const named = alerts.flatMap(({ next }) => next.match(/docs\/[\w-]+\.md/g) ?? []);
  expect(named.filter((path) => !existsSync(join(import.meta.dirname, '..', '..', path)))).toEqual([]);
});

test('dashboards name no namespace and no data source, and have an id of their own', () => {
  const files = dashboardFiles();
  for (const { text } of files) {
    expect(text).not.toContain('coditect-system');
    expect(JSON.parse(text)).toMatchObject({ templating: { list: [{ type: 'datasource' }, { name: 'namespace' }] } });
  }
  expect(new Set(files.map(({ text }) => (JSON.parse(text) as { uid: string }).uid)).size).toBe(files.length);
  expect(readFileSync(join(import.meta.dirname, '..', '..', files[0]?.path ?? ''), 'utf8')).toBe(files[0]?.text);
});
