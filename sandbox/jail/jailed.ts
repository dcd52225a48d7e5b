// Starts a program behind the jail: control on descriptor 3, whose end kills the tree, also when this process dies; the report on descriptor 4.
import { type ChildProcess, spawn } from 'node:child_process';
import { Readable, type Writable } from 'node:stream';
import { messageOf } from '#platform/errors.ts';
import type { JailedProcess, JailOrder } from './launcher.ts';
import { parseWords, readBounded } from './report.ts';

type End = Awaited<JailedProcess['ended']>;

/** Starts `program`, the jail, with `args`; never throws. */
export function startJailed(program: string, args: readonly string[], { folder, env, stdin }: Pick<JailOrder, 'folder' | 'env' | 'stdin'>): JailedProcess {
  let child: ChildProcess;
  try {
    child = spawn(program, [...args], { cwd: folder, env: { ...env }, stdio: [stdin === 'pipe' ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe', 'pipe'] });
  } catch (error) {
    return neverStarted(messageOf(error));
  }
  const [, , , control, report] = child.stdio as readonly [unknown, unknown, unknown, Writable | null, Readable | null];
  if (control === null || report === null) return neverStarted('the jail has no descriptors for control and report');
  // The jail may be gone before it is told to stop.
  control.on('error', () => {});
  return { ...outputsOf(child), ended: endOf(child, report), stop: () => void control.destroy() };
}

async function endOf(child: ChildProcess, report: Readable): Promise<End> {
  const failed = new Promise<string>((resolve) => child.once('error', (error) => resolve(messageOf(error))));
  const said = Promise.all([readBounded(report), new Promise((resolve) => child.once('exit', resolve))]).then(([text]) => parseWords(text));
  const words = await Promise.race([said, failed]);
  if (typeof words === 'string') return { kind: 'broken', message: words, neverRan: true };
  if (words.kind === 'report') return words;
  if (words.kind === 'error') return { kind: 'broken', message: words.message, neverRan: true };
  return { kind: 'broken', message: `the jail ended with ${child.exitCode ?? child.signalCode ?? 'nothing'} and without a report` };
}

/** The streams of a child as a jailed process shows them. */
export function outputsOf({ stdin, stdout, stderr }: ChildProcess): Pick<JailedProcess, 'stdin' | 'stdout' | 'stderr'> {
  return { stdin: stdin ?? undefined, stdout: stdout ?? Readable.from([]), stderr: stderr ?? Readable.from([]) };
}

/** What stands for a process that could not be started. */
export function neverStarted(message: string): JailedProcess {
  return { stdin: undefined, stdout: Readable.from([]), stderr: Readable.from([]), ended: Promise.resolve({ kind: 'broken', message, neverRan: true }), stop: () => {} };
}
