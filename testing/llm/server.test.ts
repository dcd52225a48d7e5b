// The server as the vendor's own SDK sees it.
import Anthropic, { APIError } from '@anthropic-ai/sdk';
import type { MessageCreateParamsNonStreaming, MessageStreamEvent } from '@anthropic-ai/sdk/resources/messages';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import type { Fault } from './faults.ts';
import { type Policy, say, textOf } from './policy.ts';
import { type ModelServer, simulatedHeader, startModelServer } from './server.ts';

const hello = { model: 'claude-test', max_tokens: 1000, messages: [{ role: 'user', content: 'hello' }] } satisfies MessageCreateParamsNonStreaming;
const add = { name: 'add', input_schema: { type: 'object' as const, properties: { a: { type: 'integer' } } } };

/** Says again what it was told last; with tools, calls the first one once. */
const echo: Policy = ({ turns, tools }) => {
  const last = turns.at(-1);
  const said = last === undefined ? '' : textOf(last);
  const [tool] = tools;
  if (tool === undefined || said === '') return say(`you said: ${said}`);
  return { content: [{ type: 'text', text: 'I shall call it.' }, { type: 'tool_use', name: tool.name, input: { a: 1, b: ['ä', { c: null }] } }] };
};

let clock: ManualClock;
let server: ModelServer;
let client: Anthropic;
let keys: string[];

beforeEach(async () => {
  clock = new ManualClock();
  keys = ['right'];
  server = await startModelServer({ policy: echo, clock, isKeyValid: (key) => keys.includes(key) });
  client = new Anthropic({ baseURL: server.url, apiKey: 'right', maxRetries: 0, timeout: 10_000, logLevel: 'off' });
});

afterEach(() => server.close());

async function eventsOf(body: MessageCreateParamsNonStreaming): Promise<MessageStreamEvent[]> {
  const events: MessageStreamEvent[] = [];
  for await (const event of await client.messages.create({ ...body, stream: true })) events.push(event);
  return events;
}

async function errorOf(call: PromiseLike<unknown>): Promise<APIError> {
  const error: unknown = await Promise.resolve(call).then(() => undefined, (reason: unknown) => reason);
  if (!(error instanceof APIError)) throw new Error(`no error of the API: ${String(error)}`);
  return error;
}

/** Time goes on once somebody waits for it. */
async function passTime(ms: number): Promise<void> {
  await expect.poll(() => clock.pending).toBe(1);
  await clock.advance(ms);
}

describe('answers', () => {
  test('a message has text, ids, usage by the rule of four bytes, the model that was asked for, and the label', async () => {
    const { data, response } = await client.messages.create(hello).withResponse();
    // "user\nhello" is 10 bytes, the answer 15.
    expect(data).toMatchObject({ type: 'message', role: 'assistant', model: 'claude-test', content: [{ type: 'text', text: 'you said: hello' }], stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 3, output_tokens: 4, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 } });
    expect(data.id).toMatch(/^msg_/);
    expect(response.headers.get(simulatedHeader)).toBe('1');
    expect(response.headers.get('request-id')).toMatch(/^req_/);
  });

  test('a stream has the same message, in the order that the API documents', async () => {
    const whole = await client.messages.create({ ...hello, tools: [add] });
    const stream = client.messages.stream({ ...hello, tools: [add] });
    const types: string[] = [];
    stream.on('streamEvent', ({ type }) => types.push(type));
    const streamed = await stream.finalMessage();
    expect(streamed).toMatchObject({ content: whole.content.map((block) => ({ ...block, ...('id' in block ? { id: expect.stringMatching(/^toolu_/) as string } : {}) })), stop_reason: 'tool_use', usage: whole.usage });
    expect(types.filter((type, index) => type !== types[index - 1])).toEqual(['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop']);
  });

  test('the input of a tool comes in pieces that are JSON together', async () => {
    const pieces = (await eventsOf({ ...hello, tools: [add] })).flatMap((event) => (event.type === 'content_block_delta' && event.delta.type === 'input_json_delta' ? [event.delta.partial_json] : []));
    expect(pieces.length).toBeGreaterThan(1);
    expect(JSON.parse(pieces.join(''))).toEqual({ a: 1, b: ['ä', { c: null }] });
  });

  test('a ping is sent, and the output is told in message_delta, not before', async () => {
    const response = await client.messages.create({ ...hello, stream: true }).asResponse();
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(await response.text()).toContain('event: ping\ndata: {"type":"ping"}\n\n');
    const events = await eventsOf(hello);
    expect(events.find((event) => event.type === 'message_start')?.message.usage).toMatchObject({ input_tokens: 3, output_tokens: 0 });
    expect(events.find((event) => event.type === 'message_delta')?.usage).toMatchObject({ input_tokens: 3, output_tokens: 4 });
  });

  test('a tool is called, and its result goes on with the conversation', async () => {
    const call = await client.messages.create({ ...hello, tools: [add] });
    const id = call.content.find((block) => block.type === 'tool_use')?.id ?? '';
    const next = await client.messages.create({ ...hello, tools: [add], messages: [...hello.messages, { role: 'assistant', content: call.content }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: '2' }] }] });
    expect([call.stop_reason, next.stop_reason]).toEqual(['tool_use', 'end_turn']);
  });

  test('tokens are counted as they are charged', async () => {
    const body = { model: 'claude-test', system: 'be brief', tools: [add], messages: hello.messages };
    const { usage } = await client.messages.create({ ...body, max_tokens: 5 });
    expect(await client.messages.countTokens(body)).toEqual({ input_tokens: usage.input_tokens });
  });

  test('the output ends at max_tokens, in the middle of a text or of an input', async () => {
    const short = await client.messages.create({ ...hello, max_tokens: 2 });
    expect(short).toMatchObject({ content: [{ text: 'you said' }], stop_reason: 'max_tokens', usage: { output_tokens: 2 } });
    const torn = await client.messages.create({ ...hello, max_tokens: 6, tools: [add] });
    expect(torn).toMatchObject({ content: [{ type: 'text', text: 'I shall call it.' }, { type: 'tool_use', input: {} }], stop_reason: 'max_tokens', usage: { output_tokens: 6 } });
  });

  test('the output ends before the first stop sequence in it', async () => {
    expect(await client.messages.create({ ...hello, stop_sequences: ['zzz', ' hello', ' said'] })).toMatchObject({ content: [{ text: 'you' }], stop_reason: 'stop_sequence', stop_sequence: ' said' });
  });

  test('a policy that has nothing to say is told', async () => {
    const mute = await startModelServer({ policy: () => undefined });
    const answer = await new Anthropic({ baseURL: mute.url, apiKey: 'x' }).messages.create(hello);
    await mute.close();
    expect(answer.content).toMatchObject([{ text: 'No policy of this simulation has an answer to that.' }]);
  });
});

describe('refusals', () => {
  const call = { type: 'tool_use', id: 't1', name: 'add', input: {} };
  const result = { type: 'tool_result', tool_use_id: 't1', content: '2' };
  const marked = (count: number) => Array.from({ length: count }, () => ({ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }));
  const bad: Record<string, { body: object; want: string }> = {
    'no model': { body: { model: undefined }, want: 'model: Field required' },
    'no max_tokens': { body: { max_tokens: undefined }, want: 'max_tokens: Field required' },
    'no messages': { body: { messages: undefined }, want: 'messages: Field required' },
    'an empty list of messages': { body: { messages: [] }, want: 'messages: at least one message is required' },
    'max_tokens below one': { body: { max_tokens: 0 }, want: 'max_tokens: ' },
    'a field that there is not': { body: { budget: 3 }, want: 'budget: Extra inputs are not permitted' },
    'a role that there is not': { body: { messages: [{ role: 'robot', content: 'x' }] }, want: 'messages.0.role: ' },
    'an empty text': { body: { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }, want: 'messages.0.content.0.text: text must not be empty' },
    'a tool without a schema': { body: { tools: [{ name: 'add' }] }, want: 'tools.0.input_schema: Field required' },
    'two tools of one name': { body: { tools: [add, add] }, want: 'tools.1.name: tool names must be unique' },
    'five breakpoints': { body: { system: marked(5) }, want: 'cache_control: at most 4 blocks may carry it, found 5' },
    'a result without a call': { body: { messages: [{ role: 'user', content: [result] }] }, want: 'messages.0.content.0: unexpected tool_use_id t1' },
    'a result of an earlier call': { body: { messages: [hello.messages[0], { role: 'assistant', content: [call] }, { role: 'user', content: [result] }, { role: 'user', content: [result] }] }, want: 'messages.3.content.0: unexpected tool_use_id t1' },
    'a call without a result': { body: { messages: [hello.messages[0], { role: 'assistant', content: [call] }, hello.messages[0]] }, want: 'messages.1: tool_use ids without tool_result in the next message: t1' },
    'a call at the end': { body: { messages: [hello.messages[0], { role: 'assistant', content: [call] }] }, want: 'messages.1: tool_use ids without tool_result' },
    'a call by the user': { body: { messages: [{ role: 'user', content: [call] }] }, want: 'messages.0.content.0: tool_use blocks belong to the assistant' },
  };
  test.each(Object.entries(bad))('%s', async (_, { body, want }) => {
    const error = await errorOf(client.messages.create({ ...hello, ...body } as MessageCreateParamsNonStreaming));
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(error.apiMessage).toContain(want);
    expect(error.error).toMatchObject({ type: 'error', request_id: error.requestID });
  });

  test('a wrong key, and one that is right no more', async () => {
    const wrong = new Anthropic({ baseURL: server.url, apiKey: 'wrong', maxRetries: 0 });
    expect(await errorOf(wrong.messages.create(hello))).toMatchObject({ status: 401, type: 'authentication_error' });
    await client.messages.create(hello);
    keys = ['next'];
    expect(await errorOf(client.messages.create(hello))).toMatchObject({ status: 401 });
  });

  test('a key in a header of its own, which goes before a bearer token', async () => {
    const own = new Anthropic({ baseURL: server.url, apiKey: 'wrong', maxRetries: 0, defaultHeaders: { 'x-api-key': 'right' } });
    expect((await own.messages.create(hello)).stop_reason).toBe('end_turn');
  });

  const raw: Record<string, { path?: string; headers: Record<string, string>; body?: string; want: object }> = {
    'no key': { headers: { 'anthropic-version': '2023-06-01' }, want: { type: 'authentication_error', message: 'x-api-key: header is required' } },
    'no version': { headers: { 'x-api-key': 'right' }, want: { type: 'invalid_request_error', message: 'anthropic-version: header is required' } },
    'no JSON': { headers: { 'x-api-key': 'right', 'anthropic-version': '2023-06-01' }, body: '{', want: { type: 'invalid_request_error', message: 'The request body is not valid JSON' } },
    'more than 32 MiB': { headers: { 'x-api-key': 'right' }, body: ' '.repeat(32 * 1024 * 1024 + 1), want: { type: 'request_too_large' } },
    'another path': { path: '/v1/complete', headers: {}, want: { type: 'not_found_error' } },
  };
  test.each(Object.entries(raw))('%s', async (_, { path = '/v1/messages', headers, body = JSON.stringify(hello), want }) => {
    const response = await fetch(`${server.url}${path}`, { method: 'POST', headers, body });
    expect(response.headers.get(simulatedHeader)).toBe('1');
    expect(await response.json()).toMatchObject({ type: 'error', error: want });
  });

  test('a refused call is neither on the bill nor a turn of a fault', async () => {
    server.fail({ kind: 'overloaded' });
    await errorOf(client.messages.create({ ...hello, max_tokens: -1 }));
    expect(server.usage()).toMatchObject({ answered: 0, failed: 0 });
    expect(await errorOf(client.messages.create(hello))).toMatchObject({ status: 529 });
  });
});

describe('faults', () => {
  const statuses: Record<string, { fault: Fault; want: object; retryAfter: string | null }> = {
    'a rate limit with a time': { fault: { kind: 'rateLimited', retryAfterSeconds: 7 }, want: { status: 429, type: 'rate_limit_error' }, retryAfter: '7' },
    'a rate limit without a time': { fault: { kind: 'rateLimited' }, want: { status: 429, type: 'rate_limit_error' }, retryAfter: null },
    'overload': { fault: { kind: 'overloaded' }, want: { status: 529, type: 'overloaded_error' }, retryAfter: null },
    'overload that a body cannot tell later': { fault: { kind: 'overloadedInStream', afterEvents: 3 }, want: { status: 529, type: 'overloaded_error' }, retryAfter: null },
    'an error of the server': { fault: { kind: 'serverError' }, want: { status: 500, type: 'api_error' }, retryAfter: null },
  };
  test.each(Object.entries(statuses))('%s', async (_, { fault, want, retryAfter }) => {
    server.fail(fault);
    const error = await errorOf(client.messages.create(hello));
    expect(error).toMatchObject(want);
    expect(error.headers?.get('retry-after')).toBe(retryAfter);
    expect((await client.messages.create(hello)).stop_reason).toBe('end_turn');
    expect(server.usage()).toMatchObject({ answered: 1, failed: 1 });
  });

  test('the SDK gets over a fault by itself when it may', async () => {
    server.fail({ kind: 'rateLimited', retryAfterSeconds: 0 }, { next: 2 });
    await new Anthropic({ baseURL: server.url, apiKey: 'right', maxRetries: 2 }).messages.create(hello);
    expect(server.requests().map(({ status, fault }) => [status, fault])).toEqual([[429, 'rateLimited'], [429, 'rateLimited'], [200, undefined]]);
  });

  /** Events that arrive before the stream ends, and how it ends. */
  async function readUntilBroken(): Promise<{ seen: number; error: unknown }> {
    let seen = 0;
    try {
      for await (const event of await client.messages.create({ ...hello, stream: true })) seen += event.type === 'message_stop' ? 100 : 1;
      return { seen, error: undefined };
    } catch (error) {
      return { seen, error };
    }
  }

  // One of the three events is a ping, which the SDK keeps to itself.
  test('a cut stream has k events, then a reset', async () => {
    server.fail({ kind: 'cut', afterEvents: 3 });
    const { seen, error } = await readUntilBroken();
    expect(seen).toBe(2);
    expect(String(error)).toMatch(/terminated|reset|closed/i);
  });

  test('a short stream ends in good order, without message_stop', async () => {
    server.fail({ kind: 'shortStream', afterEvents: 4 });
    expect(await readUntilBroken()).toEqual({ seen: 3, error: undefined });
  });

  test('an error inside the stream is told as one', async () => {
    server.fail({ kind: 'overloadedInStream', afterEvents: 3 });
    const { seen, error } = await readUntilBroken();
    expect([seen, (error as APIError).type]).toEqual([2, 'overloaded_error']);
  });

  test('garbage is no JSON, neither in a body nor in a stream', async () => {
    server.fail({ kind: 'garbage' }, { next: 2 });
    await expect(client.messages.create(hello)).rejects.toThrow(/JSON/);
    const { seen, error } = await readUntilBroken();
    expect([seen, (error as Error).name]).toEqual([1, 'SyntaxError']);
  });

  test('a cut body ends in a broken connection, and is on the bill all the same', async () => {
    server.fail({ kind: 'cut', afterEvents: 1 });
    await expect(client.messages.create(hello)).rejects.toThrow(/terminated|Connection/i);
    expect(server.usage()).toEqual({ answered: 1, failed: 0, inputTokens: 3, outputTokens: 4, cacheReadTokens: 0, cacheWriteTokens: 0 });
  });

  test('a slow first byte', async () => {
    server.fail({ kind: 'slowFirstByte', ms: 60_000 });
    let isAnswered = false;
    const answer = client.messages.create(hello).then(() => (isAnswered = true));
    await passTime(59_999);
    expect(isAnswered).toBe(false);
    await clock.advance(1);
    await answer;
  });

  test('a stall in a stream: some events, silence, then the rest', async () => {
    server.fail({ kind: 'stall', ms: 60_000, afterEvents: 3 });
    const types: string[] = [];
    const all = (async () => {
      for await (const { type } of await client.messages.create({ ...hello, stream: true })) types.push(type);
    })();
    await expect.poll(() => types).toEqual(['message_start', 'content_block_start']);
    await passTime(60_000);
    await all;
    expect(types.at(-1)).toBe('message_stop');
  });

  test('a stall in a body', async () => {
    server.fail({ kind: 'stall', ms: 1000, afterEvents: 0 });
    const answer = client.messages.create(hello);
    await passTime(1000);
    expect((await answer).stop_reason).toBe('end_turn');
  });

  const waits: Record<string, { fault: Fault; stream: boolean }> = {
    'before the first byte': { fault: { kind: 'slowFirstByte', ms: 60_000 }, stream: false },
    'in the middle of a body': { fault: { kind: 'stall', ms: 60_000, afterEvents: 0 }, stream: false },
    'in the middle of a stream': { fault: { kind: 'stall', ms: 60_000, afterEvents: 2 }, stream: true },
  };
  test.each(Object.entries(waits))('who leaves %s leaves no timer behind, and the server goes on', async (_, { fault, stream }) => {
    server.fail(fault);
    const leave = new AbortController();
    const reading = fetch(`${server.url}/v1/messages`, { method: 'POST', headers: { 'x-api-key': 'right', 'anthropic-version': '2023-06-01' }, body: JSON.stringify({ ...hello, stream }), signal: leave.signal }).then((response) => response.text());
    await expect.poll(() => clock.pending).toBe(1);
    leave.abort();
    await expect(reading).rejects.toThrow(/abort/i);
    await expect.poll(() => clock.pending).toBe(0);
    expect((await client.messages.create(hello)).stop_reason).toBe('end_turn');
  });

  test('a cap of the output, and a refusal of the model', async () => {
    server.fail({ kind: 'outputCap', tokens: 1 });
    server.fail({ kind: 'refusal' }, { next: 2 });
    expect(await client.messages.create(hello)).toMatchObject({ content: [{ text: 'you ' }], stop_reason: 'max_tokens' });
    expect(await client.messages.create(hello)).toMatchObject({ content: [], stop_reason: 'refusal', stop_details: { type: 'refusal' }, usage: { output_tokens: 0 } });
  });

  async function statusesOf(calls: number): Promise<string> {
    const from = server.requests().length;
    for (let call = 0; call < calls; call += 1) await client.messages.create(hello).catch(() => undefined);
    return server.requests().slice(from).map(({ status }) => (status === 200 ? '.' : 'x')).join('');
  }

  test('every k-th call, until it is taken back', async () => {
    const takeBack = server.fail({ kind: 'overloaded' }, { every: 3 });
    expect(await statusesOf(7)).toBe('..x..x.');
    takeBack();
    expect(await statusesOf(3)).toBe('...');
  });

  test('by chance, which a seed repeats', async () => {
    const takeBack = server.fail({ kind: 'overloaded' }, { probability: 0.5, seed: 7 });
    const first = await statusesOf(12);
    takeBack();
    server.fail({ kind: 'overloaded' }, { probability: 0.5, seed: 7 });
    expect(await statusesOf(12)).toBe(first);
    expect(first).toMatch(/x.*\.|\..*x/);
  });
});

describe('the bill', () => {
  const long = { ...hello, system: [{ type: 'text' as const, text: 's'.repeat(4 * 2000 - 7), cache_control: { type: 'ephemeral' as const } }] };

  test('is the sum of what the answers said, over models, streams and the cache', async () => {
    const first = await client.messages.create(long);
    const second = await client.messages.stream(long).finalMessage();
    const third = await client.messages.create({ ...long, model: 'other' });
    expect([first, second, third].map(({ usage }) => [usage.cache_creation_input_tokens, usage.cache_read_input_tokens])).toEqual([[2000, 0], [0, 2000], [2000, 0]]);
    expect(server.usage()).toEqual({ answered: 3, failed: 0, inputTokens: 9, outputTokens: 12, cacheReadTokens: 2000, cacheWriteTokens: 4000 });
    expect(server.requests().map(({ model, usage }) => [model, usage?.output_tokens])).toEqual([['claude-test', 4], ['claude-test', 4], ['other', 4]]);
  });

  test('a call that ended in an error leaves nothing in the cache', async () => {
    server.fail({ kind: 'overloaded' });
    await errorOf(client.messages.create(long));
    expect((await client.messages.create(long)).usage).toMatchObject({ cache_creation_input_tokens: 2000, cache_read_input_tokens: 0 });
  });
});
