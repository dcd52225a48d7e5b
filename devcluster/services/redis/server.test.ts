import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { isAlive } from '../../processes.ts';
import { findRedis } from './find.ts';
import { nodeRecords } from './records.ts';
import { redisIsAbsent, startTestRedis } from './testing.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.skipIf(redisIsAbsent !== undefined)('on this machine', () => {
  test('a server keeps over kill -9 what it acknowledged, also what scripts wrote', async () => {
    const servers = await startTestRedis({ kind: 'single' });
    ends.push(() => servers.stop());
    await servers.ask(0, 'SET', 'k', 'v');
    await servers.ask(0, 'EVAL', "redis.call('SET', KEYS[1], '1') redis.call('SET', KEYS[2], '2') return 1", '2', 'a', 'b');
    await servers.kill(0);
    await expect(servers.ask(0, 'PING')).rejects.toThrow(/ECONNREFUSED|ECONNRESET|closed/);
    await servers.restart(0);
    expect(await Promise.all(['k', 'a', 'b'].map((key) => servers.ask(0, 'GET', key)))).toEqual(['v', '1', '2']);
  });

  test('a cluster agrees that it is one, and again after one of it was killed', async () => {
    const servers = await startTestRedis({ kind: 'cluster' });
    ends.push(() => servers.stop());
    expect(servers.addresses).toHaveLength(3);
    await servers.kill(1);
    await servers.restart(1);
    for (const node of [0, 1, 2]) expect(await servers.ask(node, 'CLUSTER', 'INFO')).toContain('cluster_state:ok');
  });

  test('servers end with a starter that is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'coditect-redis-guard-'));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    const script = `import { startRedis, findRedis } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
      const found = await findRedis({ cacheFolder: ${JSON.stringify(join(process.env['HOME'] ?? '', '.cache', 'coditect'))}, path: process.env.PATH });
      await startRedis({ program: found.program, folder: ${JSON.stringify(folder)}, kind: 'single' });
      process.stdout.write('started'); setInterval(() => {}, 1000);`;
    const starter = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => starter.stdout.once('data', resolve));
    const [record] = nodeRecords(folder);
    expect(record !== undefined && isAlive(record.process)).toBe(true);
    starter.kill('SIGKILL');
    await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false);
    expect(record !== undefined && isAlive(record.process)).toBe(false);
  });
});

test('a machine without Redis and without apt says why', async () => {
  const cacheFolder = mkdtempSync(join(tmpdir(), 'coditect-redis-none-'));
  ends.push(() => rmSync(cacheFolder, { recursive: true, force: true }));
  const path = process.env['PATH'];
  ends.push(() => void (process.env['PATH'] = path));
  process.env['PATH'] = cacheFolder;
  expect(await findRedis({ cacheFolder, path: cacheFolder })).toMatchObject({ kind: 'absent', reason: expect.stringContaining("Debian's packages cannot be had") });
});
