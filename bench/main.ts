// Runs the benches on this machine and writes bench/results/latest.json: node bench/main.ts [id ...]
import { createWorld } from '#testing/world.ts';
import { benchDemoMission } from './demo-mission.ts';
import { benchDispatch } from './dispatch.ts';
import { benchIngest } from './events/ingest.ts';
import { benchReplay } from './replay/replay.ts';
import { isClaimMissed, keepRows, rowTable, type Targets } from './report.ts';
import type { BenchRow } from './row.ts';
import { benchSandbox } from './sandbox.ts';
import { benchTransport } from './transport.ts';
import { benchWorld } from './world/bench.ts';
import { benchWrites } from './writes.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
say('measuring the sandboxes');
const rows: BenchRow[] = [...(await benchSandbox()), ...(await benchTransport())];
for (const [what, bench] of [['replay', benchReplay], ['the way of events to the log', benchIngest], ['the world model', benchWorld]] as const) {
  say(`measuring ${what}`);
  rows.push(...(await bench()));
}
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
await keepRows(rows);
const targets: Targets = {
  transport_vs_stock: { limit: 15, sense: 'at least', isClaimed: true },
  demo_mission_s: { limit: 30, sense: 'at most', isClaimed: true },
  writes_per_task: { limit: 2.2, sense: 'at most', isClaimed: true },
  wasm_claim_p99_ms: { limit: 20, sense: 'at most', isClaimed: false },
  jail_start_ms: { limit: 3, sense: 'at most', isClaimed: false },
  sandbox_kill_max_ms: { limit: 250, sense: 'at most', isClaimed: false },
  sandbox_left_after_2000_runs: { limit: 0, sense: 'at most', isClaimed: true },
  replay_events_per_s: { limit: 1_000_000, sense: 'at least', isClaimed: true },
  replay_first_event_ms: { limit: 50, sense: 'at most', isClaimed: true },
  ingest_vs_single_message: { limit: 25, sense: 'at least', isClaimed: false },
  ingest_events_per_s: { limit: 300_000, sense: 'at least', isClaimed: false },
  world_snapshot_p99_ms: { limit: 1, sense: 'at most', isClaimed: true },
  world_snapshot_from_redis_p99_ms: { limit: 10, sense: 'at most', isClaimed: false },
  world_rebuild_20000_tasks_s: { limit: 10, sense: 'at most', isClaimed: true },
  ready_to_executing_p99_ms_20_agents: { limit: 50, sense: 'at most', isClaimed: false },
};
process.stdout.write(`${rowTable(rows, targets)}\n`);
if (isClaimMissed(rows, targets)) process.exitCode = 1;
