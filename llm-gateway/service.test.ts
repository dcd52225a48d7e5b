// The gateway as its callers meet it, over TLS, with a provider that answers by script.
import { readFile, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { agentUri, roleUri } from '#api/identity.ts';
import { type Account, llmHeaders, type Usage, usagePath } from '#api/llm.ts';
import { answerCostMicroUsd, eventsOf, fails, hangsUp, type Play, streams, well } from './fake-provider.ts';
import { account, agent, type Ask, grantOf, makePeople, missionObject, type People, providerKey, question, startWorld, taskObject, type World } from './testing.ts';

let people: People;
let world: World;
beforeAll(async () => void (people = await makePeople()));
beforeEach(async () => void (world = await startWorld(people)));
afterEach(() => world.close());

/** Asks again until the watches have brought what the test changed. */
async function eventually(look: () => Promise<void>): Promise<void> {
  await expect.poll(async () => look().then(() => 'as told', (error: unknown) => String(error)), { timeout: 5000, interval: 20 }).toBe('as told');
}
const usageOf = async (missionUid: string) => JSON.parse((await world.ask({ method: 'GET', path: usagePath(missionUid) })).text) as Usage;
const streaming = { body: { ...question, stream: true } };
const errorOf = ({ status, text }: { status: number; text: string }) => ({ status, ...(JSON.parse(text) as { error: { type: string; message: string } }).error });
/** What is reserved for `question`, and so the bill when nothing is seen of the answer. */
const worstMicroUsd = (Buffer.byteLength(JSON.stringify(question)) + 4096) * 5 + 1000 * 25;

describe('a call', () => {
  test('is answered as the provider answers, and billed by its usage', async () => {
    const reply = await world.ask({ headers: { ...operatorHeaders(), 'anthropic-beta': 'x', cookie: 'private' } });
    expect(reply).toMatchObject({ status: 200, headers: { 'request-id': 'req-1' } });
    expect(JSON.parse(reply.text)).toMatchObject({ content: [{ text: 'the answer' }] });
    expect(JSON.parse(String(reply.headers[llmHeaders.usage]))).toMatchObject({ inputTokens: 10, outputTokens: 20, costMicroUsd: answerCostMicroUsd });
    expect(await world.usage()).toMatchObject({ settled: { costMicroUsd: answerCostMicroUsd }, reservedMicroUsd: 0, calls: 1 });
    expect(world.provider.requests).toMatchObject([{ path: '/v1/messages', body: JSON.stringify(question), headers: { 'x-api-key': providerKey, 'anthropic-beta': 'x' } }]);
    expect(world.provider.requests[0]?.headers).not.toHaveProperty('cookie');
    expect(world.provider.requests[0]?.headers).not.toHaveProperty(llmHeaders.account);
  });
  test('that streams is passed on byte for byte and billed by its usage', async () => {
    world.provider.script.push(streams(eventsOf(42), 'ends'));
    expect(await world.ask(streaming)).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream' }, text: eventsOf(42) });
    await eventually(async () => expect(await world.usage()).toMatchObject({ settled: { inputTokens: 10, outputTokens: 42, costMicroUsd: 50 + 42 * 25 }, reservedMicroUsd: 0 }));
  });
  test('of an agent is paid by the account of its grant', async () => {
    expect(await world.ask(world.asAgent())).toMatchObject({ status: 200 });
    expect(await world.usage()).toMatchObject({ calls: 1 });
  });
  test('of a preview is paid by the tenant, though there is no such mission', async () => {
    expect(await world.ask({ headers: paidBy(preview) })).toMatchObject({ status: 200 });
    expect([await world.usage(), await usageOf(preview.missionUid)]).toMatchObject([{ calls: 0 }, { calls: 1, settled: { costMicroUsd: answerCostMicroUsd } }]);
    expect(await readFile(join(world.folder, 'journal', 'journal.jsonl'), 'utf8')).toContain('"tenant","id":"ns-1"');
  });
  test('of a mission that is edited after its end may be the first of another run', async () => {
    const { metadata, ...mission } = missionObject({}, { observedGeneration: 1, conditions: [{ type: 'Succeeded', status: 'False' }] });
    world.cluster.put({ ...mission, metadata: { ...metadata, generation: 1 } });
    await eventually(async () => expect(await world.ask()).toMatchObject({ status: 403 }));
    world.cluster.put({ ...mission, metadata: { ...metadata, generation: 2 } });
    await eventually(async () => expect(await world.ask()).toMatchObject({ status: 200 }));
  });
  test('that counts tokens costs nothing', async () => {
    world.provider.script.push((response) => void response.end('{"input_tokens":7}'));
    expect(await world.ask({ path: '/v1/messages/count_tokens' })).toMatchObject({ status: 200, text: '{"input_tokens":7}' });
    expect(await world.usage()).toMatchObject({ calls: 0, settled: { costMicroUsd: 0 } });
  });
  test('uses the key that is in the file now', async () => {
    await world.ask();
    await writeFile(join(world.folder, 'key'), 'sk-next');
    await world.ask();
    expect(world.provider.requests.map(({ headers }) => headers['x-api-key'])).toEqual([providerKey, 'sk-next']);
  });
});

const paidBy = (payer: Account) => ({ [llmHeaders.account]: Buffer.from(JSON.stringify(payer)).toString('base64url') });
const operatorHeaders = () => paidBy(account);
const preview: Account = { ...account, mission: 'preview', missionUid: 'preview-1', purpose: 'preview' };

describe('refused without a request to the provider', () => {
  const cases: Record<string, { ask: () => Ask; status: number; type: string }> = {
    'the operator without an account': { ask: () => ({ headers: {} }), status: 403, type: 'permission_error' },
    'the operator with an account of nonsense': { ask: () => ({ headers: { [llmHeaders.account]: 'e30' } }), status: 403, type: 'permission_error' },
    'an agent without a grant': { ask: () => ({ as: people.agent, headers: {} }), status: 401, type: 'authentication_error' },
    'an agent that says who pays': { ask: () => ({ as: people.agent, headers: operatorHeaders() }), status: 401, type: 'authentication_error' },
    'the grant of another agent': { ask: () => world.asAgent({ agent: agentUri({ ...agent, uid: 'u-2' }) }), status: 403, type: 'permission_error' },
    'a grant that has expired': { ask: () => world.asAgent({ expiresAt: Date.now() - 1 }), status: 403, type: 'permission_error' },
    'a mission that is not known': { ask: () => world.asAgent({ account: { ...account, missionUid: 'm-9' } }), status: 503, type: 'api_error' },
    'an agent with the grant of a preview': { ask: () => world.asAgent({ account: { ...account, purpose: 'preview' } }), status: 403, type: 'attempt_fenced' },
    'a mission that the operator does not know either': { ask: () => ({ headers: paidBy({ ...account, missionUid: 'm-9' }) }), status: 503, type: 'api_error' },
    'a preview that may cost more than its own budget': { ask: () => ({ headers: paidBy({ ...preview, maxCostUsd: '0.01' }) }), status: 402, type: 'budget_exceeded' },
    'a preview that may cost more than the installation allows a mission': { ask: () => ({ headers: paidBy(preview), body: { ...question, max_tokens: 64_000 } }), status: 402, type: 'budget_exceeded' },
    'a body that is no request': { ask: () => ({ body: '{}' }), status: 400, type: 'invalid_request_error' },
    'a body that is too large': { ask: () => ({ body: { ...question, system: 'x'.repeat(8_400_000) } }), status: 413, type: 'request_too_large' },
    'a call that may cost more than is left': { ask: () => ({ body: { ...question, max_tokens: 64_000 } }), status: 402, type: 'budget_exceeded' },
    'another path': { ask: () => ({ path: '/v1/models' }), status: 404, type: 'not_found_error' },
    'an agent that asks for the usage of a mission': { ask: () => ({ ...world.asAgent(), method: 'GET', path: usagePath('m-1') }), status: 403, type: 'permission_error' },
  };
  test.each(Object.entries(cases))('%s', async (_, { ask, status, type }) => {
    expect(errorOf(await world.ask(ask()))).toMatchObject({ status, type });
    expect(world.provider.requests).toEqual([]);
  });
  test('certificates of another CA, of servers and of nobody', async () => {
    const foreign = await people.leaf(people.foreign, roleUri('operator'), 'client');
    const server = await people.leaf(people.authority, roleUri('operator'), 'server');
    for (const as of [foreign, server]) await expect(world.ask({ as })).rejects.toThrow(/alert|reset|closed|hang up|EPIPE/i);
    const nobody = await people.leaf(people.authority, roleUri('blobs'), 'client');
    expect(errorOf(await world.ask({ as: nobody }))).toMatchObject({ status: 401 });
    expect(world.provider.requests).toEqual([]);
  });
});

describe('fenced', () => {
  const cases: Record<string, () => unknown> = {
    'a task that has an outcome': () => world.cluster.put(taskObject({ outcome: { result: 'Succeeded' } })),
    'an attempt whose place another took': () => world.cluster.put(taskObject({ attempt: 2 })),
    'an attempt with an older epoch': () => world.cluster.put(taskObject({ attempt: 1, assignment: { epoch: { term: 1, counter: 2 } } })),
    'a mission that is cancelled': () => world.cluster.put(missionObject({ operatingMode: 'Cancel' })),
    'a mission that has ended': () => world.cluster.put(missionObject({}, { observedGeneration: 1, conditions: [{ type: 'Succeeded', status: 'False' }] })),
  };
  test.each(Object.entries(cases))('%s', async (_, change) => {
    expect((await world.ask(world.asAgent())).status).toBe(200);
    change();
    await eventually(async () => expect(errorOf(await world.ask(world.asAgent()))).toMatchObject({ status: 403, type: 'attempt_fenced' }));
    expect((await world.usage()).reservedMicroUsd).toBe(0);
  });
  test('a call that waits for its next try', async () => {
    world.provider.script.push((response) => {
      world.cluster.put(missionObject({ operatingMode: 'Cancel' }));
      fails(529, 'overloaded_error', { 'retry-after-ms': '500' })(response);
    });
    expect(errorOf(await world.ask())).toMatchObject({ status: 403, type: 'attempt_fenced' });
    expect(world.provider.requests).toHaveLength(1);
    expect(await world.usage()).toMatchObject({ settled: { costMicroUsd: 0 }, reservedMicroUsd: 0 });
  });
});

describe('a call in flight is cut when its mission is cancelled', () => {
  const cancel = () => world.cluster.put(missionObject({ operatingMode: 'Cancel' }));
  test('before its answer begins, and its caller is told why', async () => {
    const gone = Promise.withResolvers<void>();
    world.provider.script.push((response) => {
      response.once('close', gone.resolve);
      cancel();
    });
    expect(errorOf(await world.ask())).toMatchObject({ status: 403, type: 'attempt_fenced' });
    await gone.promise;
    expect(await world.usage()).toMatchObject({ settled: { costMicroUsd: worstMicroUsd }, reservedMicroUsd: 0 });
  });
  test('in the middle of a stream', async () => {
    world.provider.script.push((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(eventsOf(undefined), cancel);
    });
    await expect(world.ask(streaming)).rejects.toThrow(/aborted|hang up/);
    await eventually(async () => expect(await world.usage()).toMatchObject({ settled: { inputTokens: 10 }, reservedMicroUsd: 0 }));
  });
});

describe('money', () => {
  test('of many calls at once is never overspent', async () => {
    const calls = 60;
    const affordable = Math.floor(1_000_000 / worstMicroUsd);
    const waiting: ServerResponse[] = [];
    world.provider.script.push(...Array.from({ length: calls }, (): Play => (response) => void waiting.push(response)));
    const statuses: number[] = [];
    const all = Promise.all(Array.from({ length: calls }, async () => statuses.push((await world.ask({ headers: { ...operatorHeaders(), [llmHeaders.cache]: 'no-store' } })).status)));
    await eventually(async () => expect([statuses.length, waiting.length]).toEqual([calls - affordable, affordable]));
    expect(new Set(statuses)).toEqual(new Set([402]));
    expect(await world.usage()).toMatchObject({ reservedMicroUsd: affordable * worstMicroUsd, settled: { costMicroUsd: 0 } });
    waiting.forEach(well);
    await all;
    expect(await world.usage()).toMatchObject({ reservedMicroUsd: 0, settled: { costMicroUsd: affordable * answerCostMicroUsd } });
  });
  test('of a namespace is limited too', async () => {
    await world.close();
    world = await startWorld(people, { tenantMaxUsd: '0.01' });
    expect(errorOf(await world.ask())).toMatchObject({ status: 402, message: expect.stringContaining('tenant') });
  });
  test('reserved by a process that died is spent', async () => {
    const held = Promise.withResolvers<void>();
    world.provider.script.push(() => held.resolve());
    const stop = new AbortController();
    const asked = world.ask({ signal: stop.signal }).catch(() => 'gone');
    await held.promise;
    expect(await readFile(join(world.folder, 'journal', 'journal.jsonl'), 'utf8')).toMatch(/^\{"kind":"reserved".*\}\n$/);
    const crashed = world.crash();
    stop.abort();
    await Promise.all([crashed, asked]);
    expect(await world.usage()).toMatchObject({ settled: { costMicroUsd: worstMicroUsd }, reservedMicroUsd: 0 });
  });

  const stream = Buffer.byteLength(JSON.stringify(streaming.body)) - Buffer.byteLength(JSON.stringify(question));
  const cuts: Record<string, { play: Play; want: number }> = {
    'before its input is known is spent at the most it can have cost': { play: streams(': ping\n\n', 'is cut'), want: worstMicroUsd + stream * 5 },
    'before its end is spent at its input and all of its output': { play: streams(eventsOf(undefined), 'is cut'), want: 50 + 1000 * 25 },
    'after its usage was told is spent by its usage': { play: streams(eventsOf(3), 'is cut'), want: 50 + 3 * 25 },
  };
  test.each(Object.entries(cuts))('of a stream that is cut %s', async (_, { play, want }) => {
    world.provider.script.push(play);
    await expect(world.ask(streaming)).rejects.toThrow(/aborted|hang up/);
    await eventually(async () => expect(await world.usage()).toMatchObject({ settled: { costMicroUsd: want }, reservedMicroUsd: 0 }));
    expect(world.provider.requests).toHaveLength(1);
  });
  test('of an answer that its caller did not wait for is spent at the most it can have cost, and the provider is told', async () => {
    const gone = Promise.withResolvers<void>();
    const stop = new AbortController();
    world.provider.script.push((response) => {
      response.once('close', gone.resolve);
      stop.abort();
    });
    await expect(world.ask({ signal: stop.signal })).rejects.toThrow(/abort/);
    await gone.promise;
    await eventually(async () => expect(await world.usage()).toMatchObject({ settled: { costMicroUsd: worstMicroUsd }, reservedMicroUsd: 0 }));
  });
  test('of a try that was lost before a byte came is spent, and the next try is paid for anew', async () => {
    world.provider.script.push(hangsUp);
    expect(await world.ask()).toMatchObject({ status: 200 });
    expect(await world.usage()).toMatchObject({ settled: { costMicroUsd: worstMicroUsd + answerCostMicroUsd }, calls: 2 });
  });
});

describe('a provider', () => {
  test('that is overloaded is asked again, as late as it says', async () => {
    world.provider.script.push(fails(429, 'rate_limit_error', { 'retry-after-ms': '300' }), fails(500, 'api_error'));
    const startedAt = performance.now();
    expect(await world.ask()).toMatchObject({ status: 200 });
    expect(performance.now() - startedAt).toBeGreaterThan(290);
    expect(await world.usage()).toMatchObject({ settled: { costMicroUsd: answerCostMicroUsd }, calls: 1 });
  });
  test('that asks for more patience than a call has gets it from the caller', async () => {
    world.provider.script.push(fails(429, 'rate_limit_error', { 'retry-after': '60' }));
    const reply = await world.ask();
    expect(errorOf(reply)).toMatchObject({ status: 429, type: 'rate_limit_error' });
    expect(reply.headers['retry-after']).toBe('60');
    expect(world.provider.requests).toHaveLength(1);
  });
  test('that refuses a request is quoted, and not asked again', async () => {
    world.provider.script.push(fails(404, 'not_found_error'));
    expect(errorOf(await world.ask())).toMatchObject({ status: 404, type: 'not_found_error', message: 'not_found_error it is' });
    expect(await world.usage()).toMatchObject({ settled: { costMicroUsd: 0 }, reservedMicroUsd: 0, calls: 0 });
  });
  test('that refuses our key is no fault of the caller', async () => {
    world.provider.script.push(fails(401, 'authentication_error'));
    expect(errorOf(await world.ask())).toMatchObject({ status: 503, type: 'api_error' });
    expect(world.logged.join('\n')).toMatch(/refuses our API key/);
  });
  test('that is down costs nothing', async () => {
    await world.provider.close();
    expect(errorOf(await world.ask())).toMatchObject({ status: 503 });
    expect(await world.usage()).toMatchObject({ settled: { costMicroUsd: 0 }, reservedMicroUsd: 0 });
    // Closed twice: the world closes it again.
    world = { ...world, provider: { ...world.provider, close: () => Promise.resolve() } };
  });
});

test('a key that cannot be read stops calls, and costs nothing', async () => {
  await writeFile(join(world.folder, 'key'), '\n');
  expect(errorOf(await world.ask())).toMatchObject({ status: 503 });
  expect(world.provider.requests).toEqual([]);
});

test('neither keys nor prompts nor answers are in logs or metrics; models of any name are counted in families', async () => {
  world.provider.script.push(fails(400, 'invalid_request_error'), hangsUp, fails(401, 'authentication_error'), streams(eventsOf(3), 'is cut'));
  for (const body of [question, question, streaming.body, { ...question, model: 'an-invented-name' }]) await world.ask({ body }).catch(() => 'cut');
  const told = `${world.logged.join('\n')}\n${await world.metrics.text()}`;
  expect(told).not.toMatch(/secret|the answer|an-invented-name/);
  expect(told).toMatch(/"a call is settled".*"gen_ai\.request\.model":"claude-opus-5".*"gen_ai\.usage\.output_tokens":3\b/);
  expect(told).toMatch(/coditect_gen_ai_client_token_usage_total\{gen_ai_request_model="other",gen_ai_token_type="output"\} \d+/);
  expect(told).toMatch(/coditect_llm_refusals_total\{type="invalid_request_error"\} 1/);
});

test('a renewed certificate under a new CA is shown to new connections, and its bundle trusts grants of the new operator', async () => {
  const both = people.authority.certificate + people.foreign.certificate;
  world.renew({ ...(await people.leaf(people.foreign, roleUri('llm-gateway'), 'server', ['coditect-llm-gateway.sys.svc'])), caBundle: both });
  const next = { ...(await people.leaf(people.foreign, roleUri('operator'), 'client')), caBundle: people.foreign.certificate };
  expect(await world.ask({ as: next })).toMatchObject({ status: 200 });
  const nextAgent = { ...(await people.leaf(people.foreign, agentUri(agent), 'client')), caBundle: people.foreign.certificate };
  expect(await world.ask({ as: nextAgent, headers: { [llmHeaders.grant]: grantOf({ operator: next }) } })).toMatchObject({ status: 200 });
  await expect(world.ask()).rejects.toThrow(/certificate|signed/);
});
