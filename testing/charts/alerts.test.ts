import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { alerts } from '#scripts/generators/alerts.ts';
import { findHelm, objectsOf } from './helm.ts';
import { findPromtool } from './promtool.ts';
import { monitoring } from './renderings.ts';

/** Values at each minute by the name of the series, without the label of the namespace. */
type Series = Readonly<Record<string, string>>;

interface Case {
  /** Sets the alert off within the time below. */
  readonly fires: Series;
  /** Does not, however long it goes on. */
  readonly quiet: Series;
  /** Labels of the alert beside severity and namespace. */
  readonly labels?: Readonly<Record<string, string>>;
}

const hour = '0+0x70';
/** A counter that grows by so much each minute. */
const growing = (perMinute: number) => `0+${perMinute}x70`;
const slow = (le: string, perMinute: number) => [`coditect_ready_to_executing_seconds_bucket{le="${le}"}`, growing(perMinute)] as const;

const cases: Readonly<Record<string, Case>> = {
  CoditectNoLeader: { fires: { coditect_leader_info: '0x70' }, quiet: { 'coditect_leader_info{pod="a"}': '1x70', 'coditect_leader_info{pod="b"}': '0x70' } },
  CoditectOperatorAbsent: { fires: {}, quiet: { coditect_leader_info: '0x70' } },
  CoditectTwoLeaders: { fires: { 'coditect_leader_info{pod="a"}': '1x70', 'coditect_leader_info{pod="b"}': '1x70' }, quiet: { 'coditect_leader_info{pod="a"}': '1x70', 'coditect_leader_info{pod="b"}': '0x70' } },
  CoditectReconcileErrors: {
    fires: { 'coditect_reconciles_total{kind="Mission",result="error"}': growing(20), 'coditect_reconciles_total{kind="Mission",result="done"}': growing(80) },
    quiet: { 'coditect_reconciles_total{kind="Mission",result="error"}': growing(1), 'coditect_reconciles_total{kind="Mission",result="done"}': growing(99) },
    labels: { kind: 'Mission' },
  },
  CoditectApiServerRefuses: {
    fires: { 'coditect_api_requests_total{status="429"}': growing(10), 'coditect_api_requests_total{status="200"}': growing(90) },
    quiet: { 'coditect_api_requests_total{status="404"}': growing(50), 'coditect_api_requests_total{status="200"}': growing(50) },
  },
  CoditectDispatchSlow: { fires: Object.fromEntries([slow('5', 90), slow('10', 100), slow('+Inf', 100)]), quiet: Object.fromEntries([slow('5', 100), slow('10', 100), slow('+Inf', 100)]) },
  CoditectModelProviderFails: { fires: { coditect_llm_breaker_open: '1x70' }, quiet: { coditect_llm_breaker_open: '0x70' } },
  CoditectSpendFast: { fires: { coditect_llm_cost_usd_total: growing(2) }, quiet: { coditect_llm_cost_usd_total: growing(0.5) } },
  CoditectMirrorSilent: { fires: { coditect_mirror_holds_lease: '0x70' }, quiet: { coditect_mirror_holds_lease: '1x70' } },
  CoditectMirrorLogAway: { fires: { coditect_mirror_log_connected: '0x70' }, quiet: { coditect_mirror_log_connected: '1x70' } },
  CoditectMirrorDropsEvents: { fires: { coditect_mirror_outbox_dropped: growing(5) }, quiet: { coditect_mirror_outbox_dropped: '7x70' } },
  CoditectMirrorPartDown: { fires: { 'coditect_mirror_part_up{part="redis"}': '0x70' }, quiet: { 'coditect_mirror_part_up{part="redis"}': '1x70' }, labels: { part: 'redis' } },
};

test('every alert has a case', () => expect(Object.keys(cases).toSorted()).toEqual(alerts.map(({ name }) => name).toSorted()));

const [helm, promtool] = await Promise.all([findHelm(process.env), findPromtool(process.env)]);
const missing = [helm, promtool].flatMap((one) => (one.kind === 'missing' ? [one.why] : []));
const reason = missing.length === 0 ? '' : ` (skipped: ${missing.join('; ')})`;
const folder = mkdtempSync(join(tmpdir(), 'coditect-alerts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs promtool; its words when it is not content. */
function asked(...args: readonly string[]): Promise<string> {
  if (promtool.kind === 'missing') return Promise.resolve(promtool.why);
  return new Promise((done) => execFile(promtool.file, [...args], { cwd: folder }, (error, stdout, stderr) => done(error === null ? '' : `${stdout}\n${stderr}`)));
}

describe.skipIf(missing.length > 0)(`the rules of the chart in the real promtool${reason}`, { timeout: 60_000 }, () => {
  beforeAll(async () => {
    if (helm.kind === 'missing') return;
    const opened = helm.open();
    const rule = (await objectsOf(opened, { values: monitoring })).find(({ kind }) => kind === 'PrometheusRule');
    opened.close();
    writeFileSync(join(folder, 'rules.yaml'), stringify(rule?.spec));
  });

  test('are rules', async () => expect(await asked('check', 'rules', 'rules.yaml')).toBe(''));

  test.each(alerts.map((alert) => [alert.name, alert] as const))('%s is set off by what it is for, and by nothing near it', async (name, alert) => {
    const { fires = {}, quiet = {}, labels = {} } = cases[name] ?? {};
    const inNamespace = name === 'CoditectOperatorAbsent' ? {} : { namespace: 'sys' };
    const expected = { exp_labels: { severity: alert.severity, ...inNamespace, ...labels }, exp_annotations: { summary: alert.means, runbook_url: `${monitoring.prometheusRule.runbookUrl}#${name.toLowerCase()}` } };
    const suite = { rule_files: ['rules.yaml'], evaluation_interval: '1m', tests: [part(name, fires, [expected]), part(name, quiet, [])] };
    writeFileSync(join(folder, `${name}.yaml`), stringify(suite, { aliasDuplicateObjects: false }));
    expect(await asked('test', 'rules', `${name}.yaml`)).toBe('');
  });
});

function part(alertname: string, series: Series, exp_alerts: readonly object[]): object {
  const named = (name: string) => (name.includes('{') ? name.replace('{', '{namespace="sys",') : `${name}{namespace="sys"}`);
  return { interval: '1m', input_series: Object.entries({ coditect_build_info: hour, ...series }).map(([name, values]) => ({ series: named(name), values })), alert_rule_test: [{ eval_time: '65m', alertname, exp_alerts }] };
}
