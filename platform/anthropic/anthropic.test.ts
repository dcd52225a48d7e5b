// Both clients against a provider that answers by script; what goes wrong is told apart by whether it may be billed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { llmHeaders } from '#api/llm.ts';
import { answerCostMicroUsd, eventsOf, type FakeProvider, fails, hangsUp, type Play, startFakeProvider, streams, well } from '#llm-gateway/fake-provider.ts';
import { account, makePeople, type People, question, startWorld, type World } from '#llm-gateway/testing.ts';
import { createLlmClient, type LlmClient } from './client.ts';
import { createUpstream, type Upstream } from './upstream.ts';

describe('the way to the provider', () => {
  let folder: string;
  let provider: FakeProvider;
  let upstream: Upstream;
  const keyFile = () => join(folder, 'key');
  const connect = (baseUrl: string) => createUpstream({ baseUrl, keyFile: keyFile(), callMs: 5000, idleMs: 200 });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'upstream-'));
    await writeFile(keyFile(), 'sk-1\n');
    provider = await startFakeProvider();
    upstream = connect(provider.url);
  });
  afterEach(async () => {
    await upstream.close();
    await provider.close();
    await rm(folder, { recursive: true });
  });
  const send = (signal = new AbortController().signal) => upstream.send({ path: '/v1/messages', body: '{"a":1}', headers: { 'anthropic-version': '2023-06-01' }, signal });

  test('hands on the body and the headers that it is given, with the key, once', async () => {
    const outcome = await send();
    expect(outcome).toMatchObject({ kind: 'answer', contentType: 'application/json', requestId: 'req-1' });
    expect(provider.requests).toMatchObject([{ path: '/v1/messages', body: '{"a":1}', headers: { 'x-api-key': 'sk-1', 'anthropic-version': '2023-06-01', 'content-type': 'application/json' } }]);
    expect(provider.requests[0]?.headers).not.toHaveProperty('authorization');
  });
  test('gives a stream as its bytes come', async () => {
    provider.script.push(streams(eventsOf(7), 'ends'));
    const outcome = await send();
    expect(outcome.kind === 'answer' && (await text(outcome.body))).toBe(eventsOf(7));
  });

  const outcomes: Record<string, { play: Play; want: object }> = {
    'too many requests are overload with its pause in seconds': { play: fails(429, 'rate_limit_error', { 'retry-after': '7' }), want: { kind: 'overloaded', status: 429, type: 'rate_limit_error', message: 'rate_limit_error it is', retryAfterMs: 7000 } },
    'the pause in milliseconds comes first': { play: fails(529, 'overloaded_error', { 'retry-after': '7', 'retry-after-ms': '50.5' }), want: { kind: 'overloaded', status: 529, retryAfterMs: 50.5 } },
    'a pause of nonsense is none': { play: fails(503, 'api_error', { 'retry-after': 'soon' }), want: { kind: 'overloaded', status: 503, retryAfterMs: undefined } },
    'another 4xx is a refusal with its body': { play: fails(413, 'request_too_large'), want: { kind: 'refused', status: 413, type: 'request_too_large', body: { type: 'error', error: { type: 'request_too_large', message: 'request_too_large it is' } } } },
    'a 5xx without JSON is overload': { play: (response) => void response.writeHead(502).end('<html>'), want: { kind: 'overloaded', status: 502, type: 'api_error' } },
    'a connection that ends before its answer is lost': { play: hangsUp, want: { kind: 'lost' } },
  };
  test.each(Object.entries(outcomes))('%s', async (_, { play, want }) => {
    provider.script.push(play);
    expect(await send()).toMatchObject(want);
    expect(provider.requests).toHaveLength(1);
  });

  test('tells a port where nobody listens, a host that is not known and a key that is not there as nothing sent', async () => {
    const nobody = createServer();
    await new Promise<void>((resolve) => void nobody.listen(0, '127.0.0.1', resolve));
    const { port } = nobody.address() as AddressInfo;
    await new Promise((resolve) => nobody.close(resolve));
    for (const url of [`http://127.0.0.1:${port}`, 'http://host.invalid']) {
      const other = connect(url);
      expect(await other.send({ path: '/v1/messages', body: '{}', headers: {}, signal: new AbortController().signal })).toMatchObject({ kind: 'unreachable' });
      await other.close();
    }
    await rm(keyFile());
    expect(await send()).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('ENOENT') });
    expect(provider.requests).toEqual([]);
  });
  test('tells a call that was given up as lost, and a stream that falls silent as an error', async () => {
    const stop = new AbortController();
    provider.script.push(() => stop.abort());
    expect(await send(stop.signal)).toMatchObject({ kind: 'lost', message: 'the call was given up' });
    provider.script.push((response) => void response.writeHead(200).write('data: '));
    const outcome = await send();
    await expect(outcome.kind === 'answer' ? text(outcome.body) : undefined).rejects.toThrow(/terminated|timeout/i);
  });
  test('ends the body of a stream when the call is given up', async () => {
    const stop = new AbortController();
    provider.script.push((response) => void response.writeHead(200).write('data: '));
    const outcome = await send(stop.signal);
    stop.abort();
    await expect(outcome.kind === 'answer' ? text(outcome.body) : undefined).rejects.toThrow(/abort/i);
  });
});

describe('a caller of the gateway', () => {
  const options = { headers: { [llmHeaders.account]: Buffer.from(JSON.stringify(account)).toString('base64url') } };
  let people: People;
  let world: World;
  let client: LlmClient;
  beforeAll(async () => void (people = await makePeople()));
  beforeEach(async () => {
    world = await startWorld(people);
    const { caBundle: ca, certificate: cert, key } = people.operator;
    client = createLlmClient({ baseUrl: `https://127.0.0.1:${world.port()}`, tls: { ca, cert, key, servername: 'coditect-llm-gateway.sys.svc' } });
  });
  afterEach(async () => {
    await client.close();
    await world.close();
  });

  test('gets text, the reason of its end and usage', async () => {
    expect(await client.complete(question, options)).toEqual({ kind: 'answered', text: 'the answer', stopReason: 'end_turn', model: 'claude-opus-5', usage: { inputTokens: 10, outputTokens: 20, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd: answerCostMicroUsd } });
  });
  test('may ask for long answers without a stream', async () => {
    await world.close();
    world = await startWorld(people, { maxCostUsd: '9.00' });
    const { caBundle: ca, certificate: cert, key } = people.operator;
    const other = createLlmClient({ baseUrl: `https://127.0.0.1:${world.port()}`, tls: { ca, cert, key, servername: 'coditect-llm-gateway.sys.svc' } });
    expect(await other.complete({ ...question, max_tokens: 64_000 }, options)).toMatchObject({ kind: 'answered' });
    await other.close();
  });
  test('learns why it was refused', async () => {
    expect(await client.complete({ ...question, max_tokens: 60_000 }, options)).toMatchObject({ kind: 'refused', type: 'budget_exceeded', message: expect.stringMatching(/the mission has 1\.00 USD left/) });
    world.provider.script.push(fails(400, 'invalid_request_error'));
    expect(await client.complete(question, options)).toEqual({ kind: 'refused', type: 'invalid_request_error', message: 'invalid_request_error it is' });
  });
  test('is told to come again where its mission waits for money', async () => {
    await world.close();
    world = await startWorld(people, { mission: { budget: { maxCostUsd: '0.01', onExceeded: 'Suspend' } } });
    const { caBundle: ca, certificate: cert, key } = people.operator;
    const other = createLlmClient({ baseUrl: `https://127.0.0.1:${world.port()}`, tls: { ca, cert, key, servername: 'coditect-llm-gateway.sys.svc' } });
    expect(await other.complete(question, options)).toMatchObject({ kind: 'later', retryAfterMs: 10_000, message: expect.stringContaining('raise the budget') });
    expect(await other.usage(account.missionUid)).toMatchObject({ kind: 'told', usage: { waiting: 1 } });
    await other.close();
  });
  test('gets the answer that is on its way when its client is closed', async () => {
    const asked = Promise.withResolvers<ServerResponse>();
    world.provider.script.push(asked.resolve);
    const answer = client.complete(question, options);
    const response = await asked.promise;
    const closed = client.close();
    well(response);
    expect(await answer).toMatchObject({ kind: 'answered' });
    await closed;
    expect(await client.complete(question, options)).toMatchObject({ kind: 'later' });
    client = { ...client, close: () => Promise.resolve() };
  });
  test('gets the usage of a mission, which nothing else can be taken for', async () => {
    await client.complete(question, options);
    expect(await client.usage(account.missionUid)).toEqual({ kind: 'told', usage: { settled: { inputTokens: 10, outputTokens: 20, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd: answerCostMicroUsd }, reservedMicroUsd: 0, calls: 1 } });
    expect(await client.usage('nobody')).toMatchObject({ kind: 'told', usage: { calls: 0 } });
    expect(await client.usage('m-1', AbortSignal.abort())).toEqual({ kind: 'silent', message: 'the call was given up' });
    const { caBundle: ca, certificate: cert, key } = people.agent;
    const stranger = createLlmClient({ baseUrl: `https://127.0.0.1:${world.port()}`, tls: { ca, cert, key, servername: 'coditect-llm-gateway.sys.svc' } });
    expect(await stranger.usage(account.missionUid)).toMatchObject({ kind: 'silent', message: expect.stringContaining('only the operator') });
    await stranger.close();
  });
  const json = (body: string): Play => (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  const plays: Record<string, Play> = { 'no JSON': json('{"settled":'), 'something else': well, 'no number': json('{"settled":{},"reservedMicroUsd":"1","calls":1}'), 'an error': fails(503, 'api_error'), 'nothing': hangsUp };
  test.each(Object.entries(plays))('that hears %s about usage knows no more than before', async (_, play) => {
    const { ca, cert, key } = { ca: people.operator.caBundle, cert: people.operator.certificate, key: people.operator.key };
    const other = createLlmClient({ baseUrl: world.provider.url, tls: { ca, cert, key, servername: 'coditect-llm-gateway.sys.svc' } });
    world.provider.script.push(play);
    expect(await other.usage('m-1')).toMatchObject({ kind: 'silent' });
    await other.close();
  });
  test('learns when to come again', async () => {
    world.provider.script.push(fails(529, 'overloaded_error', { 'retry-after': '20' }));
    expect(await client.complete(question, options)).toEqual({ kind: 'later', retryAfterMs: 20_000, message: 'overloaded_error it is' });
  });
  test('that cannot reach the gateway, or gives up, comes again', async () => {
    expect(await client.complete(question, { ...options, signal: AbortSignal.abort() })).toMatchObject({ kind: 'later', message: 'the call was given up' });
    const { caBundle: ca, certificate: cert, key } = people.agent;
    const lostOne = createLlmClient({ baseUrl: `https://127.0.0.1:${world.port()}`, tls: { ca, cert, key, servername: 'coditect-blobs.sys.svc' } });
    expect(await lostOne.complete(question, { headers: {} })).toMatchObject({ kind: 'later' });
    await lostOne.close();
  });
});
