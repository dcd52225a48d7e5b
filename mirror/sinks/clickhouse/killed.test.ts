// The sink is killed, alone and together with the server, again and again: afterwards every event is there once, in the rows and in the sums.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ClickHouseServer } from '#devcluster/services/clickhouse/index.ts';
import type { FakeMirror } from './fake-mirror.ts';
import { aServer, connectTo, whyNot } from './testing.ts';

describe.skipIf(whyNot !== '')(`a sink that is killed${whyNot}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fake-mirror-'));
  let server: ClickHouseServer;
  let child: ChildProcess | undefined;
  const [userFile, passwordFile] = [join(folder, 'user'), join(folder, 'password')];
  const told: FakeMirror = { url: '', userFile, passwordFile, database: 'killed', messages: 600 };

  beforeAll(async () => {
    server = await aServer();
    writeFileSync(userFile, server.user);
    writeFileSync(passwordFile, server.password);
  }, 60_000);
  afterAll(async () => {
    child?.kill('SIGKILL');
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function start(): ChildProcess {
    child = spawn(process.execPath, [join(import.meta.dirname, 'fake-mirror.ts'), JSON.stringify({ ...told, url: server.url })], { stdio: ['ignore', 'pipe', 'inherit'] });
    return child;
  }

  async function kill(): Promise<void> {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Waits for the next batches that this life of the sink has stored. */
  async function stored(process: ChildProcess, batches: number): Promise<void> {
    for (let seen = 0; seen < batches; seen += 1) await once(process.stdout as NodeJS.ReadableStream, 'data');
  }

  test('stores every event once', async () => {
    for (let round = 0; round < 6; round += 1) {
      const life = start();
      await stored(life, 2 + round);
      // In every second round the server dies with it.
      await Promise.all(round % 2 === 0 ? [kill()] : [kill(), server.kill()]);
      if (server.pid() === undefined) await server.restart();
    }
    start();
    const client = connectTo(server);
    const wanted = told.messages * 50;
    await vi.waitFor(async () => {
      const [row] = await client.query('SELECT (SELECT count() FROM killed.events) AS rows, (SELECT uniqExact(id) FROM killed.events) AS ids, (SELECT sum(events) FROM killed.hourly) AS sums, (SELECT sum(cost_micro_usd) FROM killed.hourly) AS cost');
      expect(row).toEqual({ rows: String(wanted), ids: String(wanted), sums: String(wanted), cost: String(wanted * 1000) });
    }, { timeout: 60_000, interval: 200 });
    await client.close();
    await kill();
  }, 180_000);
});
