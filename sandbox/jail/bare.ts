// Where there is no jail: a process group, a deadline and a search for what left the group. It bounds time and nothing else.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { BoundaryReport } from '#sandbox/port.ts';
import { neverStarted, outputsOf } from './jailed.ts';
import { killGroup, killMarked } from '#sandbox/process/kill.ts';
import type { Jail, JailedProcess, JailOrder, JailReport } from './launcher.ts';

const consequences = [
  'commands run with the user of the agent and can read and write what it can',
  'the network is open to commands, whatever they ask for',
  'memory, CPU time and the number of processes are bounded only by the pod',
  'a command that replaces its environment and leaves its process group can outlive its run',
];

/** A jail without walls; `why` says what is missing. */
export function bareJail(why: string, clock: Clock): Jail {
  const report: BoundaryReport = { boundary: 'none', reasons: [why, ...consequences] };
  return { report, start: (order) => startBare(order, clock) };
}

function startBare({ command: [program = '', ...args], folder, env, stdin, limits }: JailOrder, clock: Clock): JailedProcess {
  let child: ChildProcess;
  try {
    child = spawn(program, args, { cwd: folder, env: { ...env }, detached: true, stdio: [stdin === 'pipe' ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
  } catch (error) {
    return neverStarted(messageOf(error));
  }
  let cause: JailReport['why'] | undefined;
  const stop = (why: JailReport['why']) => {
    cause ??= why;
    killGroup(child.pid);
  };
  const cancelDeadline = limits.wallMs === undefined ? () => {} : clock.after(limits.wallMs, () => stop('wall'));
  const ended = exitOf(child).then(async (exit): Promise<Awaited<JailedProcess['ended']>> => {
    cancelDeadline();
    killGroup(child.pid);
    // Every run has a folder of its own for temporary files, so that variable is its mark.
    if (env['TMPDIR'] !== undefined) await killMarked(`TMPDIR=${env['TMPDIR']}`);
    if (exit.kind === 'error') return { kind: 'broken', message: exit.message, neverRan: true };
    return { kind: 'report', report: { why: cause ?? 'exit', ...exit.how, cpuMs: 0, peakMemoryBytes: 0, peakProcesses: 0, reaped: 0 } };
  });
  return { ...outputsOf(child), ended, stop: () => stop('stopped') };
}

type Exit = { readonly kind: 'exit'; readonly how: Pick<JailReport, 'exitCode' | 'signal'> } | { readonly kind: 'error'; readonly message: string };

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ kind: 'error', message: messageOf(error) }));
    child.once('exit', (code, signal) => resolve({ kind: 'exit', how: { ...(code === null ? {} : { exitCode: code }), ...(signal === null ? {} : { signal }) } }));
  });
}
