// Batches as the SDK meets them.
import Anthropic from '@anthropic-ai/sdk';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { type Policy, say } from './policy.ts';
import { type ModelServer, startModelServer } from './server.ts';

const policy: Policy = ({ model }) => say(`I am ${model}`);
let clock: ManualClock;
let server: ModelServer;
let client: Anthropic;
beforeEach(async () => {
  clock = new ManualClock();
  server = await startModelServer({ policy, clock, batchMs: 60_000 });
  client = new Anthropic({ baseURL: server.url, apiKey: 'right', maxRetries: 0, logLevel: 'off' });
});
afterEach(() => server.close());

const params = (model: string) => ({ model, max_tokens: 100, messages: [{ role: 'user' as const, content: 'who are you' }] });
const create = (...models: string[]) => client.messages.batches.create({ requests: models.map((model, index) => ({ custom_id: `c${index}`, params: params(model) })) });

test('a batch is in progress for its time, and then has an answer to every question', async () => {
  const { id, processing_status, request_counts } = await create('a', 'b');
  expect([processing_status, request_counts.processing]).toEqual(['in_progress', 2]);
  const results = () => client.get<Response>(`/v1/messages/batches/${id}/results`).asResponse().then((response) => response.text());
  await expect(results()).rejects.toThrow(/no results yet/);
  await clock.advance(60_000);
  expect(await client.messages.batches.retrieve(id)).toMatchObject({ processing_status: 'ended', request_counts: { processing: 0, succeeded: 2 } });
  const lines = (await results()).trim().split('\n').map((line) => JSON.parse(line) as object);
  expect(lines).toMatchObject([
    { custom_id: 'c1', result: { type: 'succeeded', message: { model: 'b', content: [{ text: 'I am b' }], usage: { service_tier: 'batch' } } } },
    { custom_id: 'c0', result: { type: 'succeeded', message: { model: 'a' } } },
  ]);
  expect(server.usage()).toMatchObject({ answered: 2 });
});

test('a fault is the error of its question alone', async () => {
  server.fail({ kind: 'overloaded' });
  const { id } = await create('a', 'b');
  await clock.advance(60_000);
  expect(await client.messages.batches.retrieve(id)).toMatchObject({ request_counts: { succeeded: 1, errored: 1 } });
});

test('what is no batch, or not known, is refused', async () => {
  await expect(client.messages.batches.create({ requests: [] })).rejects.toThrow(/requests/);
  await expect(client.messages.batches.create({ requests: [1, 2].map(() => ({ custom_id: 'same', params: params('a') })) })).rejects.toThrow(/unique/);
  await expect(client.messages.batches.retrieve('msgbatch_none')).rejects.toThrow(/not known/);
});
