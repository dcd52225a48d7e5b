import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { settingsFrom } from '../../settings.ts';
import { afterEach, expect, test } from 'vitest';
import { ensureNats, type NatsServers, startNats } from './index.ts';

const found = await ensureNats(settingsFrom(process.env));
const reason = found.kind === 'missing' ? ` (skipped: ${found.why})` : '';
const file = found.kind === 'found' ? found.file : '';
const folder = mkdtempSync(join(tmpdir(), 'nats-'));
let servers: NatsServers | undefined;
afterEach(async () => {
  await servers?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const health = async (node: number) => fetch(`${servers?.monitors[node] ?? ''}/healthz`).then((answer) => answer.status, () => 0);

test.skipIf(found.kind === 'missing')(`one of three nodes is killed and comes back, and all end together${reason}`, { timeout: 60_000 }, async () => {
  servers = await startNats({ file, folder, nodes: 3, tls: 'server', accounts: [{ name: 'events', users: [{ user: 'mirror', password: 'secret' }] }] });
  expect(await health(1)).toBe(200);
  await servers.kill(1);
  expect(await health(1)).toBe(0);
  await servers.start(1);
  expect(await health(1)).toBe(200);
  await servers.stop();
  expect(await Promise.all([health(0), health(1), health(2)])).toEqual([0, 0, 0]);
});

test.skipIf(found.kind === 'missing' || process.platform === 'win32')(`a server ends with its starter, also when that is killed${reason}`, { timeout: 60_000 }, async () => {
  const script = `import { startNats } from '#devcluster/services/nats/index.ts';
    const { monitors } = await startNats({ file: process.argv[1], folder: process.argv[2] });
    console.log(monitors[0]);
    setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ['--input-type=module', '-e', script, file, join(folder, 'orphan')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [monitor] = (await once(createInterface({ input: starter.stdout }), 'line')) as [string];
  const answer = () => fetch(`${monitor}/healthz`).then(({ status }) => status, () => 0);
  expect(await answer()).toBe(200);
  starter.kill('SIGKILL');
  await expect.poll(answer, { timeout: 10_000 }).toBe(0);
});
