// Runs the same action many times and counts what is more afterwards: processes, descriptors, files.
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Action, Limits, Sandbox } from '#sandbox/port.ts';

const limits: Limits = { wallMs: 30_000, outputBytes: 1000 };
const program: Action = { kind: 'command', command: ['true'], env: {}, limits, network: 'none' };
const code: Action = { kind: 'code', source: '', input: null, limits };
/** The first runs open what stays open, such as pipes of the event loop. */
const warmUp = 5;

/** What one side of a comparison counts. */
export interface Counts {
  /** Children of this process, and processes that work in the sandbox's folder. */
  readonly processes: number;
  /** Open descriptors of this process. */
  readonly descriptors: number;
  /** Entries of the sandbox's folder. */
  readonly entries: number;
}

/** Counts before and after `runs` runs of what does nothing, in a folder each; `workFolder` is the sandbox's. Throws when a run does not end well. */
export async function leakCheck(sandbox: Sandbox, workFolder: string, runs: number): Promise<{ readonly before: Counts; readonly after: Counts }> {
  await repeat(sandbox, warmUp);
  const before = await countLeft(workFolder);
  await repeat(sandbox, runs);
  return { before, after: await countLeft(workFolder) };
}

async function repeat(sandbox: Sandbox, runs: number): Promise<void> {
  for (let run = 0; run < runs; run += 1) {
    const prepared = await sandbox.prepare();
    const { ending, message } = await prepared.run(sandbox.name === 'wasm' ? code : program, new AbortController().signal);
    await prepared.dispose();
    if (ending !== 'completed') throw new Error(`look for leaks: run ${run} ended ${ending} (${message ?? 'no reason'}), so nothing is known; run the tests of sandbox/${sandbox.name}`);
  }
}

/** What there is now. */
export async function countLeft(workFolder: string): Promise<Counts> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const ours = await Promise.all(pids.map((pid) => belongs(pid, workFolder)));
  return { processes: ours.filter(Boolean).length, descriptors: (await readdir('/proc/self/fd')).length, entries: (await readdir(workFolder, { recursive: true })).length };
}

async function belongs(pid: string, workFolder: string): Promise<boolean> {
  const stat = await readFile(join('/proc', pid, 'stat'), 'utf8').catch(() => '');
  const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  const folder = await readlink(join('/proc', pid, 'cwd')).catch(() => '');
  return parent === process.pid || folder.startsWith(workFolder);
}
