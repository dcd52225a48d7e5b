// Chroma from PyPI, in a Python environment of its own in the cache: installed once for each version, whole or not at all. Nothing that is shipped depends on it.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { tryLock } from '../../build.ts';

const run = promisify(execFile);

/** The one that tests were written against. */
export const chromaVersion = '1.5.9';

const pipMs = 600_000;

export type FoundChroma = { readonly kind: 'found'; readonly file: string } | { readonly kind: 'absent'; readonly reason: string };

/** Where the program is, or why there is none. Installs nothing. */
export function findChroma({ cacheFolder }: { readonly cacheFolder: string }): FoundChroma {
  const folder = folderIn(cacheFolder);
  if (isWhole(folder)) return { kind: 'found', file: programIn(folder) };
  return { kind: 'absent', reason: `Chroma ${chromaVersion} is not installed; \`node devcluster/services/chroma/main.ts install\` fetches it from PyPI (500 MB, needs python3 with venv)` };
}

/** The program, which is fetched when it is not there yet. */
export async function installChroma({ cacheFolder, say }: { readonly cacheFolder: string; readonly say: (line: string) => void }): Promise<FoundChroma> {
  const folder = folderIn(cacheFolder);
  if (isWhole(folder)) return findChroma({ cacheFolder });
  mkdirSync(cacheFolder, { recursive: true, mode: 0o755 });
  const lock = `${folder}.lock`;
  while (!tryLock(lock)) await sleep(500);
  try {
    if (!isWhole(folder)) await installInto(folder, say);
    return findChroma({ cacheFolder });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return { kind: 'absent', reason: `Chroma ${chromaVersion} cannot be installed: ${error instanceof Error ? (error.message.split('\n').at(-1) ?? '') : String(error)}` };
  } finally {
    rmSync(lock, { force: true });
  }
}

async function installInto(folder: string, say: (line: string) => void): Promise<void> {
  say(`installing Chroma ${chromaVersion} into ${folder}, 500 MB`);
  rmSync(folder, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(join(folder, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', `chromadb==${chromaVersion}`], { timeout: pipMs });
  await run(programIn(folder), ['--help'], { timeout: 60_000 });
  // An environment knows its own path, so it cannot be moved into place: this mark says that it is whole.
  writeFileSync(markIn(folder), '');
}

const folderIn = (cacheFolder: string) => join(cacheFolder, `chroma-${chromaVersion}`);
const programIn = (folder: string) => join(folder, 'bin', 'chroma');
const markIn = (folder: string) => join(folder, 'installed');

function isWhole(folder: string): boolean {
  return existsSync(markIn(folder)) && existsSync(programIn(folder));
}
