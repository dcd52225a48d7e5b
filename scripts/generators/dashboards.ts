// Dashboards for platform teams, as Grafana reads them. Only metrics of ours, summed by namespace; the data source is a variable.
import type { GeneratedFile } from './output.ts';

interface Panel {
  readonly title: string;
  /** As Grafana names units. */
  readonly unit: 's' | 'short' | 'reqps' | 'currencyUSD' | 'percentunit' | 'bytes';
  /** PromQL by the name of the line. */
  readonly lines: Readonly<Record<string, string>>;
}

interface Dashboard {
  /** Name of the file, and the end of its uid. */
  readonly name: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

const here = 'namespace=~"$namespace"';
const rate = (metric: string, by: string, filter = ''): string => `sum by (${by}) (rate(${metric}{${here}${filter}}[$__rate_interval]))`;
const total = (metric: string, by: string): string => `sum by (${by}) (${metric}{${here}})`;
const worst = (metric: string, by: string): string => `max by (${by}) (${metric}{${here}})`;
const quantile = (share: number, metric: string, by = ''): string => `histogram_quantile(${share}, sum by (le${by === '' ? '' : `, ${by}`}) (rate(${metric}_bucket{${here}}[$__rate_interval])))`;

/** Every dashboard. */
export const dashboards: readonly Dashboard[] = [
  {
    name: 'operator',
    title: 'Coditect / Operator and queue',
    panels: [
      { title: 'From ready to executing', unit: 's', lines: { p50: quantile(0.5, 'coditect_ready_to_executing_seconds'), p95: quantile(0.95, 'coditect_ready_to_executing_seconds'), p99: quantile(0.99, 'coditect_ready_to_executing_seconds') } },
      { title: 'Tasks that began', unit: 'reqps', lines: { began: rate('coditect_ready_to_executing_seconds_count', 'namespace') } },
      { title: 'Leaders', unit: 'short', lines: { '{{pod}}': total('coditect_leader_info', 'pod') } },
      { title: 'Turns of reconcilers', unit: 'reqps', lines: { '{{kind}} {{result}}': rate('coditect_reconciles_total', 'kind, result') } },
      { title: 'Length of turns, p99', unit: 's', lines: { '{{kind}}': quantile(0.99, 'coditect_reconcile_seconds', 'kind') } },
      { title: 'Requests to the API server', unit: 'reqps', lines: { '{{verb}} {{plural}}': rate('coditect_api_requests_total', 'verb, plural') } },
      { title: 'Requests that failed', unit: 'reqps', lines: { '{{status}}': rate('coditect_api_requests_total', 'status', ',status!~"2..|404|409"') } },
      { title: 'Answers of the API server, p99', unit: 's', lines: { '{{verb}}': quantile(0.99, 'coditect_api_request_seconds', 'verb') } },
      { title: 'Caches', unit: 'reqps', lines: { '{{plural}} {{event}}': rate('coditect_reflector_events_total', 'plural, event') } },
      { title: 'Blob service', unit: 'reqps', lines: { '{{method}} {{status}}': rate('coditect_blob_requests_total', 'method, status') } },
    ],
  },
  {
    name: 'pools',
    title: 'Coditect / Pools and agents',
    panels: [
      { title: 'Slots', unit: 'short', lines: { all: total('coditect_agent_slots', 'namespace'), used: total('coditect_agent_slots_used', 'namespace') } },
      { title: 'Share of slots in use', unit: 'percentunit', lines: { '{{namespace}}': `${total('coditect_agent_slots_used', 'namespace')} / ${total('coditect_agent_slots', 'namespace')}` } },
      { title: 'Attempts that ended', unit: 'reqps', lines: { '{{type}} {{reason}}': rate('coditect_attempts_total', 'type, reason') } },
      { title: 'Run time of attempts, p95', unit: 's', lines: { '{{type}}': quantile(0.95, 'coditect_attempt_duration_seconds', 'type') } },
      { title: 'Events of agents that were dropped', unit: 'reqps', lines: { '{{namespace}}': rate('coditect_agent_events_dropped_total', 'namespace') } },
    ],
  },
  {
    name: 'cost',
    title: 'Coditect / Models and cost',
    panels: [
      { title: 'Spent in an hour', unit: 'currencyUSD', lines: { '{{gen_ai_request_model}}': `sum by (gen_ai_request_model) (increase(coditect_llm_cost_usd_total{${here}}[1h]))` } },
      { title: 'Spent in a day', unit: 'currencyUSD', lines: { '{{namespace}}': `sum by (namespace) (increase(coditect_llm_cost_usd_total{${here}}[1d]))` } },
      { title: 'Reserved by calls in flight', unit: 'currencyUSD', lines: { '{{namespace}}': total('coditect_llm_reserved_usd', 'namespace') } },
      { title: 'Saved in a day', unit: 'currencyUSD', lines: { '{{lever}}': `sum by (lever) (increase(coditect_llm_saved_usd_total{${here}}[1d]))` } },
      { title: 'Tokens', unit: 'reqps', lines: { '{{gen_ai_request_model}} {{gen_ai_token_type}}': rate('coditect_gen_ai_client_token_usage_total', 'gen_ai_request_model, gen_ai_token_type') } },
      { title: 'Refused calls', unit: 'reqps', lines: { '{{type}}': rate('coditect_llm_refusals_total', 'type') } },
      { title: 'Answers of the provider, p95', unit: 's', lines: { '{{outcome}}': quantile(0.95, 'coditect_gen_ai_client_operation_duration_seconds', 'outcome') } },
      { title: 'Calls held back', unit: 'short', lines: { '{{namespace}}': worst('coditect_llm_breaker_open', 'namespace') } },
    ],
  },
  {
    name: 'mirror',
    title: 'Coditect / Mirror',
    panels: [
      { title: 'Parts that are well', unit: 'short', lines: { '{{part}}': `min by (part) (coditect_mirror_part_up{${here}})` } },
      { title: 'How far parts are behind', unit: 's', lines: { '{{part}}': worst('coditect_mirror_part_lag_seconds', 'part') } },
      { title: 'Events', unit: 'reqps', lines: { '{{family}}': rate('coditect_mirror_events_total', 'family') } },
      { title: 'Waiting for the log', unit: 'short', lines: { events: worst('coditect_mirror_outbox_events', 'namespace') } },
      { title: 'Waiting for the log, bytes', unit: 'bytes', lines: { bytes: worst('coditect_mirror_outbox_bytes', 'namespace') } },
      { title: 'Oldest event that waits', unit: 's', lines: { age: worst('coditect_mirror_outbox_oldest_seconds', 'namespace') } },
      { title: 'Events dropped since the start', unit: 'short', lines: { dropped: worst('coditect_mirror_outbox_dropped', 'namespace') } },
      { title: 'Staleness of the world in Redis', unit: 's', lines: { staleness: worst('coditect_world_staleness_seconds', 'namespace') } },
      { title: 'Rows for ClickHouse', unit: 'reqps', lines: { '{{outcome}}': rate('coditect_clickhouse_events_total', 'outcome') } },
    ],
  },
];

/** The files that the ConfigMaps of the chart hold. */
export function dashboardFiles(): GeneratedFile[] {
  return dashboards.map((dashboard) => ({ path: `charts/coditect/dashboards/${dashboard.name}.json`, text: `${JSON.stringify(toGrafana(dashboard), undefined, 1)}\n` }));
}

const datasource = { type: 'prometheus', uid: '${datasource}' };
const panelSize = { width: 12, height: 8 };

function toGrafana({ name, title, panels }: Dashboard): object {
  return {
    uid: `coditect-${name}`,
    title,
    tags: ['coditect'],
    editable: true,
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus' },
        { name: 'namespace', type: 'query', datasource, query: 'label_values(coditect_build_info, namespace)', refresh: 2, includeAll: true, multi: true, allValue: '.*' },
      ],
    },
    panels: panels.map(toPanel),
  };
}

function toPanel({ title, unit, lines }: Panel, index: number): object {
  const { width, height } = panelSize;
  return {
    id: index + 1,
    title,
    type: 'timeseries',
    datasource,
    gridPos: { x: (index % 2) * width, y: Math.floor(index / 2) * height, w: width, h: height },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: Object.entries(lines).map(([legend, expr], at) => ({ refId: String.fromCharCode(65 + at), datasource, expr, legendFormat: legend })),
  };
}
