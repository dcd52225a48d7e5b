// What isolation costs: a claim of a ready WebAssembly child, a cold one, and the start of a program behind the jail, each beside the same without walls.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { bareJail } from '#sandbox/jail/bare.ts';
import { openJail } from '#sandbox/jail/open.ts';
import { measureStart } from '#sandbox/jail/start-cost.ts';
import { measureClaims, measureColdRuns } from '#sandbox/wasm/bench.ts';
import { partsIn } from '#sandbox/wasm/parts.ts';
import { root } from '#testing/world.ts';
import type { BenchRow } from './row.ts';

const rounds = { warm: 50, cold: 20 } as const;

/** Figures of the sandboxes as they are bundled; without a jail its own figure is left out. */
export async function benchSandbox(): Promise<BenchRow[]> {
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'bundle.ts'), 'agent'], { cwd: root });
  const bare = bareJail('the floor of a bench', systemClock);
  const jail = await openJail({ program: join(root, 'dist', 'jail'), clock: systemClock });
  const workFolder = await mkdtemp(join(tmpdir(), 'coditect-bench-'));
  const options = { workFolder, clock: systemClock, random: systemRandom, log: silentLog, parts: partsIn(join(root, 'dist')) };
  const row = (id: string, value: number, floor: number): BenchRow => ({ id, value, unit: 'ms', floor, ratio: value / floor, command: 'make bench' });
  try {
    const [claims, claimFloor] = [await measureClaims({ ...options, jail }, rounds.warm), await measureClaims({ ...options, jail: bare }, rounds.warm)];
    const [cold, coldFloor] = [await measureColdRuns({ ...options, jail }, rounds.cold), await measureColdRuns({ ...options, jail: bare }, rounds.cold)];
    const start = jail.report.boundary === 'none' ? undefined : await measureStart({ jail, bare }, systemClock);
    return [row('wasm_claim_p99_ms', claims.p99, claimFloor.p99), row('wasm_cold_ms', cold.p50, coldFloor.p50), ...(start === undefined ? [] : [row('jail_start_ms', start.addedMs, start.bareMs)])];
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}
