// Runs the benches on this machine and writes bench/results/latest.json: node bench/main.ts [id ...]
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createWorld } from '#testing/world.ts';
import { benchDemoMission } from './demo-mission.ts';
import { benchDispatch } from './dispatch.ts';
import type { BenchRow } from './row.ts';
import { benchTransport } from './transport.ts';
import { benchWrites } from './writes.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const rows: BenchRow[] = [...(await benchTransport())];
const world = await createWorld(`bench-${process.pid}`, { say, leaseSeconds: 30 });
const stop = (): void => void world.close().finally(() => process.exit(130));
process.once('SIGINT', stop).once('SIGTERM', stop);
try {
  for (const [what, bench] of [['the demo mission', benchDemoMission], ['API requests of 200 short tasks', benchWrites], ['dispatch to 20 agents', benchDispatch]] as const) {
    say(`measuring ${what}`);
    rows.push(...(await bench(world)));
  }
} finally {
  await world.close();
}
const folder = join(import.meta.dirname, 'results');
await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'latest.json'), `${JSON.stringify(rows, undefined, 2)}\n`);
/** What we aim at. Those that we claim fail the bench when they are missed; the others are work to do. */
const targets: Readonly<Record<string, { readonly limit: number; readonly sense: 'at most' | 'at least'; readonly isClaimed: boolean }>> = {
  transport_vs_stock: { limit: 15, sense: 'at least', isClaimed: true },
  demo_mission_s: { limit: 30, sense: 'at most', isClaimed: true },
  writes_per_task: { limit: 2.2, sense: 'at most', isClaimed: true },
  ready_to_executing_p99_ms_20_agents: { limit: 50, sense: 'at most', isClaimed: false },
};
const width = Math.max(...rows.map(({ id }) => id.length));
process.stdout.write(`${'id'.padEnd(width)}  ${'value'.padStart(10)}  ${'floor'.padStart(10)}  ${'ratio'.padStart(8)}  ${'unit'.padEnd(8)}  target\n`);
for (const { id, value, floor, ratio, unit } of rows) process.stdout.write(`${id.padEnd(width)}  ${number(value).padStart(10)}  ${number(floor).padStart(10)}  ${number(ratio).padStart(8)}  ${unit.padEnd(8)}  ${verdict(id, value)}\n`);
if (rows.some(({ id, value }) => targets[id]?.isClaimed === true && isMissed(id, value))) process.exitCode = 1;

function verdict(id: string, value: number): string {
  const target = targets[id];
  return target === undefined ? '' : `${isMissed(id, value) ? 'MISSED' : 'met'}: ${target.sense} ${target.limit}`;
}

function isMissed(id: string, value: number): boolean {
  const target = targets[id];
  if (target === undefined) return false;
  return target.sense === 'at most' ? value > target.limit : value < target.limit;
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
