// How long the questions of a dashboard take over a large history: through the client and the wire, one after the other.
import { type StatsName, StatsParameters } from '#api/stats.ts';
import type { BenchRow } from '#bench/row.ts';
import { eventColumns } from '#mirror/sinks/clickhouse/columns.ts';
import { migrate } from '#mirror/sinks/clickhouse/migrate.ts';
import { migrationsOf } from '#mirror/sinks/clickhouse/migrations.ts';
import { buildQuestion } from '#mirror/stats/decide/query.ts';
import { askingStats } from '#mirror/stats/queries.ts';
import type { ClickHouse } from '#platform/clickhouse/types.ts';
import { t0 } from './rows.ts';

const day = 86_400_000;
const rounds = 20;
const database = 'board';
const questions: readonly (readonly [StatsName, object])[] = [
  ['cost', { by: 'model' }], ['cost', { by: 'mission' }], ['cost', { by: 'agent' }], ['trends', { by: 'day' }], ['latency', { by: 'task_type' }], ['agents', {}], ['failures', {}], ['reuse', { by: 'day' }], ['cost', { mission: '', by: 'model' }],
];

/** Thirty days of 10^exponent events, asked about as a whole and in part. */
export async function benchDashboards(client: ClickHouse, exponent: number): Promise<readonly BenchRow[]> {
  await migrate(client, database, migrationsOf(database, { eventDays: 3650, rollupDays: 3650 }));
  await fill(client, 10 ** exponent);
  const ask = askingStats(client);
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, parameters] of questions) {
      const built = buildQuestion(name, StatsParameters.parse({ ...parameters, ...('mission' in parameters ? { mission: `mission-${8 + (round % 8)}` } : {}), from: new Date(t0).toISOString() }), { tenant: `team-${round % 8}`, database, now: t0 + 30 * day });
      if (built.kind === 'fault') throw new Error(`${name}: ${built.fault}`);
      const started = performance.now();
      const rows = await ask(built.question, new AbortController().signal);
      times.push(performance.now() - started);
      if (rows.length === 0) throw new Error(`${name} found nothing`);
    }
  }
  const scan = await scanMs(client);
  const p99 = times.toSorted((left, right) => left - right)[Math.ceil(times.length * 0.99) - 1] ?? 0;
  return [{ id: `dashboard_p99_ms_1e${exponent}`, value: p99, unit: 'ms', floor: scan, ratio: p99 / scan, command: exponent === 8 ? 'FULL=1 node bench/analytics/main.ts' : 'node bench/analytics/main.ts' }];
}

/** Made inside the engine: what is measured are the answers. */
async function fill(client: ClickHouse, rows: number): Promise<void> {
  const step = 10_000_000;
  const told: Readonly<Record<string, string>> = {
    tenant: "concat('team-', toString(intDiv(number, 500) % 8))",
    mission: "concat('mission-', toString(intDiv(number, 500) % 400))",
    ts: `fromUnixTimestamp64Milli(toInt64(${t0} + number * ${30 * day} / ${rows}), 'UTC')`,
    id: "concat('u.', toString(number))",
    type: "multiIf(number % 10 = 0, 'task.ended', number % 10 < 5, 'agent.think', 'agent.act')",
    task_type: "if(number % 10 = 0, if(number % 3 = 0, 'Coder', 'Tester'), '')",
    agent: "concat('coders-', toString(number % 50))",
    pool: "'coders'",
    model: "if(number % 10 IN (1, 2, 3, 4), if(number % 4 = 0, 'model-large', 'model-small'), '')",
    result: "if(number % 10 = 0, if(number % 70 = 0, 'Failed', 'Succeeded'), '')",
    reason: "if(number % 10 = 0, if(number % 70 = 0, 'CommandFailed', 'Completed'), '')",
    duration_ms: 'if(number % 10 = 0, 200 + (number * 7919) % 60000, 0)',
    cost_micro_usd: 'if(number % 10 IN (1, 2, 3, 4), 900 + number % 5000, 0)',
    calls: 'number % 10 IN (1, 2, 3, 4)',
  };
  const names = eventColumns.map(({ name }) => name).filter((name) => told[name] !== undefined);
  for (let from = 0; from < rows; from += step) {
    await client.command(`INSERT INTO ${database}.events (${names.join(', ')}) SELECT ${names.map((name) => told[name]).join(', ')} FROM numbers(${from}, ${Math.min(step, rows - from)})`);
  }
}

/** The cheapest of these questions put to the events themselves. */
async function scanMs(client: ClickHouse): Promise<number> {
  const started = performance.now();
  await client.query(`SELECT model, sum(cost_micro_usd) AS cost FROM ${database}.events WHERE tenant = 'team-1' AND type = 'agent.think' GROUP BY model`);
  return performance.now() - started;
}
