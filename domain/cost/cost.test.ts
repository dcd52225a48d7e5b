import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMicroUsd, microUsdOf } from './money.ts';
import { costOf, familyOf, priceOf, type Rate, type Tokens } from './prices.ts';
import { type BoundedRequest, worstCaseOf, worstCaseOfOutput } from './worst-case.ts';

const tokens = (some: Partial<Tokens> = {}): Tokens => ({ inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, cacheWriteHourTokens: 0, ...some });

describe('money', () => {
  const amounts: Record<string, number> = { '0.00': 0, '2.50': 2_500_000, '0.000001': 1, '999999999.999999': 999_999_999_999_999, '0.10': 100_000, '1.005': 1_005_000 };
  test.each(Object.entries(amounts))('%s is read exactly', (text, want) => expect(microUsdOf(text)).toBe(want));
  test.each(['', '1', '1.5', '-1.00', '1e3', ' 1.00', '1.0000001', '0x1.00'])('"%s" is no amount', (text) => expect(() => microUsdOf(text)).toThrow(/no decimal/));
  test('what is written is read again', () => {
    fc.assert(fc.property(fc.nat(), (amount) => {
      expect(microUsdOf(formatMicroUsd(amount))).toBe(amount);
    }));
    expect([0, 1, 10_000, 2_500_000, 1_234_560].map(formatMicroUsd)).toEqual(['0.00', '0.000001', '0.01', '2.50', '1.23456']);
  });
});

describe('prices', () => {
  const million = tokens({ inputTokens: 1_000_000, outputTokens: 1_000_000 });
  const costs: Record<string, { model: string; rate?: Rate; tokens: Tokens; want: number }> = {
    'a dated release costs what its family costs': { model: 'claude-haiku-4-5-20251001', tokens: million, want: 6_000_000 },
    'an alias too': { model: 'claude-sonnet-5-5-latest', tokens: million, want: 12_000_000 },
    'a model that is not listed costs what the dearest does': { model: 'gpt-9', tokens: million, want: 90_000_000 },
    'a later model of a listed family is not taken for it': { model: 'claude-opus-5-9', tokens: million, want: 90_000_000 },
    'every class has its price': { model: 'claude-opus-5', tokens: tokens({ inputTokens: 10, outputTokens: 20, cacheReadTokens: 30, cacheWriteTokens: 40, cacheWriteHourTokens: 50 }), want: 50 + 500 + 15 + 250 + 500 },
    'a part of a micro-dollar counts as a whole one': { model: 'claude-haiku-5-5', tokens: tokens({ cacheReadTokens: 1 }), want: 1 },
    'a short prompt has the lower band': { model: 'claude-haiku-5-5', tokens: tokens({ inputTokens: 100_000 }), want: 10_000 },
    'a long prompt has the upper band, for its output too': { model: 'claude-haiku-5-5', tokens: tokens({ inputTokens: 100_000, cacheReadTokens: 1, outputTokens: 1000 }), want: 50_000 + 1 + 2500 },
    'a batch costs half': { model: 'claude-opus-5', rate: 'batch', tokens: million, want: 15_000_000 },
    'a part of a micro-dollar counts as a whole one in a batch too': { model: 'claude-haiku-4-5', rate: 'batch', tokens: tokens({ inputTokens: 3 }), want: 2 },
    'nothing costs nothing': { model: 'claude-opus-5', tokens: tokens(), want: 0 },
  };
  test.each(Object.entries(costs))('%s', (_, { model, rate, tokens: used, want }) => expect(costOf(model, used, rate)).toBe(want));
  test('families are bounded in number', () => expect(['claude-opus-5', 'claude-opus-5-20260101', 'x', ''].map(familyOf)).toEqual(['claude-opus-5', 'claude-opus-5', 'other', 'other']));
});

const requestOf = (content: unknown, more: object = {}, model = 'claude-opus-5'): BoundedRequest => {
  const messages = [{ role: 'user', content }];
  const body = JSON.stringify({ model, max_tokens: 100, messages, ...more });
  return { model, maxTokens: 100, body, bodyBytes: new TextEncoder().encode(body).length, messages };
};
/** Tokens of input that a bound stands for, at $5 a million. */
const inputOf = (request: BoundedRequest) => (worstCaseOf(request) - 100 * 25) / 5;
const image = (data: string) => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } });
const megabyte = 'a'.repeat(1_000_000);

describe('the worst case', () => {
  test('counts every byte of text as a token, and all of the output', () => {
    const request = requestOf('x'.repeat(1000));
    expect(inputOf(request)).toBe(request.bodyBytes + 4096);
    expect(inputOf(requestOf('é'.repeat(1000)))).toBe(inputOf(request) + 1000);
  });
  const bounds: Record<string, { content: unknown; atLeast: number; atMost: number }> = {
    'a small image is more than its bytes': { content: [image('iVBO')], atLeast: 5000, atMost: 11_000 },
    'a large image is less': { content: [image(megabyte)], atLeast: 5000, atMost: 11_000 },
    'an image in the result of a tool is seen': { content: [{ type: 'tool_result', tool_use_id: 't', content: [image(megabyte)] }], atLeast: 5000, atMost: 11_000 },
    'text that looks like an image is text': { content: [{ type: 'tool_use', id: 't', name: 'n', input: image('b'.repeat(500_000)) }], atLeast: 500_000, atMost: 510_000 },
    'an image that is fetched is as any other': { content: [{ type: 'image', source: { type: 'url', url: 'https://x' } }], atLeast: 5000, atMost: 11_000 },
    'a document of text is its bytes': { content: [{ type: 'document', source: { type: 'text', data: 'hello' } }], atLeast: 4096, atMost: 5000 },
    'a PDF may fill the context': { content: [{ type: 'document', source: { type: 'base64', data: 'x' } }], atLeast: 1_000_000, atMost: 1_000_000 },
    'a kind that came later may fill the context': { content: [{ type: 'hologram' }], atLeast: 1_000_000, atMost: 1_000_000 },
    'no more than the context is read': { content: megabyte + megabyte, atLeast: 1_000_000, atMost: 1_000_000 },
  };
  test.each(Object.entries(bounds))('%s', (_, { content, atLeast, atMost }) => {
    const found = inputOf(requestOf(content));
    expect(found).toBeGreaterThanOrEqual(atLeast);
    expect(found).toBeLessThanOrEqual(atMost);
  });
  test('a request that writes to the cache may pay for writing', () => {
    const marked = (ttl: object) => requestOf([{ type: 'text', text: 'x'.repeat(500), cache_control: { type: 'ephemeral', ...ttl } }]);
    const [five, hour] = [marked({}), marked({ ttl: '1h' })];
    expect(worstCaseOf(five)).toBe(Math.ceil((five.bodyBytes + 4096) * 6.25 + 2500));
    expect(worstCaseOf(hour)).toBe((hour.bodyBytes + 4096) * 10 + 2500);
  });
  test('a long prompt is bounded at the price of long prompts', () => {
    expect(worstCaseOf(requestOf('x'.repeat(200_000), {}, 'claude-haiku-5-5'))).toBeGreaterThan(100_000);
    expect(priceOf('claude-haiku-5-5', 200_000).inputTokens).toBe(500_000);
  });
  test('any usage that the request allows costs no more', () => {
    const models = fc.constantFrom('claude-opus-5', 'claude-haiku-5-5', 'claude-fable-5-1', 'unknown');
    fc.assert(fc.property(models, fc.integer({ min: 1, max: 300_000 }), fc.integer({ min: 0, max: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (model, size, outputTokens, cached) => {
      const request = requestOf([{ type: 'text', text: 'x'.repeat(size), cache_control: { type: 'ephemeral', ttl: '1h' } }], {}, model);
      const cacheWriteHourTokens = Math.floor(size * cached);
      const used = tokens({ inputTokens: size - cacheWriteHourTokens, cacheWriteHourTokens, outputTokens });
      expect(costOf(model, used)).toBeLessThanOrEqual(worstCaseOf(request));
    }));
  });
  test('a stream that is cut may have cost all of its output', () => expect(worstCaseOfOutput('claude-opus-5', tokens({ inputTokens: 1000, outputTokens: 1 }), 64_000)).toBe(5000 + 1_600_000));
});
