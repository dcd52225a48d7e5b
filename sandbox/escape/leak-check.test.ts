import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { ownJail } from '#sandbox/jail/testing.ts';
import type { Sandbox } from '#sandbox/port.ts';
import { createProcessSandbox } from '#sandbox/process/index.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import { leakCheck } from './leak-check.ts';

let workFolder: string;
let sandbox: Sandbox;

beforeAll(async () => {
  workFolder = await mkdtemp(join(tmpdir(), 'leaks-'));
  sandbox = createProcessSandbox({ workFolder, jail: await ownJail(), clock: systemClock, log: silentLog });
}, 120_000);

afterAll(async () => {
  await sandbox.shutdown();
  await removeTree(workFolder);
});

test('50 runs leave no process, no descriptor and no file', async () => {
  const { before, after } = await leakCheck(sandbox, workFolder, 50);
  expect(after.processes).toBe(before.processes);
  expect(after.entries).toBe(0);
  // Vitest opens and closes some of its own.
  expect(after.descriptors - before.descriptors).toBeLessThan(10);
});

test('what is left is seen', async () => {
  const forgotten = await sandbox.prepare();
  const { after } = await leakCheck(sandbox, workFolder, 1);
  expect(after.entries).toBeGreaterThan(0);
  await forgotten.dispose();
});

test('runs that fail prove nothing', async () => {
  const broken: Sandbox = { ...sandbox, prepare: async () => ({ ...(await sandbox.prepare()), run: () => Promise.resolve({ ending: 'denied', message: 'no', stdout: '', stderr: '', durationMs: 0, boundary: 'full' }) }) };
  await expect(leakCheck(broken, workFolder, 1)).rejects.toThrow(/ended denied \(no\)/);
});
