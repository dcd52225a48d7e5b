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
const width = Math.max(...rows.map(({ id }) => id.length));
process.stdout.write(`${'id'.padEnd(width)}  ${'value'.padStart(10)}  ${'floor'.padStart(10)}  ${'ratio'.padStart(8)}  unit\n`);
for (const { id, value, floor, ratio, unit } of rows) process.stdout.write(`${id.padEnd(width)}  ${number(value).padStart(10)}  ${number(floor).padStart(10)}  ${number(ratio).padStart(8)}  ${unit}\n`);

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
