// Money across restarts, and a disk that fails.
import { appendFile, mkdtemp, readFile, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Account } from '#api/llm.ts';
import { noUsage } from '#domain/cost/ledger.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { type Budget, type Limits, openBudget } from './budget.ts';
import { createJournal, readJournal } from './journal.ts';

const account: Account = { namespace: 'a', namespaceUid: 'ns', mission: 'm', missionUid: 'm-1', pool: 'p', taskUid: 't-1', purpose: 'work' };
const unlimited: Limits = { missionUsd: undefined, taskUsd: undefined, pool: undefined };
const missionOf = (missionUsd: string): Limits => ({ ...unlimited, missionUsd });
let now = 1_700_000_100_000;
let folder: string;
let next = 0;
const opened: Budget[] = [];
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'budget-'))));
afterEach(async () => {
  for (const budget of opened.splice(0)) await budget.close();
  await rm(folder, { recursive: true });
});

async function open(change: { living?: string[]; missionMaxUsd?: string; tenantMaxUsd?: string; tenantPeriodSeconds?: number } = {}): Promise<Budget> {
  const { living = ['m-1', 't-1'], missionMaxUsd = '1.00', tenantMaxUsd, tenantPeriodSeconds } = change;
  const budget = await openBudget({ folder, missionMaxUsd, tenantMaxUsd, tenantPeriodSeconds, living: new Set(living), clock: { now: () => now }, newId: () => `call-${(next += 1)}`, log: silentLog });
  opened.push(budget);
  return budget;
}
async function hold(budget: Budget, amountMicroUsd: number) {
  const held = await budget.reserve(account, unlimited, amountMicroUsd);
  if (held.kind === 'refused') throw new Error(held.message);
  return held.hold;
}
const path = () => join(folder, 'journal.jsonl');
const linesOf = async () => (await readFile(path(), 'utf8')).split('\n').filter((line) => line !== '').map((line) => (JSON.parse(line) as { kind: string }).kind);

test('what was settled, given back and left open is known after a restart', async () => {
  const budget = await open();
  const [settled, released] = [await hold(budget, 1000), await hold(budget, 2000)];
  await hold(budget, 400);
  settled.settle({ ...noUsage, outputTokens: 3, costMicroUsd: 700 });
  released.release();
  released.settle({ ...noUsage, costMicroUsd: 9 });
  expect(budget.usageOf('m-1')).toMatchObject({ settled: { costMicroUsd: 700 }, reservedMicroUsd: 400, calls: 1 });
  expect(budget.reservedMicroUsd()).toBe(400);
  await budget.close();
  opened.pop();
  const again = await open();
  expect(again.usageOf('m-1')).toEqual({ settled: { ...noUsage, outputTokens: 3, costMicroUsd: 1100 }, reservedMicroUsd: 0, calls: 2 });
  expect(await linesOf()).toEqual(['balance', 'balance', 'balance', 'balance', 'spent', 'spent']);
});

test('accounts of missions and tasks that are gone are dropped at start; what their namespace spent is not', async () => {
  (await hold(await open(), 100)).settle({ ...noUsage, costMicroUsd: 100 });
  const later = await open({ living: [], tenantMaxUsd: '0.00' });
  expect(later.usageOf('m-1')).toMatchObject({ calls: 0 });
  expect(await later.reserve(account, unlimited, 1)).toMatchObject({ kind: 'refused', message: expect.stringMatching(/tenant has 0\.00 USD left of 0\.00/) });
  expect(await linesOf()).toEqual(['balance', 'balance', 'spent', 'spent']);
});

test('the limit of a mission is its own, else that of the installation, and may be raised', async () => {
  const budget = await open({ missionMaxUsd: '0.01' });
  expect(await budget.reserve(account, unlimited, 10_001)).toMatchObject({ kind: 'refused', message: 'the call may cost 0.010001 USD, but the mission has 0.01 USD left of 0.01; ask with fewer tokens, or raise the budget' });
  expect((await budget.reserve(account, missionOf('0.02'), 20_000)).kind).toBe('held');
  expect((await budget.reserve(account, missionOf('0.02'), 1)).kind).toBe('refused');
  expect((await budget.reserve(account, missionOf('0.03'), 1)).kind).toBe('held');
});

describe('a limit', () => {
  const dear: Limits = { missionUsd: '9.00', taskUsd: undefined, pool: undefined };
  const cases: Record<string, { limits: Limits; says: RegExp }> = {
    'of a task is named': { limits: { ...dear, taskUsd: '0.001' }, says: /the task has 0\.001 USD left of 0\.001; .* budget of the task/ },
    'of a pool is named, with its period': { limits: { ...dear, pool: { maxCostUsd: '0.001', periodSeconds: 3600 } }, says: /the pool b\/p has 0\.001 USD left of 0\.001 in 3600 seconds; .* AgentPool/ },
  };
  test.each(Object.entries(cases))('%s', async (_, { limits, says }) => {
    const refused = await (await open()).reserve({ ...account, poolNamespace: 'b' }, limits, 1001);
    expect(refused).toMatchObject({ kind: 'refused', message: expect.stringMatching(says) });
  });
  test('of a pool is for the calls of all namespaces', async () => {
    const budget = await open();
    const limits: Limits = { ...unlimited, pool: { maxCostUsd: '0.10', periodSeconds: 600 } };
    const of = (namespace: string): Account => ({ ...account, namespace, namespaceUid: namespace, missionUid: namespace, taskUid: `t-${namespace}`, poolNamespace: 'b' });
    expect((await budget.reserve(of('x'), limits, 60_000)).kind).toBe('held');
    expect(await budget.reserve(of('y'), limits, 60_000)).toMatchObject({ kind: 'refused', level: 'pool' });
    // A pool of the same name elsewhere is another one.
    expect((await budget.reserve({ ...of('y'), poolNamespace: 'c' }, limits, 60_000)).kind).toBe('held');
  });
  test('of a namespace rolls on, and is kept through a restart', async () => {
    const change = { tenantMaxUsd: '0.10', tenantPeriodSeconds: 3600 };
    (await hold(await open(change), 60_000)).settle({ ...noUsage, costMicroUsd: 60_000 });
    const again = await open(change);
    expect(await again.reserve(account, unlimited, 50_000)).toMatchObject({ kind: 'refused', level: 'tenant' });
    now += 4_000_000;
    expect((await again.reserve(account, unlimited, 50_000)).kind).toBe('held');
  });
});

test('a reservation that cannot be written is none, and says so', async () => {
  const budget = await open();
  await budget.close();
  await expect(hold(budget, 5)).rejects.toThrow(/may not go out/);
  expect([budget.reservedMicroUsd(), budget.fault()]).toEqual([0, expect.stringMatching(/cannot be written/)]);
  opened.pop();
});

describe('a journal', () => {
  test('holds a reservation before the call may go out', async () => {
    const budget = await open();
    await Promise.all(Array.from({ length: 20 }, () => hold(budget, 1)));
    expect(await linesOf()).toHaveLength(20);
  });
  test('whose last line was cut off by a crash is read without it', async () => {
    await hold(await open(), 5);
    await appendFile(path(), '{"kind":"reserved","callId":"x","acc');
    expect((await open()).usageOf('m-1')).toMatchObject({ settled: { costMicroUsd: 5 } });
  });
  test('with a line of nonsense is not guessed at', async () => {
    await writeFile(path(), '{"kind":"balance"}\n');
    await expect(open()).rejects.toThrow(/journal\.jsonl:1.*nobody knows what was spent/);
  });
  test('keeps the old file until the new one is whole', async () => {
    await hold(await open(), 5);
    await mkdir(`${path()}.next`);
    await expect(open()).rejects.toThrow(/EISDIR/);
    expect(await readJournal(folder)).toHaveLength(1);
  });
  test('that cannot be written lets nothing through any more', async () => {
    const journal = await createJournal(folder, [], silentLog);
    await journal.close();
    const event = { kind: 'released', callId: 'a' } as const;
    const both = await Promise.allSettled([journal.append(event), journal.append(event)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(journal.fault()).toMatch(/cannot be written/);
    await expect(journal.append(event)).rejects.toThrow(/cannot be written/);
  });
});
