// What isolation costs (a claim of a ready WebAssembly child, a cold one, the start of a program behind the jail, each beside the same without walls) and what it keeps: kills in time, nothing left.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { leakCheck } from '#sandbox/escape/leak-check.ts';
import { measureKills } from '#sandbox/escape/kill-latency.ts';
import { bareJail } from '#sandbox/jail/bare.ts';
import { openJail } from '#sandbox/jail/open.ts';
import { measureStart } from '#sandbox/jail/start-cost.ts';
import type { Sandbox } from '#sandbox/port.ts';
import { createProcessSandbox } from '#sandbox/process/index.ts';
import { measureClaims, measureColdRuns } from '#sandbox/wasm/bench.ts';
import { createWasmSandbox, type WasmSandboxOptions } from '#sandbox/wasm/index.ts';
import { partsIn } from '#sandbox/wasm/parts.ts';
import { root } from '#testing/world.ts';
import type { BenchRow } from './row.ts';

const rounds = { warm: 50, cold: 20, kills: 20, leaks: 1000 } as const;

/** Figures of the sandboxes as they are bundled; without a jail its own figure is left out. */
export async function benchSandbox(): Promise<BenchRow[]> {
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'bundle.ts'), 'agent'], { cwd: root });
  const bare = bareJail('the floor of a bench', systemClock);
  const jail = await openJail({ program: join(root, 'dist', 'jail'), clock: systemClock });
  const workFolder = await mkdtemp(join(tmpdir(), 'coditect-bench-'));
  const options = { workFolder, clock: systemClock, random: systemRandom, log: silentLog, parts: partsIn(join(root, 'dist')) };
  try {
    const [claims, claimFloor] = [await measureClaims({ ...options, jail }, rounds.warm), await measureClaims({ ...options, jail: bare }, rounds.warm)];
    const [cold, coldFloor] = [await measureColdRuns({ ...options, jail }, rounds.cold), await measureColdRuns({ ...options, jail: bare }, rounds.cold)];
    const start = jail.report.boundary === 'none' ? undefined : await measureStart({ jail, bare }, systemClock);
    const costs = [row('wasm_claim_p99_ms', claims.p99, claimFloor.p99), row('wasm_cold_ms', cold.p50, coldFloor.p50), ...(start === undefined ? [] : [row('jail_start_ms', start.addedMs, start.bareMs)])];
    return [...costs, ...(await benchEnds({ ...options, jail }))];
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

/** What is kept when runs end: the longest that one lived past its deadline, and what a thousand leave behind. There is no less than nothing, so the floors are 0. */
async function benchEnds({ workFolder, ...options }: Omit<WasmSandboxOptions, 'warm'>): Promise<BenchRow[]> {
  const sandboxes: readonly (readonly [Sandbox, string])[] = [
    [createProcessSandbox({ ...options, workFolder: join(workFolder, 'process') }), join(workFolder, 'process')],
    [createWasmSandbox({ ...options, workFolder: join(workFolder, 'wasm'), warm: 0 }), join(workFolder, 'wasm')],
  ];
  const overdue: number[] = [];
  let left = 0;
  for (const [sandbox, folder] of sandboxes) {
    await mkdir(folder);
    overdue.push(...(await measureKills(sandbox, folder, rounds.kills)));
    const { before, after } = await leakCheck(sandbox, folder, rounds.leaks);
    left += Math.max(0, after.processes - before.processes) + Math.max(0, after.descriptors - before.descriptors) + after.entries;
    await sandbox.shutdown();
  }
  return [row('sandbox_kill_max_ms', Math.max(...overdue), 0), { ...row('sandbox_left_after_2000_runs', left, 0), unit: 'processes, files, descriptors' }];
}

function row(id: string, value: number, floor: number): BenchRow {
  return { id, value, unit: 'ms', floor, ratio: floor === 0 ? 0 : value / floor, command: 'make bench' };
}
