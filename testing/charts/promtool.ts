// promtool for tests of the alerts: on PATH, else out of Debian's package, unpacked into the cache. No service is installed.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { settingsFrom } from '#devcluster/index.ts';

const run = promisify(execFile);
const inPackage = join('usr', 'bin', 'promtool');

export type FoundPromtool = { readonly kind: 'found'; readonly file: string } | { readonly kind: 'missing'; readonly why: string };

/** Path of promtool; fetches Debian's package (30 MB) when there is none. */
export async function findPromtool(environment: Readonly<Record<string, string | undefined>>): Promise<FoundPromtool> {
  const onPath = (environment['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'promtool')).find((file) => existsSync(file));
  if (onPath !== undefined) return { kind: 'found', file: onPath };
  const folder = join(settingsFrom(environment).cacheFolder, 'prometheus-debian');
  const file = join(folder, inPackage);
  try {
    if (!existsSync(file)) await fetchInto(folder);
    return { kind: 'found', file };
  } catch (error) {
    return { kind: 'missing', why: `there is no promtool on PATH, and Debian's package prometheus cannot be had: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}` };
  }
}

/** The folder appears whole or not at all; who comes second finds it there. */
async function fetchInto(folder: string): Promise<void> {
  const draft = `${folder}.draft-${process.pid}`;
  mkdirSync(draft, { recursive: true, mode: 0o755 });
  try {
    await run('apt-get', ['download', 'prometheus'], { cwd: draft, timeout: 180_000 });
    const [archive = ''] = readdirSync(draft);
    await run('dpkg-deb', ['-x', archive, draft], { cwd: draft });
    if (!existsSync(folder)) renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
