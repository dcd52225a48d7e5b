import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { settingsFrom } from '../../settings.ts';
import { ensureS3, type S3Server, startS3 } from './index.ts';

const found = await ensureS3(settingsFrom(process.env));
const isMissing = found.kind === 'missing';
const reason = found.kind === 'missing' ? ` (SKIPPED: ${found.why})` : '';
const file = found.kind === 'found' ? found.file : '';
const folder = mkdtempSync(join(tmpdir(), 's3-'));
let server: S3Server | undefined;
afterEach(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Status of an answer over TLS that is checked; 0 without one. */
const statusOf = (port: number, path: string, ca: string) => new Promise<number>((resolve) => void get({ host: '127.0.0.1', port, path, ca, agent: false }, (answer) => resolve((answer.resume(), answer.statusCode ?? 0))).on('error', () => resolve(0)));

test.skipIf(isMissing)(`it is killed and comes back, and lets nobody in without keys${reason}`, { timeout: 60_000 }, async () => {
  server = await startS3({ file, folder, buckets: ['archive'] });
  const ca = readFileSync(server.access.caFile, 'utf8');
  expect(await statusOf(server.port, '/healthz', ca)).toBe(200);
  expect(await statusOf(server.port, '/archive', ca)).toBe(403);
  await server.kill();
  expect(await statusOf(server.port, '/healthz', ca)).toBe(0);
  await server.start();
  expect(await statusOf(server.port, '/healthz', ca)).toBe(200);
});

test.skipIf(isMissing)(`it ends with its starter, also when that is killed${reason}`, { timeout: 60_000 }, async () => {
  const script = `import { startS3 } from '#devcluster/services/s3/index.ts';
    const { port } = await startS3({ file: process.argv[1], folder: process.argv[2] });
    console.log(port);
    setInterval(() => {}, 1000);`;
  const orphan = join(folder, 'orphan');
  const starter = spawn(process.execPath, ['--input-type=module', '-e', script, file, orphan], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(createInterface({ input: starter.stdout }), 'line')) as [string];
  const ca = readFileSync(join(orphan, 'ca.crt'), 'utf8');
  expect(await statusOf(Number(port), '/healthz', ca)).toBe(200);
  starter.kill('SIGKILL');
  await expect.poll(() => statusOf(Number(port), '/healthz', ca), { timeout: 10_000 }).toBe(0);
});
