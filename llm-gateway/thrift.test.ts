// What a mission's own rules do to its calls, over TLS: the ladder of its budget, and whose limit says no.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { llmHeaders } from '#api/llm.ts';
import { answerCostMicroUsd, streams, eventsOf } from './fake-provider.ts';
import { account, type Ask, makePeople, missionObject, type People, poolObject, question, type Reply, startWorld, taskObject, type World } from './testing.ts';

let people: People;
let world: World;
beforeAll(async () => void (people = await makePeople()));
afterEach(() => world.close());

const tiers = ['claude-haiku-4-5', 'claude-opus-5'];
/** Costs of the fake's answer at the price of claude-haiku-4-5. */
const cheapCostMicroUsd = 10 + 20 * 5;
/** One answer is more than a hundredth of it, and it has the money for several calls at once at the end of none. */
const maxCostUsd = '0.05';
const start = async (budget: object, more: Parameters<typeof startWorld>[1] = {}) => {
  world = await startWorld(people, { ...more, mission: { budget: { maxCostUsd, ...budget }, modelPolicy: { tiers }, ...more.mission } });
};
const fresh: Ask['headers'] = { [llmHeaders.account]: Buffer.from(JSON.stringify(account)).toString('base64url'), [llmHeaders.cache]: 'no-store' };
const modelsAsked = () => world.provider.requests.map(({ body }) => (JSON.parse(body) as { model: string }).model);
const isDowngraded = ({ headers }: Reply) => headers[llmHeaders.downgraded] === '1';
const errorOf = ({ status, text }: Reply) => ({ status, ...(JSON.parse(text) as { error: { type: string; message: string } }).error });
const soon = { timeout: 5000, interval: 20 } as const;
const exact = { ...question, temperature: 0 };

describe('from its share of the budget on, the cheaper model', () => {
  test('answers in place of the one that was asked, at its own price', async () => {
    await start({ cheaperFromPercent: 1 });
    const [first, second] = [await world.ask({ headers: fresh }), await world.ask({ headers: fresh })];
    expect([first, second].map(isDowngraded)).toEqual([false, true]);
    expect(modelsAsked()).toEqual(['claude-opus-5', 'claude-haiku-4-5']);
    expect(await world.usage()).toMatchObject({ calls: 2, settled: { costMicroUsd: answerCostMicroUsd + cheapCostMicroUsd }, downgradedCalls: 1, savedMicroUsd: answerCostMicroUsd - cheapCostMicroUsd });
    expect(await world.metrics.text()).toMatch(/coditect_llm_saved_calls_total\{lever="downgrade"\} 1\n/);
  });
  test('is what a call is paid for in advance by', async () => {
    await start({ cheaperFromPercent: 1, maxCostUsd: '0.02' });
    // The model that is asked for could cost more than there is.
    expect((await world.ask({ headers: fresh })).status).toBe(402);
    world.cluster.put(missionObject({ budget: { maxCostUsd: '0.05', cheaperFromPercent: 1 }, modelPolicy: { tiers } }));
    await expect.poll(async () => (await world.ask({ headers: fresh })).status, soon).toBe(200);
    world.cluster.put(missionObject({ budget: { maxCostUsd: '0.02', cheaperFromPercent: 1 }, modelPolicy: { tiers } }));
    await expect.poll(async () => isDowngraded(await world.ask({ headers: fresh })), soon).toBe(true);
  });
  test('answers streams too', async () => {
    await start({ cheaperFromPercent: 1 });
    await world.ask({ headers: fresh });
    world.provider.script.push(streams(eventsOf(20), 'ends'));
    expect(isDowngraded(await world.ask({ body: { ...question, stream: true } }))).toBe(true);
    await expect.poll(() => world.usage(), soon).toMatchObject({ downgradedCalls: 1, settled: { costMicroUsd: answerCostMicroUsd + cheapCostMicroUsd } });
  });
  test('is not taken where it would cost more', async () => {
    await start({ cheaperFromPercent: 1 }, { mission: { modelPolicy: { tiers: ['claude-opus-4-1'] } } });
    await world.ask({ headers: fresh });
    expect([isDowngraded(await world.ask({ headers: fresh })), modelsAsked()]).toEqual([false, ['claude-opus-5', 'claude-opus-5']]);
  });
  test('is not needed where the answer of the other one is known', async () => {
    await start({ cheaperFromPercent: 1 });
    await world.ask({ body: exact });
    const known = await world.ask({ body: exact });
    expect([isDowngraded(known), known.headers[llmHeaders.cached], modelsAsked()]).toEqual([false, '1', ['claude-opus-5']]);
  });
});

describe('from its share of the budget on, only known answers', () => {
  test('are given; any other question is refused with the reason', async () => {
    await start({ cachedOnlyFromPercent: 1 });
    await world.ask({ body: exact });
    expect(await world.ask({ body: exact })).toMatchObject({ status: 200, headers: { [llmHeaders.cached]: '1' } });
    for (const body of [{ ...exact, max_tokens: 999 }, { ...exact, stream: true }]) {
      expect(errorOf(await world.ask({ body }))).toEqual({ status: 402, type: 'budget_exceeded', message: '0.00055 of 0.05 USD are spent or reserved; from 1 % on only questions that were answered before are answered, and this one was not; raise the budget' });
    }
    expect(modelsAsked()).toHaveLength(1);
  });
  test('may be those of the cheaper model', async () => {
    await start({ maxCostUsd: '0.0105', cheaperFromPercent: 1, cachedOnlyFromPercent: 1 });
    expect((await world.ask({ body: { ...exact, model: 'claude-haiku-4-5' } })).status).toBe(200);
    const known = await world.ask({ body: exact });
    expect([known.status, isDowngraded(known), known.headers[llmHeaders.cached], modelsAsked()]).toEqual([200, true, '1', ['claude-haiku-4-5']]);
  });
});

describe('a call that there is no money for', () => {
  const tooDear = { ...question, max_tokens: 64_000 };
  test('waits for a higher budget where the mission says so, is counted, and then goes through', async () => {
    await start({ onExceeded: 'Suspend' });
    const asked = { ...world.asAgent(), body: tooDear };
    const reply = await world.ask(asked);
    expect(errorOf(reply)).toMatchObject({ status: 429, type: 'budget_waits', message: expect.stringContaining('the mission has 0.05 USD left') });
    expect(reply.headers['retry-after']).toBe('10');
    expect([(await world.usage()).waiting, (await world.ask({ body: tooDear })).status, (await world.usage()).waiting]).toEqual([1, 429, 2]);
    world.cluster.put(missionObject({ budget: { maxCostUsd: '9.00', onExceeded: 'Suspend' } }));
    await expect.poll(async () => (await world.ask(asked)).status, soon).toBe(200);
    await world.ask({ body: tooDear });
    expect(await world.usage()).not.toHaveProperty('waiting');
    expect(await world.metrics.text()).toMatch(/coditect_llm_refusals_total\{type="budget_waits"\} \d/);
  });
  test('waits too where only known answers are given', async () => {
    await start({ onExceeded: 'Suspend', cachedOnlyFromPercent: 1 });
    await world.ask({ headers: fresh });
    expect(errorOf(await world.ask({ headers: fresh }))).toMatchObject({ status: 429, type: 'budget_waits' });
    expect(await world.usage()).toMatchObject({ waiting: 1 });
  });
  test.each(['Fail', 'Cancel'])('is refused for good with onExceeded %s', async (onExceeded) => {
    await start({ onExceeded });
    expect(errorOf(await world.ask({ body: tooDear }))).toMatchObject({ status: 402, type: 'budget_exceeded' });
    expect(await world.usage()).not.toHaveProperty('waiting');
  });
});

describe('a limit', () => {
  const work = { account: { ...account, taskUid: 't-1', purpose: 'work' as const } };
  test('of a task is for all of its attempts, and nothing to wait for', async () => {
    await start({ maxCostUsd: '9.00', onExceeded: 'Suspend' }, { task: { budget: { maxCostUsd: '0.0465' } } });
    expect((await world.ask(world.asAgent())).status).toBe(200);
    expect(errorOf(await world.ask(world.asAgent({ attempt: 2 })))).toMatchObject({ status: 402, message: expect.stringMatching(/^the call may cost 0\.\d+ USD, but the task has 0\.04595 USD left of 0\.0465; /) });
    world.cluster.put(taskObject({}, { budget: { maxCostUsd: '1.00' } }));
    await expect.poll(async () => (await world.ask(world.asAgent())).status, soon).toBe(200);
  });
  test('of a pool is told with its period, and is that of the pool in its own namespace', async () => {
    await start({ maxCostUsd: '9.00' }, { pool: { budget: { maxCostUsd: '0.01', periodSeconds: 600 } } });
    const of = (poolNamespace: string) => world.asAgent({ account: { ...work.account, pool: 'p', poolNamespace } });
    expect(errorOf(await world.ask(of('team-p')))).toMatchObject({ status: 402, message: expect.stringContaining('the pool team-p/p has 0.01 USD left of 0.01 in 600 seconds') });
    expect((await world.ask(of('team-a'))).status).toBe(200);
    world.cluster.put(poolObject({}));
    await expect.poll(async () => (await world.ask(of('team-p'))).status, soon).toBe(200);
  });
  test('of a namespace may be for a period', async () => {
    await start({ maxCostUsd: '9.00' }, { tenantMaxUsd: '0.01', tenantPeriodSeconds: 600 });
    expect(errorOf(await world.ask())).toMatchObject({ status: 402, message: expect.stringContaining('the tenant has 0.01 USD left of 0.01 in 600 seconds') });
  });
});
