// How long after its deadline a run is over that does not want to end, and what is left of it then.
import type { Action, Limits, Sandbox } from '#sandbox/port.ts';
import { countLeft } from './leak-check.ts';

const limits: Limits = { wallMs: 300, outputBytes: 1000 };

/** Runs that never end by themselves: a family of which one has left its session and all ignore polite signals, and a loop. */
const program: Action = { kind: 'command', command: ['sh', '-c', "trap '' TERM INT HUP; setsid sleep 600 & (sleep 600 &) ; sleep 600; sleep 600"], env: {}, limits, network: 'none' };
const code: Action = { kind: 'code', source: 'for (;;) {}', input: null, limits };

/** Milliseconds from the deadline to the result, for each of `runs`. Throws when one does not end by its deadline or leaves a process behind. */
export async function measureKills(sandbox: Sandbox, workFolder: string, runs: number): Promise<readonly number[]> {
  const { processes } = await countLeft(workFolder);
  const overdue: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const prepared = await sandbox.prepare();
    const { ending, durationMs, message } = await prepared.run(sandbox.name === 'wasm' ? code : program, new AbortController().signal);
    if (ending !== 'timeout') throw new Error(`measure kills: run ${run} of ${sandbox.name} ended ${ending} (${message ?? 'no reason'}), so there is no figure; run the tests of sandbox/${sandbox.name}`);
    overdue.push(durationMs - limits.wallMs);
    const left = await countLeft(prepared.folder);
    await prepared.dispose();
    if (left.processes > processes) throw new Error(`measure kills: ${left.processes - processes} processes outlived run ${run} of ${sandbox.name}; run the tests of sandbox/escape`);
  }
  return overdue;
}
