// Runs all attempts as the user it is started as and prints one JSON line for each. Started by testing.ts; its arguments are one JSON object.
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemClock } from '#platform/clock.ts';
import { newUuid } from '#platform/ids.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { bareJail } from '#sandbox/jail/bare.ts';
import type { Jail } from '#sandbox/jail/launcher.ts';
import { openJail } from '#sandbox/jail/open.ts';
import { createProcessSandbox } from '#sandbox/process/index.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import { childOrder } from '#sandbox/wasm/order.ts';
import { ownParts } from '#sandbox/wasm/parts.ts';
import { attempt } from './attempt.ts';
import { createHost, type Host } from './host.ts';
import type { EscapeProbe } from './probe.ts';
import { escapeProbes } from './probes/all.ts';
import type { Record, SuiteOptions } from './record.ts';
import { type Runner, underOrder, underSandbox } from './runner.ts';

const { scratch, jailProgram, probeProgram } = JSON.parse(process.argv[2] ?? '{}') as SuiteOptions;
const all = Object.entries(escapeProbes);
const free = all.filter(([, probe]) => probe.free === true);
/** Shows that a place runs programs at all: what cannot start cannot break out either. */
const sanity: EscapeProbe = { program: 'node', tries: ['-e', 'process.exit(5)'], ends: { ending: 'failed', exitCode: 5 } };

const print = (record: Record) => void process.stdout.write(`${JSON.stringify(record)}\n`);

const parts = (outside: string) => ({ probeProgram, runs: join(scratch, 'runs'), secret: join(outside, 'secret.txt'), clock: systemClock });
const sandboxWith = (jail: Jail) => createProcessSandbox({ workFolder: join(scratch, 'runs'), jail, clock: systemClock, log: silentLog, path: `${dirname(process.execPath)}:/usr/bin:/bin` });

async function runAll(place: Record['place'], probes: readonly (readonly [string, EscapeProbe])[], makeRunner: (outside: string) => Runner): Promise<void> {
  let host: Host | undefined;
  for (const [name, probe] of [['a program is run', sanity] as const, ...probes]) {
    host ??= await createHost({ outside: join(scratch, `outside-${newUuid()}`), runs: join(scratch, 'runs'), probeProgram });
    const { breaches, result } = await attempt(probe, makeRunner(host.outside), host);
    print({ place, name, breaches, ending: result.ending, durationMs: result.durationMs, message: `${result.message ?? ''}${result.stderr}`.slice(0, 200) });
    if (breaches.length === 0) continue;
    // One that was damaged would hide what follows.
    await remove(host);
    host = undefined;
  }
  await remove(host);
}

async function remove(host: Host | undefined): Promise<void> {
  await host?.close();
  if (host !== undefined) await removeTree(host.outside);
}

// An attempt sends it to every process of the user; the victim dies of it.
process.on('SIGUSR2', () => {});
await mkdir(join(scratch, 'runs'), { recursive: true, mode: 0o700 });
const jail = await openJail({ program: jailProgram, clock: systemClock });
const bare = bareJail('the control: what gets through without a jail', systemClock);
print({ place: 'jail', name: jail.report.boundary, breaches: [...jail.report.reasons], ending: 'completed', durationMs: 0, message: '' });
await runAll('no jail', free, (outside) => underSandbox(sandboxWith(bare), parts(outside)));
await runAll('process', all, (outside) => underSandbox(sandboxWith(jail), parts(outside)));
await runAll('child of wasm', all, (outside) => underOrder(jail, (folder) => childOrder(folder, ownParts()), parts(outside)));
for (const folder of ['/tmp', '/dev/shm']) await rm(join(folder, `coditect-escape-${process.pid}`), { force: true });
