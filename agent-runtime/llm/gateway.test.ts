// The agent's way to a real gateway, with real certificates and a signed grant; and a gateway that is not there.
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fails } from '#llm-gateway/fake-provider.ts';
import { agentUri } from '#api/identity.ts';
import { agent, grantOf, makePeople, type People, startWorld, type World } from '#llm-gateway/testing.ts';
import { createLlmConversations, type LlmClientOptions } from '#platform/anthropic/client.ts';
import type { Credential } from '#platform/rpc/certificates.ts';
import { createGateway } from './gateway.ts';

const request = { model: 'claude-opus-5', max_tokens: 1000, system: [{ type: 'text', text: 's' }], tools: [{ name: 'look', description: 'Looks.', input_schema: { type: 'object' } }], messages: [{ role: 'user', content: [{ type: 'text', text: 'q' }] }] } as const;
const signal = new AbortController().signal;

describe('a real gateway', () => {
  let people: People;
  let world: World;
  let credential: Credential | undefined;
  let dialled: LlmClientOptions[];
  let gateway: ReturnType<typeof createGateway>;
  beforeAll(async () => void (people = await makePeople()));
  beforeEach(async () => {
    world = await startWorld(people);
    credential = people.agent;
    dialled = [];
    gateway = createGateway({ address: { current: async () => `127.0.0.1:${world.port()}` }, namespace: 'sys', credential: () => credential, dial: (options) => (dialled.push(options), createLlmConversations(options)) });
  });
  afterEach(async () => {
    await gateway.close();
    await world.close();
  });

  test('answers with text, calls and what it charged to the grant', async () => {
    world.provider.script.push((response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: 'msg', type: 'message', role: 'assistant', model: 'claude-opus-5', content: [{ type: 'text', text: 'so' }, { type: 'tool_use', id: 't1', name: 'look', input: { at: 1 } }], stop_reason: 'tool_use', usage: { input_tokens: 10, output_tokens: 20 } })));
    const answer = await gateway.ask(request, grantOf(people), signal);
    expect(answer).toMatchObject({ kind: 'answered', text: 'so', calls: [{ id: 't1', name: 'look', input: { at: 1 } }], content: [{ type: 'text' }, { type: 'tool_use' }], stopReason: 'tool_use', usage: { inputTokens: 10, outputTokens: 20, costMicroUsd: 550 } });
    expect(JSON.parse(world.provider.requests[0]?.body ?? '')).toEqual(request);
    expect((await world.usage()).settled.costMicroUsd).toBe(550);
  });

  test('says in its own words why it refuses', async () => {
    expect(await gateway.ask({ ...request, max_tokens: 64_000 }, grantOf(people), signal)).toMatchObject({ kind: 'refused', type: 'budget_exceeded', message: expect.stringContaining('the mission has 1.00 USD left') });
    expect(await gateway.ask(request, grantOf(people, { expiresAt: 1 }), signal)).toMatchObject({ kind: 'refused', message: 'the grant has expired' });
    expect(world.provider.requests).toEqual([]);
  });

  test('says when to come again', async () => {
    world.provider.script.push(fails(529, 'overloaded_error', { 'retry-after': '20' }));
    expect(await gateway.ask(request, grantOf(people), signal)).toMatchObject({ kind: 'later', retryAfterMs: 20_000 });
  });

  test('is dialled once for each certificate', async () => {
    const renewed = await people.leaf(people.authority, agentUri(agent), 'client');
    for (const next of [people.agent, people.agent, renewed]) {
      credential = next;
      expect(await gateway.ask(request, grantOf(people), signal)).toMatchObject({ kind: 'answered' });
    }
    expect(dialled).toHaveLength(2);
  });

  test('is not dialled before there is a certificate', async () => {
    credential = undefined;
    expect([await gateway.ask(request, 'grant', signal), dialled]).toMatchObject([{ kind: 'later', message: 'cannot reach the LLM gateway: there is no certificate yet' }, []]);
  });
});

const nowhere: Record<string, { current: () => Promise<string | undefined>; message: string }> = {
  'that has no address is asked later': { current: async () => undefined, message: 'cannot reach the LLM gateway: it has no address yet' },
  'whose address cannot be read is asked later': { current: () => Promise.reject(new Error('ENOENT')), message: 'cannot reach the LLM gateway: ENOENT' },
};
test.each(Object.entries(nowhere))('a gateway %s', async (_, { current, message }) => {
  const gateway = createGateway({ address: { current }, namespace: 'sys', credential: () => undefined, dial: createLlmConversations });
  expect(await gateway.ask(request, 'grant', signal)).toMatchObject({ kind: 'later', message });
});
