// Limits of the output, and the stream as another form of the same message.
import type { RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { streamOf } from './events.ts';
import { type Answer, outputOf, toMessage, usageOf } from './message.ts';
import type { Reply } from './policy.ts';
import { byteLength, cutToTokens, tokensOf } from './tokens.ts';

const nothing = { fresh: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };

function answer(reply: Reply, maxTokens: number): Answer {
  const output = outputOf(reply, { maxTokens, stopSequences: [] }, () => 'toolu_1');
  return { id: 'msg_1', model: 'm', usage: usageOf(nothing, output.blocks), ...output };
}

const anyText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 120 });
const anyReply = fc.array(fc.oneof(anyText.map((text) => ({ type: 'text' as const, text })), fc.dictionary(anyText, fc.jsonValue(), { maxKeys: 3 }).map((input) => ({ type: 'tool_use' as const, name: 'x', input }))), { maxLength: 4 }).map((content): Reply => ({ content }));

test('a cut text has at most that many tokens, tears no character, and could not be longer', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 0, max: 40 }), (text, tokens) => {
      const cut = cutToTokens(text, tokens);
      expect(text.startsWith(cut)).toBe(true);
      expect(cut.isWellFormed()).toBe(true);
      expect(byteLength(cut)).toBeLessThanOrEqual(4 * tokens);
      const next = Array.from(text.slice(cut.length))[0];
      if (next !== undefined) expect(byteLength(cut + next)).toBeGreaterThan(4 * tokens);
    }),
  );
});

test('an output is whole, or ends at the limit and says so', () => {
  fc.assert(
    fc.property(anyReply, fc.integer({ min: 1, max: 60 }), (reply, maxTokens) => {
      const needed = reply.content.reduce((sum, block) => sum + tokensOf(byteLength(block.type === 'text' ? block.text : JSON.stringify(block.input))), 0);
      const { usage, stopReason, blocks } = answer(reply, maxTokens);
      expect(usage.output_tokens).toBeLessThanOrEqual(maxTokens);
      expect(stopReason === 'max_tokens').toBe(needed > maxTokens);
      if (needed <= maxTokens) expect(blocks).toHaveLength(reply.content.length);
    }),
  );
});

test('an output that just fits is whole', () => {
  expect(answer({ content: [{ type: 'text', text: '12345678' }] }, 2).stopReason).toBe('end_turn');
  expect(answer({ content: [{ type: 'text', text: '123456789' }] }, 2).stopReason).toBe('max_tokens');
});

test('the deltas of a stream make the message', () => {
  fc.assert(
    fc.property(anyReply, fc.integer({ min: 1, max: 200 }), (reply, maxTokens) => {
      const whole = answer(reply, maxTokens);
      const events = streamOf(whole).map((bytes) => JSON.parse(bytes.slice(bytes.indexOf('data: ') + 6)) as RawMessageStreamEvent);
      const bodies = whole.blocks.map((_, index) => events.flatMap((event) => (event.type === 'content_block_delta' && event.index === index ? [event.delta.type === 'text_delta' ? event.delta.text : event.delta.type === 'input_json_delta' ? event.delta.partial_json : ''] : [])).join(''));
      expect(bodies).toEqual(whole.blocks.map(({ body }) => body));
      expect(toMessage(whole).content.map((block) => (block.type === 'text' ? block.text : ''))).toEqual(whole.blocks.map(({ type, body }) => (type === 'text' ? body : '')));
    }),
  );
});
