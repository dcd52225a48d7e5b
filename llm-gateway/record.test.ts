import { expect, test } from 'vitest';
import { cheaperOf, parseMessagesRequest } from './request.ts';
import { recordOf } from './record.ts';
import { account, question } from './testing.ts';

const parsed = parseMessagesRequest(Buffer.from(JSON.stringify(question)));
if (parsed.kind === 'invalid') throw new Error(parsed.message);
const usage = { inputTokens: 10, outputTokens: 20, cacheReadTokens: 300, cacheWriteTokens: 4, costMicroUsd: 7 };

test('a record counts input as the conventions do, and holds nothing of what was said', () => {
  const record = recordOf(account, parsed.request, usage);
  expect(record).toMatchObject({ 'gen_ai.request.model': 'claude-opus-5', 'gen_ai.usage.input_tokens': 314, 'gen_ai.usage.output_tokens': 20, 'gen_ai.usage.cache_read.input_tokens': 300, costMicroUsd: 7, mission: 'm', purpose: 'plan', rate: 'standard' });
  expect(JSON.stringify(record)).not.toContain('secret');
  expect(record).not.toHaveProperty('askedModel');
});

test('a record of a call that another model answered names both', () => {
  expect(recordOf(account, cheaperOf(parsed.request, 'claude-haiku-4-5'), usage)).toMatchObject({ 'gen_ai.request.model': 'claude-haiku-4-5', askedModel: 'claude-opus-5' });
});
