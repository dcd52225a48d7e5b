// Compiles static C programs of the sandbox with whatever compiler the host has; a result of the same sources and flags is kept.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '#platform/errors.ts';
import { newUuid } from '#platform/ids.ts';

const run = promisify(execFile);

const compilers = ['cc', 'gcc', 'clang'] as const;
/** Static: it runs in any image, and no variable of its environment can load code into it. */
const flags = ['-std=gnu11', '-O2', '-static', '-Wall', '-Wextra', '-Werror', '-Wshadow', '-fstack-protector-strong', '-s'];

/** What a build came to. `skipped`: the host has no compiler, and `message` says what that means. */
export type NativeBuild = { readonly kind: 'built' | 'cached'; readonly program: string } | { readonly kind: 'skipped'; readonly message: string };

/** Compiles the .c files of `folder` into `program`. Rejects when a compiler is there and does not accept them. */
export async function buildNative(folder: string, program: string): Promise<NativeBuild> {
  const stamp = `${program}.sha256`;
  const digest = await digestOf(folder);
  if ((await isProgram(program)) && (await readFile(stamp, 'utf8').catch(() => '')) === digest) return { kind: 'cached', program };
  await mkdir(dirname(program), { recursive: true });
  const staging = `${program}.${newUuid()}`;
  try {
    if (!(await compile(folder, staging))) return { kind: 'skipped', message: `no C compiler (${compilers.join(', ')}) is on PATH, so ${program} is not built and commands run without a boundary; install gcc with the static C library` };
    await chmod(staging, 0o755);
    // In one step: another build of the same sources may have its result in use.
    await rename(staging, program);
    await writeFile(stamp, digest);
    return { kind: 'built', program };
  } finally {
    await rm(staging, { force: true });
  }
}

/** False when the host has no compiler. */
async function compile(folder: string, out: string): Promise<boolean> {
  const sources = (await sourcesOf(folder)).filter((name) => name.endsWith('.c'));
  for (const compiler of compilers) {
    try {
      await run(compiler, [...flags, ...sources, '-o', out], { cwd: folder });
      return true;
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === 'ENOENT') continue;
      throw new Error(`compile ${folder} with ${compiler}: ${messageOf(error)}; nothing was built, correct the sources or install the static C library`, { cause: error });
    }
  }
  return false;
}

async function digestOf(folder: string): Promise<string> {
  const hash = createHash('sha256').update([process.arch, ...flags].join(' '));
  for (const name of await sourcesOf(folder)) hash.update(name).update(await readFile(join(folder, name)));
  return hash.digest('hex');
}

async function sourcesOf(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /\.[ch]$/.test(name)).toSorted();
}

async function isProgram(path: string): Promise<boolean> {
  return (await readFile(path).catch(() => Buffer.alloc(0))).length > 0;
}
