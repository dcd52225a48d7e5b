// Builds the NATS server from its Go module, once per version and machine. The result appears whole or not at all.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { tryLock } from '../../build.ts';
import type { BinarySettings } from '../../settings.ts';

const moduleFolder = fileURLToPath(new URL('.', import.meta.url));
const program = 'github.com/nats-io/nats-server/v2';

export type FoundNats = { readonly kind: 'found'; readonly file: string } | { readonly kind: 'missing'; readonly why: string };

/** Path of the server; builds it when it is not in the cache, which takes half a minute. Without Go there is none, and the answer says so. */
export async function ensureNats({ cacheFolder }: Pick<BinarySettings, 'cacheFolder'>): Promise<FoundNats> {
  const folder = join(cacheFolder, 'nats', buildKey());
  const file = join(folder, 'nats-server');
  if (existsSync(file)) return { kind: 'found', file };
  mkdirSync(join(cacheFolder, 'nats'), { recursive: true, mode: 0o755 });
  const lock = `${folder}.lock`;
  while (!tryLock(lock)) await sleep(200);
  try {
    if (!existsSync(file)) await buildInto(folder);
    return { kind: 'found', file };
  } catch (error) {
    return { kind: 'missing', why: `the NATS server cannot be built: ${String(error)}; install Go 1.26 or newer from https://go.dev/dl` };
  } finally {
    rmSync(lock, { force: true });
  }
}

function buildKey(): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(moduleFolder, file)));
  return hash.update(`${process.platform} ${process.arch}`).digest('hex').slice(0, 12);
}

async function buildInto(folder: string): Promise<void> {
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  try {
    await goBuild(draft);
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function goBuild(target: string): Promise<void> {
  const args = ['CGO_ENABLED=0', 'go', 'build', '-trimpath', '-ldflags', '-s -w', '-o', join(target, 'nats-server'), program];
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
