// What Prometheus and Grafana are told of an installation: scraping, rules and dashboards. All of it is off unless asked for, because its kinds belong to others.
import { labels, names } from '#api/labels.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { alerts } from './alerts.ts';
import { dashboards } from './dashboards.ts';
import { control, expression, rawText } from './template.ts';

const monitoring = 'monitoring.coreos.com/v1';

/** Scrapes every Service of the installation on its health port. */
export function serviceMonitor(): NewObject {
  const values = '.Values.serviceMonitor';
  const spec = {
    selector: { matchLabels: { [labels.name]: 'coditect' } },
    namespaceSelector: { matchNames: [expression('.Release.Namespace')] },
    endpoints: [{ port: 'health', path: '/metrics', interval: expression(`${values}.interval`) }],
  };
  return { apiVersion: monitoring, kind: 'ServiceMonitor', metadata: { name: 'coditect', labels: further(values) }, spec };
}

/** Scrapes agents, wherever their pools are: they have no Service. */
export function podMonitor(): NewObject {
  const values = '.Values.serviceMonitor';
  const spec = { selector: { matchLabels: { [labels.name]: 'coditect-agent' } }, namespaceSelector: { any: true }, podMetricsEndpoints: [{ port: 'health', path: '/metrics', interval: expression(`${values}.interval`) }] };
  return { apiVersion: monitoring, kind: 'PodMonitor', metadata: { name: 'coditect-agents', labels: further(values) }, spec };
}

/** The alerts, each with a link to what to do. */
export function prometheusRule(): NewObject {
  const values = '.Values.prometheusRule';
  const rules = alerts.map(({ name, expr, for: duration, severity, means }) => ({
    alert: name,
    expr,
    for: duration,
    labels: { severity },
    annotations: { summary: means, runbook_url: expression(`${values}.runbookUrl`) + `#${name.toLowerCase()}` },
  }));
  return { apiVersion: monitoring, kind: 'PrometheusRule', metadata: { name: 'coditect', labels: further(values) }, spec: { groups: [{ name: 'coditect', rules }] } };
}

/** One ConfigMap a dashboard, for the sidecar of Grafana; their texts are files of the chart. */
export function dashboardConfigMaps(): NewObject[] {
  return dashboards.map(({ name }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${names.operator}-dashboard-${name}`, labels: { grafana_dashboard: '1', ...further('.Values.dashboards') } },
    data: { [`coditect-${name}.json`]: rawText(`.Files.Get "dashboards/${name}.json"`) },
  }));
}

/** Labels that people add: operators of Prometheus select by them. */
function further(values: string): Readonly<Record<string, string>> {
  return { ...control(`with ${values}.labels`), ...control('toYaml . | nindent 4'), ...control('end') } as unknown as Record<string, string>;
}
