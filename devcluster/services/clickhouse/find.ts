// The ClickHouse engine as a library (npm's chdb, 550 MB): installed once, as locked, outside of the checkout. Nothing that is shipped depends on it.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const source = fileURLToPath(new URL('../../../toolchain/chdb', import.meta.url));
const files = ['package.json', 'package-lock.json'] as const;

export type FoundEngine = { readonly kind: 'found'; readonly folder: string } | { readonly kind: 'absent'; readonly reason: string };

/** Where the engine is, or why there is none. Installs nothing. */
export function findEngine({ cacheFolder }: { readonly cacheFolder: string }): FoundEngine {
  const folder = folderIn(cacheFolder);
  if (isWhole(folder)) return { kind: 'found', folder };
  return { kind: 'absent', reason: 'the ClickHouse engine is not installed; `node devcluster/services/clickhouse/main.ts install` fetches it (550 MB)' };
}

/** Folder with the engine, which is fetched when it is not there yet. */
export async function installEngine({ cacheFolder, say }: { readonly cacheFolder: string; readonly say: (line: string) => void }): Promise<string> {
  const target = folderIn(cacheFolder);
  if (isWhole(target)) return target;
  say(`installing the ClickHouse engine into ${target}, 550 MB`);
  mkdirSync(cacheFolder, { recursive: true });
  const staging = mkdtempSync(join(cacheFolder, 'chdb-staging-'));
  try {
    for (const name of files) copyFileSync(join(source, name), join(staging, name));
    // Not `npm ci`: it wants the libraries of all platforms in the lock file, and the registry does not have all of them.
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save'], { cwd: staging });
    if (!isWhole(staging)) throw new Error(`there is no library for ${process.platform} ${process.arch}`);
    renameSync(staging, target);
  } catch (cause) {
    // Another process may have been faster; its copy is the same.
    if (isWhole(target)) return target;
    throw new Error('install the ClickHouse engine: it cannot be had, so what needs it is skipped; check the network and the platform', { cause });
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return target;
}

function folderIn(cacheFolder: string): string {
  const digest = createHash('sha256').update(readFileSync(join(source, 'package-lock.json'))).digest('hex');
  return join(cacheFolder, `chdb-${digest.slice(0, 12)}`);
}

function isWhole(folder: string): boolean {
  return existsSync(join(folder, 'node_modules', 'chdb', 'package.json')) && existsSync(join(folder, 'node_modules', '@chdb'));
}
