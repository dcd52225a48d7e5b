// Files of a mission on disk, and programs of node over them. Without a boundary: the corpus is ours.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** Lays files out below a folder. */
export async function layOut(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** Hands a new folder to `use`, and removes it afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-cost-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** How a program ended. */
export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const longestMs = 60_000;

/** Runs a program in a folder; one that does not end is killed. */
export async function run(folder: string, [program = '', ...args]: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  // What a test runner of ours has set would make node's own print for machines.
  const { NODE_TEST_CONTEXT: _, FORCE_COLOR: __, NODE_OPTIONS: ___, ...own } = process.env;
  const options = { cwd: folder, env: { ...own, ...env }, timeout: longestMs, killSignal: 'SIGKILL' as const, maxBuffer: 16 * 1024 * 1024 };
  return promisify(execFile)(program === 'node' ? process.execPath : program, args, options).then(
    ({ stdout, stderr }) => ({ exitCode: 0, stdout, stderr }),
    (error: { readonly code?: unknown; readonly stdout?: string; readonly stderr?: string }) => ({ exitCode: typeof error.code === 'number' ? error.code : 1, stdout: error.stdout ?? '', stderr: error.stderr ?? '' }),
  );
}
