import { describe, expect, test } from 'vitest';
import { parseCountRequest, parseMessagesRequest } from './request.ts';

const good = { model: 'claude-opus-5', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] };
const parse = (change: object) => parseMessagesRequest(Buffer.from(JSON.stringify({ ...good, ...change })));

test('what money and routing need is understood, all else goes through as it is', () => {
  const parsed = parse({ stream: true, temperature: 0.5, new_field: { a: [1, null] } });
  expect(parsed).toMatchObject({ kind: 'parsed', request: { model: 'claude-opus-5', maxTokens: 100, isStreaming: true } });
  expect(parsed.kind === 'parsed' && JSON.parse(parsed.request.body)).toEqual({ ...good, stream: true, temperature: 0.5, new_field: { a: [1, null] } });
});

test('a key that stands twice is sent as it was judged', () => {
  const parsed = parseMessagesRequest(Buffer.from('{"model":"claude-opus-5","max_tokens":64000,"max_tokens":1,"messages":[{}]}'));
  expect(parsed).toMatchObject({ kind: 'parsed', request: { maxTokens: 1, body: '{"model":"claude-opus-5","max_tokens":1,"messages":[{}]}' } });
});

describe('a request is refused', () => {
  const cases: Record<string, { change: object; want: RegExp }> = {
    'without a model': { change: { model: undefined }, want: /^model: / },
    'with more output than 64k': { change: { max_tokens: 64_001 }, want: /max_tokens/ },
    'with no output': { change: { max_tokens: 0 }, want: /max_tokens/ },
    'with a part of a token': { change: { max_tokens: 1.5 }, want: /max_tokens/ },
    'with messages that are no list': { change: { messages: {} }, want: /messages/ },
    'with a tool that the provider runs': { change: { tools: [{ name: 'a', input_schema: {} }, { type: 'web_search_20260209', name: 'web_search' }] }, want: /web_search_20260209.*cannot be known/ },
    'with servers of tools': { change: { mcp_servers: [] }, want: /mcp_servers/ },
    'with a container': { change: { container: 'c' }, want: /container/ },
    'at a dearer speed': { change: { speed: 'fast' }, want: /speed/ },
    'in a dearer place': { change: { inference_geo: 'us' }, want: /inference_geo/ },
    'with a summary of its own': { change: { context_management: { edits: [] } }, want: /context_management/ },
  };
  test.each(Object.entries(cases))('%s', (_, { change, want }) => expect(parse(change)).toMatchObject({ kind: 'invalid', message: expect.stringMatching(want) }));
  test.each(['', '[]', 'null', '{', '"x"'])('that is %j', (text) => expect(parseMessagesRequest(Buffer.from(text)).kind).toBe('invalid'));
});

test('tools that the caller runs are allowed', () => {
  expect(parse({ tools: [{ name: 'a', input_schema: {} }, { type: 'custom', name: 'b' }, { type: 'bash_20250124', name: 'bash' }], speed: 'standard' }).kind).toBe('parsed');
});

test('tokens are counted without a limit of output', () => {
  const { max_tokens: _, ...count } = good;
  expect(parseCountRequest(Buffer.from(JSON.stringify(count)))).toEqual({ kind: 'parsed', request: JSON.stringify(count) });
});
