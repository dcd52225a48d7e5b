import { expect, test } from 'vitest';
import type { ModelRequest } from '#agent-runtime/llm/model.ts';
import { arms, competent, everything, modelPolicyOf, naive, shaped, smallModel, strongModel } from './arms.ts';

const mark = { cache_control: { type: 'ephemeral' } } as const;
const request: ModelRequest = { max_tokens: 1, system: [{ type: 'text', text: 's', ...mark }], tools: [], messages: [{ role: 'user', content: [{ type: 'text', text: 'q' }] }], ...mark };

test('all arms have names of their own', () => {
  expect(new Set(arms.map(({ name }) => name)).size).toBe(arms.length);
});

test('the naive arm sends the same words without a mark, and wants one call a turn', () => {
  expect(shaped(request, naive.levers)).toEqual({ max_tokens: 1, system: [{ type: 'text', text: 's' }], tools: [], messages: request.messages, tool_choice: { type: 'auto', disable_parallel_tool_use: true } });
});

test('the competent arm keeps the marks', () => {
  expect(shaped(request, competent.levers)).toMatchObject(mark);
});

test('with all levers a request goes out as the agent made it', () => {
  expect(shaped(request, everything.levers)).toBe(request);
  expect(modelPolicyOf(everything.levers)).toEqual({ tiers: [smallModel, strongModel], reuse: 'Exact' });
});

test('the naive arm says nothing of models', () => {
  expect(modelPolicyOf(naive.levers)).toEqual({});
});
