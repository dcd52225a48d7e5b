// The component tools: installed once, exactly as locked, outside of the checkout. Only the build of the guest uses them.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const program = join('node_modules', '@bytecodealliance', 'jco', 'dist', 'jco.js');

/** Folder for installed tools: CODITECT_CACHE, or ~/.cache/coditect. */
export function toolCache({ CODITECT_CACHE: cache }: Readonly<Record<string, string | undefined>>): string {
  return resolve(cache === undefined || cache === '' ? join(homedir(), '.cache', 'coditect') : cache);
}

/** Path of jco's command line, installed into `cache` when it is not there yet. */
export async function installJco({ root, cache, say }: { readonly root: string; readonly cache: string; readonly say: (line: string) => void }): Promise<string> {
  const source = join(root, 'toolchain', 'jco');
  const digest = createHash('sha256').update(await readFile(join(source, 'package-lock.json'))).digest('hex');
  const target = join(cache, `jco-${digest.slice(0, 12)}`);
  if (existsSync(join(target, program))) return join(target, program);
  say(`installing the component tools into ${target}, about 20 s`);
  await mkdir(cache, { recursive: true });
  const staging = await mkdtemp(join(cache, 'jco-staging-'));
  try {
    for (const name of ['package.json', 'package-lock.json']) await copyFile(join(source, name), join(staging, name));
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: staging });
    await rename(staging, target);
  } catch (cause) {
    // Another build may have been faster; its copy is the same.
    if (existsSync(join(target, program))) return join(target, program);
    throw new Error('install the component tools: npm ci failed, so the WebAssembly guest cannot be built; check the network and run it again', { cause });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return join(target, program);
}
