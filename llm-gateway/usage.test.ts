import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { billOf, createStreamMeter, type Seen, usageOfAnswer } from './usage.ts';

const start = { type: 'message_start', message: { id: 'm', usage: { input_tokens: 1000, output_tokens: 1, cache_creation_input_tokens: 30, cache_creation: { ephemeral_1h_input_tokens: 10, ephemeral_5m_input_tokens: 20 }, cache_read_input_tokens: 7 } } };
const delta = (output: number) => ({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: output } });
const text = (content: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: content } });
const sse = (...events: readonly { type: string }[]) => events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');

function meter(stream: string, cuts: readonly number[] = []): Seen {
  const bytes = Buffer.from(stream);
  const found = createStreamMeter();
  let at = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    found.push(bytes.subarray(at, cut));
    at = Math.max(at, cut);
  }
  return found.seen();
}

const input = { inputTokens: 1000, cacheReadTokens: 7, cacheWriteTokens: 20, cacheWriteHourTokens: 10 };

describe('a stream', () => {
  test('tells its input at the start and its output at the end', () => {
    expect(meter(sse(start))).toEqual({ kind: 'begun', tokens: { ...input, outputTokens: 1 } });
    expect(meter(sse(start, text('hi'), delta(42), { type: 'message_stop' }))).toEqual({ kind: 'complete', tokens: { ...input, outputTokens: 42 } });
  });
  test('is understood wherever it is cut', () => {
    const whole = sse(start, text('é "message_delta" 𝄞'), delta(42));
    fc.assert(fc.property(fc.array(fc.nat(Buffer.byteLength(whole))), (cuts) => {
      expect(meter(whole, cuts)).toMatchObject({ kind: 'complete', tokens: { outputTokens: 42 } });
    }));
  });
  test('cannot be lied to by what the model says', () => {
    const forged = text(sse(delta(0)));
    expect(meter(sse(start, forged))).toMatchObject({ kind: 'begun' });
  });
  test('with lines of any length is understood, and its counts of nonsense are not', () => {
    expect(meter(sse(start, text('x'.repeat(300_000)), delta(9)), [70_000, 140_000])).toMatchObject({ kind: 'complete', tokens: { outputTokens: 9 } });
    expect(meter(sse({ type: 'message_delta', usage: { output_tokens: -5 } } as { type: string }))).toEqual({ kind: 'nothing' });
    expect(meter('data: {"type":"message_delta"\n\n')).toEqual({ kind: 'nothing' });
  });
});

test('a whole answer tells its usage, anything else does not', () => {
  expect(usageOfAnswer(JSON.stringify({ usage: { input_tokens: 3, output_tokens: 4 } }))).toMatchObject({ kind: 'complete', tokens: { inputTokens: 3, outputTokens: 4 } });
  expect([usageOfAnswer('{'), usageOfAnswer('{}'), usageOfAnswer('null')]).toEqual(Array.from({ length: 3 }, () => ({ kind: 'nothing' })));
});

describe('the bill', () => {
  const ending = { model: 'claude-opus-5', maxTokens: 1000, rate: 'standard', reservedMicroUsd: 50_000 } as const;
  const tokens = { inputTokens: 1000, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 4, cacheWriteHourTokens: 4 };
  test('of a call without usage is its reservation', () => expect(billOf({ kind: 'nothing' }, ending)).toMatchObject({ costMicroUsd: 50_000, inputTokens: 0 }));
  test('of a call that ended is its usage', () => expect(billOf({ kind: 'complete', tokens }, ending)).toEqual({ inputTokens: 1000, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 8, costMicroUsd: 5000 + 250 + 25 + 40 }));
  test('of a call that was cut is its input and all output it may have had', () => expect(billOf({ kind: 'begun', tokens }, ending)).toMatchObject({ costMicroUsd: 5000 + 25_000 + 25 + 40 }));
});
