// What equal calls share, over TLS: who gets an answer that another call bought, who must not, and who pays.
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Account, llmHeaders, type Usage, usagePath } from '#api/llm.ts';
import { answerCostMicroUsd, fails, type Play, well } from './fake-provider.ts';
import { account, type Ask, makePeople, missionObject, type People, question, type Reply, startWorld, type World } from './testing.ts';

let people: People;
let world: World;
beforeAll(async () => void (people = await makePeople()));
beforeEach(async () => void (world = await startWorld(people)));
afterEach(() => world.close());

const by = (change: Partial<Account> = {}, headers: Readonly<Record<string, string>> = {}): Pick<Ask, 'headers'> => ({ headers: { [llmHeaders.account]: Buffer.from(JSON.stringify({ ...account, ...change })).toString('base64url'), ...headers } });
/** A plan for nobody: any number of them may be asked for. */
const preview = (number: number, change: Partial<Account> = {}) => by({ purpose: 'preview', mission: `p-${number}`, missionUid: `p-${number}`, ...change });
const usageOf = async (missionUid: string) => JSON.parse((await world.ask({ method: 'GET', path: usagePath(missionUid) })).text) as Usage;
const isShared = ({ headers }: Reply) => headers[llmHeaders.cached] === '1';
const costOf = ({ headers }: Reply) => (JSON.parse(String(headers[llmHeaders.usage])) as { costMicroUsd: number }).costMicroUsd;
const restart = async (change: Parameters<typeof startWorld>[1]) => {
  await world.close();
  world = await startWorld(people, change);
};
const exact = { ...question, temperature: 0 };
const without = (stop_reason: string): Play => (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ stop_reason, content: [], usage: { input_tokens: 10, output_tokens: 20 } }));

describe('an answer that was bought', () => {
  test('is given to an equal call for nothing, and counted', async () => {
    const first = await world.ask();
    const second = await world.ask(preview(1));
    expect([isShared(first), isShared(second), costOf(second)]).toEqual([false, true, 0]);
    expect({ ...second, headers: { 'request-id': second.headers['request-id'] } }).toEqual({ status: 200, text: first.text, headers: { 'request-id': 'req-1' } });
    expect(world.provider.requests).toHaveLength(1);
    expect(await usageOf('p-1')).toMatchObject({ calls: 0, cachedCalls: 1, savedMicroUsd: answerCostMicroUsd, settled: { costMicroUsd: 0 }, reservedMicroUsd: 0 });
    expect(await world.usage()).not.toHaveProperty('cachedCalls');
    expect(await world.metrics.text()).toMatch(/coditect_llm_saved_calls_total\{lever="cache"\} 1\n[^]*coditect_llm_saved_usd_total\{lever="cache"\} 0.00055\n/);
  });
  test('is given to a mission that has nothing left to spend', async () => {
    await world.ask();
    expect(await world.ask(preview(1, { maxCostUsd: '0.01' }))).toMatchObject({ status: 200, headers: { [llmHeaders.cached]: '1' } });
    expect(await readFile(join(world.folder, 'journal', 'journal.jsonl'), 'utf8')).not.toMatch(/reserved.*p-1/);
  });
  test('is given to an agent again when it asks without chance', async () => {
    const asked = { ...world.asAgent(), body: exact };
    expect([await world.ask(asked), await world.ask(asked)].map(isShared)).toEqual([false, true]);
  });
  test('is not given to a mission that has ended', async () => {
    const asked = { ...world.asAgent(), body: exact };
    await world.ask(asked);
    world.cluster.put(missionObject({ operatingMode: 'Cancel' }));
    await expect.poll(async () => (await world.ask(asked)).status, { timeout: 5000, interval: 20 }).toBe(403);
  });
  test('is not given again to a mission that has thrown its plan away', async () => {
    expect([await world.ask(), await world.ask(), await world.ask(preview(1)), await world.ask(preview(1))].map(isShared)).toEqual([false, false, true, false]);
    expect(world.provider.requests).toHaveLength(3);
  });
  test('is counted across a restart, and itself forgotten', async () => {
    const asked = { ...world.asAgent(), body: exact };
    for (let call = 0; call < 3; call += 1) await world.ask(asked);
    for (let crash = 0; crash < 2; crash += 1) await world.crash();
    expect(await world.usage()).toMatchObject({ calls: 1, cachedCalls: 2, savedMicroUsd: 2 * answerCostMicroUsd });
    expect(isShared(await world.ask(asked))).toBe(false);
  });

  const others: Record<string, () => Ask> = {
    'of another namespace': () => preview(1, { namespaceUid: 'ns-2' }),
    'of another model': () => ({ ...preview(1), body: { ...exact, model: 'claude-haiku-4-5' } }),
    'for another purpose': () => ({ ...world.asAgent(), body: exact }),
    'in other words': () => ({ ...preview(1), body: { ...exact, max_tokens: 999 } }),
    'of another beta': () => ({ headers: { ...preview(1).headers, 'anthropic-beta': 'x' }, body: exact }),
    'that streams': () => ({ ...preview(1), body: { ...exact, stream: true } }),
    'that wants an answer of its own': () => ({ headers: { ...preview(1).headers, [llmHeaders.cache]: 'no-store' }, body: exact }),
    'that leaves the answer to chance': () => ({ ...preview(1), body: { ...question, temperature: 0.5 } }),
  };
  test.each(Object.entries(others))('is not given to a call %s', async (_, ask) => {
    await world.ask({ body: exact });
    expect(await world.ask({ body: exact })).toMatchObject({ headers: { [llmHeaders.cached]: '1' } });
    expect(isShared(await world.ask({ body: exact, ...ask() }))).toBe(false);
    expect(world.provider.requests).toHaveLength(2);
  });
  test('is given whatever the order of the fields of the question', async () => {
    await world.ask({ body: exact });
    const turned = exact.messages.map((message) => Object.fromEntries(Object.entries(message).toReversed()));
    expect(isShared(await world.ask({ body: { ...exact, messages: turned } }))).toBe(true);
  });
});

describe('work without a temperature', () => {
  const work = (change: Partial<Parameters<World['asAgent']>[0]> = {}) => ({ ...world.asAgent(change), body: question });
  const asked = async (...asks: Ask[]) => {
    const shared: boolean[] = [];
    for (const ask of asks) shared.push(isShared(await world.ask(ask)));
    return shared;
  };
  const exactly = { mission: { modelPolicy: { reuse: 'Exact' } } };

  test('shares answers where its mission says that they are as good as new', async () => {
    await restart(exactly);
    expect(await asked(work(), work())).toEqual([false, true]);
    expect(world.provider.requests.map(({ body }) => body)).toEqual([JSON.stringify(question)]);
  });
  test('shares none where its task says otherwise', async () => {
    await restart({ ...exactly, task: { modelPolicy: { reuse: 'None' } } });
    expect(await asked(work(), work())).toEqual([false, false]);
  });
  test('is not left to what was kept when it names one', async () => {
    await restart(exactly);
    const warm = { ...work(), body: { ...question, temperature: 1 } };
    expect(await asked(warm, warm)).toEqual([false, false]);
  });
  test('is asked anew by a further attempt, and its answer takes the place of the one before', async () => {
    await restart(exactly);
    const says = (id: string): Play => (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id, stop_reason: 'end_turn', content: [], usage: { input_tokens: 10, output_tokens: 20 } }));
    world.provider.script.push(says('old'), says('new'));
    expect(await asked(work(), work({ attempt: 2 }))).toEqual([false, false]);
    expect(JSON.parse((await world.ask(work())).text)).toMatchObject({ id: 'new' });
    expect(world.provider.requests).toHaveLength(2);
  });
  test('is no judgement: each of those is drawn anew unless it asks for no chance', async () => {
    await restart(exactly);
    const judge = { account: { ...account, taskUid: 't-1', purpose: 'judge' as const } };
    expect(await asked(work(judge), work(judge), { ...work(judge), body: exact }, { ...work(judge), body: exact })).toEqual([false, false, false, true]);
  });
  test('that asks for no chance is asked anew by a further attempt too', async () => {
    expect(await asked({ ...work(), body: exact }, { ...work({ attempt: 2 }), body: exact }, { ...work(), body: exact })).toEqual([false, false, true]);
  });
});

describe('not kept', () => {
  const cases: Record<string, { ask?: Ask; play?: Play }> = {
    'an answer that was cut at its most tokens': { play: without('max_tokens') },
    'an answer that the model refused': { play: without('refusal') },
    'an error': { play: fails(400, 'invalid_request_error') },
    'an answer that nobody else shall have': { ask: by({}, { [llmHeaders.cache]: 'no-store' }) },
    'an answer of an agent that was left to chance': { ask: { body: question } },
  };
  test.each(Object.entries(cases))('%s', async (_, { ask, play }) => {
    world.provider.script.push(...(play === undefined ? [] : [play]));
    const asked = ask?.body === undefined ? { body: exact, ...ask } : { ...world.asAgent(), ...ask };
    for (let call = 0; call < 2; call += 1) expect(isShared(await world.ask(asked))).toBe(false);
    expect(world.provider.requests).toHaveLength(2);
  });
  test('what another mission was answered by chance, unless it is a plan', async () => {
    for (const number of [1, 2]) expect(isShared(await world.ask({ ...preview(number), body: { ...question, temperature: 0.5 } }))).toBe(false);
    world.cluster.put({ ...missionObject({}), metadata: { namespace: 'team-a', name: 'm-2', uid: 'm-2' } });
    const judge = (missionUid: string) => world.ask(by({ purpose: 'judge', missionUid }));
    await judge('m-1');
    await expect.poll(async () => (await judge('m-2')).status, { timeout: 5000, interval: 20 }).toBe(200);
    expect(world.provider.requests).toHaveLength(4);
  });
  test('anything, when it is off', async () => {
    await restart({ cacheMaxBytes: 0 });
    for (let call = 0; call < 2; call += 1) expect(isShared(await world.ask({ body: exact }))).toBe(false);
  });
  test('an answer to a call of a tool is', async () => {
    world.provider.script.push(without('tool_use'));
    expect([await world.ask({ body: exact }), await world.ask({ body: exact })].map(isShared)).toEqual([false, true]);
  });
});

describe('equal calls in flight', () => {
  /** Has the provider hold its next answers; they are collected in the list. */
  function hold(plays = 1) {
    const waiting: ServerResponse[] = [];
    world.provider.script.push(...Array.from({ length: plays }, (): Play => (response) => void waiting.push(response)));
    return waiting;
  }
  /** Resolves when `calls` hold money and the journal has it on the disk: whatever is asked after them comes after them. */
  async function allWait(waiting: readonly unknown[], missionUid: string, calls: number): Promise<void> {
    const worst = (await usageOf('p-0')).reservedMicroUsd;
    await expect.poll(async () => [waiting.length, (await usageOf(missionUid)).reservedMicroUsd], { timeout: 5000, interval: 10 }).toEqual([1, worst * calls]);
    await world.ask(by({}, { [llmHeaders.cache]: 'no-store' }));
  }
  const begun = async (waiting: readonly unknown[], count = 1) => {
    await expect.poll(() => waiting.length, { timeout: 5000, interval: 10 }).toBe(count);
  };

  test('are one call to the provider; the first pays', async () => {
    await restart({ cacheMaxBytes: 0, maxCostUsd: '5.00' });
    const waiting = hold();
    const first = world.ask(preview(0));
    await begun(waiting);
    const rest = Array.from({ length: 59 }, () => world.ask(preview(1, { maxCostUsd: '5.00' })));
    await allWait(waiting, 'p-1', 59);
    waiting.forEach(well);
    expect(isShared(await first)).toBe(false);
    expect((await Promise.all(rest)).map((reply) => [reply.status, isShared(reply), costOf(reply)])).toEqual(rest.map(() => [200, true, 0]));
    expect(world.provider.requests).toHaveLength(2);
    expect(await usageOf('p-0')).toMatchObject({ calls: 1, settled: { costMicroUsd: answerCostMicroUsd }, reservedMicroUsd: 0 });
    expect(await usageOf('p-1')).toMatchObject({ calls: 0, cachedCalls: 59, settled: { costMicroUsd: 0 }, reservedMicroUsd: 0 });
    expect(await world.metrics.text()).toMatch(/coditect_llm_saved_calls_total\{lever="flight"\} 59\n/);
  });
  test('are refused one by one where the money does not suffice', async () => {
    const waiting = hold();
    const first = world.ask(preview(0));
    await begun(waiting);
    expect(await world.ask(preview(1, { maxCostUsd: '0.01' }))).toMatchObject({ status: 402 });
    waiting.forEach(well);
    expect(await first).toMatchObject({ status: 200 });
  });
  test('go on when the first caller leaves, who pays what it began', async () => {
    const waiting = hold();
    const stop = new AbortController();
    const first = world.ask({ ...preview(0), signal: stop.signal }).catch(() => 'gone');
    await begun(waiting);
    const second = world.ask(preview(1));
    await allWait(waiting, 'p-1', 1);
    stop.abort();
    expect(await first).toBe('gone');
    // Time for the gateway to see it: the call of somebody else is answered meanwhile.
    await world.ask(by({}, { [llmHeaders.cache]: 'no-store' }));
    expect(waiting[0]?.destroyed).toBe(false);
    waiting.forEach(well);
    expect(isShared(await second)).toBe(true);
    expect([await usageOf('p-0'), await usageOf('p-1')]).toMatchObject([{ settled: { costMicroUsd: answerCostMicroUsd }, reservedMicroUsd: 0 }, { settled: { costMicroUsd: 0 }, reservedMicroUsd: 0 }]);
  });
  test('are made anew, at the cost of the next, when the mission of the first ends before its next try', async () => {
    const waiting = hold();
    const first = world.ask();
    await begun(waiting);
    const second = world.ask(preview(0));
    await expect.poll(async () => (await usageOf('p-0')).reservedMicroUsd, { timeout: 5000, interval: 10 }).toBeGreaterThan(0);
    await world.ask({ ...preview(2), body: { ...question, max_tokens: 1 } });
    world.cluster.put(missionObject({ operatingMode: 'Cancel' }));
    expect(await first).toMatchObject({ status: 403 });
    for (const response of waiting) fails(529, 'overloaded_error', { 'retry-after': '0' })(response);
    expect(await second).toMatchObject({ status: 200 });
    expect([isShared(await second), costOf(await second)]).toEqual([false, answerCostMicroUsd]);
    expect([await world.usage(), await usageOf('p-0')]).toMatchObject([{ calls: 0, reservedMicroUsd: 0 }, { calls: 1, reservedMicroUsd: 0 }]);
  });
  test('all hear of an error, and keep their money', async () => {
    const waiting = hold();
    const first = world.ask(preview(0));
    await begun(waiting);
    const second = world.ask(preview(1));
    await allWait(waiting, 'p-1', 1);
    for (const response of waiting) fails(400, 'invalid_request_error')(response);
    expect([await first, await second]).toMatchObject([{ status: 400 }, { status: 400 }]);
    expect(await usageOf('p-1')).toEqual(await usageOf('nobody'));
  });
  test('each go their own way when that is off', async () => {
    await restart({ singleFlight: 'off' });
    const waiting = hold(2);
    const both = [world.ask(preview(0)), world.ask(preview(1))];
    await begun(waiting, 2);
    waiting.forEach(well);
    expect((await Promise.all(both)).map(isShared)).toEqual([false, false]);
  });
});
