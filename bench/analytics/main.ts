// Measures how fast events become rows and rows become answers: node bench/analytics/main.ts; FULL=1 for dashboards over 1e8 rows (some minutes, 10 GB).
// The engine is ClickHouse's own, embedded behind its HTTP interface: client, wire, parser and storage are real, the server around them is a small one of ours.
import { isClaimMissed, keepRows, rowTable, type Targets } from '#bench/report.ts';
import type { BenchRow } from '#bench/row.ts';
import { aServer, connectTo, whyNot } from '#mirror/sinks/clickhouse/testing.ts';
import { benchDashboards } from './dashboards.ts';
import { benchInserts } from './inserts.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const targets: Targets = {
  engine_insert_rows_per_s: { limit: 1_000_000, sense: 'at least', isClaimed: false },
  dashboard_p99_ms_1e8: { limit: 50, sense: 'at most', isClaimed: false },
};

if (whyNot !== '') {
  say(`analytics are not measured${whyNot}`);
  process.exitCode = 1;
} else {
  const server = await aServer();
  const client = connectTo(server, { timeoutMs: 600_000 });
  const rows: BenchRow[] = [];
  try {
    say('measuring inserts');
    rows.push(...(await benchInserts(client)));
    say('measuring dashboards');
    rows.push(...(await benchDashboards(client, process.env['FULL'] === '1' ? 8 : 7)));
  } finally {
    await client.close();
    await server.stop();
  }
  await keepRows(rows);
  process.stdout.write(`${rowTable(rows, targets)}\n`);
  if (isClaimMissed(rows, targets)) process.exitCode = 1;
}
