// The program as people run it: it starts what can be had, says so, writes settings that the mirror takes, and leaves nothing behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { MirrorConfig } from '#api/config/mirror.ts';
import { serviceKinds } from '#devcluster/services/index.ts';
import { loadConfig } from '#platform/config.ts';

/** Variables of the file that is to be sourced. */
function variablesIn(file: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...readFileSync(file, 'utf8').matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name = '', value = '']) => [name, value]));
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true))).once('error', () => resolve(false));
  });
}

test('every store runs or is said to be missing; the mirror takes the settings; after the end nothing is left', { timeout: 240_000 }, async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'make-services-')), 'services');
  const child = spawn(process.execPath, [join(import.meta.dirname, 'services.ts'), folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const output = text(child.stdout);
  const ended = once(child, 'exit');
  try {
    await expect.poll(() => existsSync(join(folder, 'env')) || child.exitCode !== null, { timeout: 200_000 }).toBe(true);
    const variables = existsSync(join(folder, 'env')) ? variablesIn(join(folder, 'env')) : {};
    const loaded = loadConfig(MirrorConfig, { argv: ['--folder=f', '--token-file=t'], env: variables });
    expect(loaded.kind).toBe('config');
    const ports = [variables['CODITECT_NATS_SERVERS'], variables['CODITECT_REDIS_SERVERS']].flatMap((servers) => servers?.split(',') ?? []).map((server) => Number(server.split(':')[1]));
    expect(await Promise.all(ports.map(listens))).toEqual(ports.map(() => true));
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    const said = await output;
    for (const kind of serviceKinds) expect(said).toMatch(new RegExp(`^${kind} +(https://)?(127\\.0\\.0\\.1:|NOT STARTED: )`, 'm'));
    await expect.poll(() => Promise.all(ports.map(listens)), { timeout: 10_000 }).toEqual(ports.map(() => false));
    expect(existsSync(folder)).toBe(false);
  } finally {
    child.kill('SIGKILL');
    rmSync(join(folder, '..'), { recursive: true, force: true });
  }
});
