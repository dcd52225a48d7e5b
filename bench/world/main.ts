// Measures the world model on this machine and prints the table: node bench/world/main.ts
import { rowTable, type Targets } from '../report.ts';
import { benchWorld } from './bench.ts';

const targets: Targets = {
  world_snapshot_p99_ms: { limit: 1, sense: 'at most', isClaimed: true },
  world_snapshot_from_redis_p99_ms: { limit: 10, sense: 'at most', isClaimed: false },
  world_rebuild_20000_tasks_s: { limit: 10, sense: 'at most', isClaimed: true },
};
process.stdout.write(`${rowTable(await benchWorld(), targets)}\n`);
