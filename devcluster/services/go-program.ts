// Builds a server from its Go module, once per version and machine. The result appears whole or not at all.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryLock } from '../build.ts';

export type FoundProgram = { readonly kind: 'found'; readonly file: string } | { readonly kind: 'missing'; readonly why: string };

export interface GoProgram {
  /** For people: `NATS`. */
  readonly name: string;
  /** Folder with its go.mod and go.sum. */
  readonly moduleFolder: string;
  /** Import path of its main package; `.` for one that lies in the folder itself. */
  readonly main: string;
  /** More flags for the linker, such as `-X` stamps of a version. */
  readonly linkerFlags?: string;
  /** Folder of the cache. */
  readonly cacheFolder: string;
  /** Name of the file that is made. */
  readonly file: string;
  /** How long it takes, in words. */
  readonly takes: string;
  /** Gets a line before a build. */
  readonly progress?: (line: string) => void;
}

/** Path of the program; builds it when it is not in the cache. Without Go there is none, and the answer says so. */
export async function ensureGoProgram(program: GoProgram): Promise<FoundProgram> {
  const file = cachedFile(program);
  const folder = dirname(file);
  if (existsSync(file)) return { kind: 'found', file };
  mkdirSync(program.cacheFolder, { recursive: true, mode: 0o755 });
  const lock = `${folder}.lock`;
  while (!tryLock(lock)) await sleep(200);
  try {
    if (!existsSync(file)) await buildInto(folder, program);
    return { kind: 'found', file };
  } catch (error) {
    return { kind: 'missing', why: `${program.name} cannot be built: ${String(error)}; install Go 1.26 or newer from https://go.dev/dl` };
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Where the program is once it is built. */
export function cachedFile({ cacheFolder, moduleFolder, file }: Pick<GoProgram, 'cacheFolder' | 'moduleFolder' | 'file'>): string {
  return join(cacheFolder, buildKey(moduleFolder), file);
}

function buildKey(moduleFolder: string): string {
  const hash = createHash('sha256');
  const ours = readdirSync(moduleFolder).filter((name) => name.endsWith('.go'));
  for (const file of ['go.mod', 'go.sum', ...ours.toSorted()]) hash.update(readFileSync(join(moduleFolder, file)));
  return hash.update(`${process.platform} ${process.arch}`).digest('hex').slice(0, 12);
}

async function buildInto(folder: string, program: GoProgram): Promise<void> {
  const draft = `${folder}.draft`;
  program.progress?.(`building it, once: ${program.takes}`);
  rmSync(draft, { recursive: true, force: true });
  try {
    await goBuild(join(draft, program.file), program);
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function goBuild(target: string, { moduleFolder, main, linkerFlags = '' }: GoProgram): Promise<void> {
  // Compilers live for seconds: collecting less garbage costs memory for a moment and saves a tenth of the time.
  const args = ['CGO_ENABLED=0', 'GOGC=400', 'go', 'build', '-trimpath', '-ldflags', `-s -w ${linkerFlags}`.trimEnd(), '-o', target, main];
  return new Promise((resolve, reject) => {
    const child = spawn('env', args, { cwd: moduleFolder, stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      complaint = (complaint + chunk).slice(-2000);
    });
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(complaint.trim()))));
  });
}
