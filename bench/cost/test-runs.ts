// Real runs of node's tests over the folder of a mission. Within one pass of the corpus the same program over the same files says the same, in
// whatever arm: it is run once, and what it said is told again. Each pass has runs of its own, so that a second one finds other times in the outputs.
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, sha256Hex } from '#domain/digest.ts';
import type { RunResult } from '#sandbox/port.ts';
import type { CorpusMission } from './corpus/missions.ts';
import { type Ended, inFolder, layOut, run } from './folders.ts';

type Files = Readonly<Record<string, string>>;

/** Runs of tests of one pass. */
export class TestRuns {
  readonly #known = new Map<string, Promise<Ended & { readonly durationMs: number }>>();

  /** Runs a program in a copy of the folder. */
  async run(folder: string, command: readonly string[]): Promise<RunResult> {
    const files = await filesOf(folder);
    const key = sha256Hex(canonicalJson([command, files]));
    const known = this.#known.get(key) ?? runOver(files, command);
    this.#known.set(key, known);
    const { exitCode, stdout, stderr, durationMs } = await known;
    const here = (text: string) => text.replaceAll(anyFolder, folder);
    return { ending: exitCode === 0 ? 'completed' : 'failed', exitCode, stdout: here(stdout), stderr: here(stderr), durationMs, boundary: 'none' };
  }

  /** Why the proof does not hold over the sources as they are now; undefined when it does. Tests and manifest are those of the corpus. */
  async isProven(folder: string, { files, proof }: CorpusMission): Promise<string | undefined> {
    const sources = Object.entries(await filesOf(folder)).filter(([path]) => path.startsWith('src/'));
    const fresh: Files = { ...Object.fromEntries(sources), ...proof, 'package.json': files['package.json'] ?? '' };
    const { exitCode } = await inFolder(async (place) => (await layOut(place, fresh), this.run(place, ['node', '--test'])));
    return exitCode === 0 ? undefined : 'the proof fails';
  }

  async isChanged(folder: string, { files }: CorpusMission): Promise<boolean> {
    return canonicalJson(await filesOf(folder)) !== canonicalJson(files);
  }

  /** Makes of a folder what the mission began with. */
  async startOver(folder: string, { files }: CorpusMission): Promise<void> {
    await rm(folder, { recursive: true });
    await layOut(folder, files);
  }
}

/** Stands for the folder in what was kept: a program that runs in a folder prints the name of that one, not of the copy that it really ran in. */
const anyFolder = '\u0000folder';

async function runOver(files: Files, command: readonly string[]): Promise<Ended & { readonly durationMs: number }> {
  return inFolder(async (place) => {
    await layOut(place, files);
    const started = performance.now();
    const { exitCode, stdout, stderr } = await run(place, command);
    return { exitCode, stdout: stdout.replaceAll(place, anyFolder), stderr: stderr.replaceAll(place, anyFolder), durationMs: performance.now() - started };
  });
}

async function filesOf(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)).toSorted();
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path, 'utf8')] as const)));
}
