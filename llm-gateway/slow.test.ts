// Calls of missions that have time, over TLS, with a simulated provider that knows batches.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type CallUsage, llmHeaders } from '#api/llm.ts';
import { costOf } from '#domain/cost/prices.ts';
import { say } from '#testing/llm/policy.ts';
import { type ModelServer, startModelServer } from '#testing/llm/server.ts';
import { account, type Ask, makePeople, missionObject, type People, question, type Reply, startWorld, type World } from './testing.ts';

let people: People;
let world: World;
let models: ModelServer;
beforeAll(async () => void (people = await makePeople()));
afterEach(async () => {
  await world.close();
  await models.close();
});

const unhurried = { modelPolicy: { slackSeconds: 3600 } };
const soon = { timeout: 10_000, interval: 50 } as const;
/** Starts a gateway whose batches are made after a blink, with a provider whose batches take this long. */
async function start({ batchMs = 0, mission = {}, ...change }: { batchMs?: number; mission?: object } & Omit<NonNullable<Parameters<typeof startWorld>[1]>, 'mission'> = {}): Promise<void> {
  models = await startModelServer({ policy: () => say('the answer'), batchMs });
  world = await startWorld(people, { batchWindowSeconds: 0.02, upstreamUrl: models.url, ...change, mission: { ...unhurried, ...mission } });
}
const pathsAsked = () => models.requests().map(({ method, path }) => `${method} ${path.replace(/msgbatch_\w+/, 'ID')}`);
const usageOf = ({ headers }: Reply) => JSON.parse(String(headers[llmHeaders.usage])) as CallUsage;
const atOnceMicroUsd = (usage: CallUsage) => costOf('claude-opus-5', { ...usage, cacheWriteHourTokens: 0 });
const errorTypeOf = ({ status, text }: Reply) => [status, (JSON.parse(text) as { error: { type: string } }).error.type];

describe('a call of a mission that has time', () => {
  test('goes by batch, at half the price', async () => {
    await start();
    const reply = await world.ask(world.asAgent());
    expect([reply.status, (JSON.parse(reply.text) as { content: { text: string }[] }).content[0]?.text]).toEqual([200, 'the answer']);
    expect(pathsAsked()).toEqual(['POST /v1/messages/batches', 'GET /v1/messages/batches/ID', 'GET /v1/messages/batches/ID/results']);
    const usage = usageOf(reply);
    expect(usage.costMicroUsd).toBe(Math.ceil(atOnceMicroUsd(usage) / 2));
    expect(await world.usage()).toMatchObject({ settled: usage, reservedMicroUsd: 0, calls: 1, batchedCalls: 1, savedMicroUsd: atOnceMicroUsd(usage) - usage.costMicroUsd });
    expect(await world.metrics.text()).toMatch(/coditect_llm_saved_calls_total\{lever="batch"\} 1\n/);
  });
  test('needs half the money', async () => {
    await start({ maxCostUsd: '0.03' });
    expect(await world.ask(world.asAgent())).toMatchObject({ status: 200 });
    expect(await world.ask({ ...world.asAgent(), body: { ...question, max_tokens: 9000 } })).toMatchObject({ status: 402 });
  });
  test('shares its batch with others', async () => {
    await start();
    const replies = await Promise.all([1, 2, 3].map((max_tokens) => world.ask({ ...world.asAgent(), body: { ...question, max_tokens: 100 + max_tokens } })));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(pathsAsked().filter((path) => path.startsWith('POST'))).toEqual(['POST /v1/messages/batches']);
  });
  test('whose caller cannot wait goes on, is answered when the same attempt asks the same again, and is paid for once', async () => {
    await start({ batchMs: 700, callSeconds: 0.4 });
    const first = await world.ask(world.asAgent());
    expect([errorTypeOf(first), first.headers['retry-after']]).toEqual([[429, 'batch_going_on'], '15']);
    await expect.poll(async () => (await world.ask(world.asAgent())).status, soon).toBe(200);
    expect(pathsAsked().filter((path) => path.startsWith('POST'))).toHaveLength(1);
    expect(await world.usage()).toMatchObject({ calls: 1, batchedCalls: 1, reservedMicroUsd: 0 });
  });
  test('that a batch has no answer for is made at once, at its own price', async () => {
    await start();
    models.fail({ kind: 'serverError' });
    const reply = await world.ask(world.asAgent());
    expect(pathsAsked().at(-1)).toBe('POST /v1/messages');
    expect(usageOf(reply).costMicroUsd).toBe(atOnceMicroUsd(usageOf(reply)));
    expect(await world.usage()).toMatchObject({ calls: 1, settled: usageOf(reply), reservedMicroUsd: 0 });
    expect(await world.usage()).not.toHaveProperty('batchedCalls');
  });
  test('is cut off from its batch when its mission is cancelled, and billed all the same', async () => {
    await start({ batchMs: 500 });
    const asked = world.ask(world.asAgent());
    await expect.poll(() => models.requests().length, soon).toBeGreaterThan(0);
    world.cluster.put(missionObject({ operatingMode: 'Cancel' }));
    expect(errorTypeOf(await asked)).toEqual([403, 'attempt_fenced']);
    await expect.poll(() => world.usage(), soon).toMatchObject({ calls: 1, batchedCalls: 1, reservedMicroUsd: 0 });
  });
  test('that was in a batch when the process died is spent at the most it can have cost', async () => {
    await start({ batchMs: 60_000 });
    const asked = world.ask(world.asAgent()).catch(() => 'gone');
    await expect.poll(() => models.requests().length, soon).toBeGreaterThan(0);
    const { reservedMicroUsd } = await world.usage();
    await world.crash();
    await asked;
    expect(await world.usage()).toMatchObject({ settled: { costMicroUsd: reservedMicroUsd }, reservedMicroUsd: 0 });
    expect(reservedMicroUsd).toBeGreaterThan(0);
  });
  test('may be answered by a cheaper model, too', async () => {
    await start({ mission: { modelPolicy: { slackSeconds: 3600, tiers: ['claude-haiku-4-5'] }, budget: { maxCostUsd: '0.00005', cheaperFromPercent: 1 } } });
    world.cluster.put(missionObject({ ...unhurried, budget: { maxCostUsd: '0.03', cheaperFromPercent: 1 }, modelPolicy: { slackSeconds: 3600, tiers: ['claude-haiku-4-5'] } }));
    await expect.poll(async () => (await world.ask({ ...world.asAgent(), body: { ...question, max_tokens: 999 } })).status, soon).toBe(200);
    await expect.poll(async () => (await world.ask(world.asAgent())).headers[llmHeaders.downgraded], soon).toBe('1');
    expect(await world.usage()).toMatchObject({ downgradedCalls: expect.any(Number), batchedCalls: expect.any(Number) });
  });
});

describe('made at once is a call', () => {
  const preview = { [llmHeaders.account]: Buffer.from(JSON.stringify({ ...account, purpose: 'preview', mission: 'p', missionUid: 'p-1' })).toString('base64url') };
  const cases: Record<string, { ask: () => Ask; start?: Parameters<typeof start>[0] }> = {
    'that streams': { ask: () => ({ ...world.asAgent(), body: { ...question, stream: true } }) },
    'of somebody who looks at a preview': { ask: () => ({ headers: preview }) },
    'of a mission with too little time': { ask: () => world.asAgent(), start: { mission: { modelPolicy: { slackSeconds: 3599 } } } },
    'of a task with too little time': { ask: () => world.asAgent(), start: { task: { modelPolicy: { slackSeconds: 0 } } } },
    'where batches are off': { ask: () => world.asAgent(), start: { batchWindowSeconds: 0 } },
  };
  test.each(Object.entries(cases))('%s', async (_, { ask, start: how }) => {
    await start(how);
    expect(await world.ask(ask())).toMatchObject({ status: 200 });
    expect(pathsAsked()).toEqual(['POST /v1/messages']);
  });
});
