import { describe, expect, test } from 'vitest';
import { Account, errorTypes, llmHeaders } from '#api/llm.ts';
import type { CallOptions, LlmAnswer, LlmRequest } from '#platform/anthropic/client.ts';
import { createGatewayModel } from './gateway-model.ts';
import type { ModelAnswer } from './planner.ts';

const account: Account = { namespace: 'team-a', namespaceUid: 'ns', mission: 'm', missionUid: 'uid', purpose: 'plan' };
const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd: 3 };
const answered: LlmAnswer = { kind: 'answered', text: 'a plan', stopReason: undefined, model: 'm', usage };

async function ask(answer: LlmAnswer | undefined, model?: string) {
  const seen: { readonly request: LlmRequest; readonly options: CallOptions }[] = [];
  const door = answer && { complete: async (request: LlmRequest, options: CallOptions) => (seen.push({ request, options }), answer) };
  const said = await createGatewayModel(async () => door, 'the-default').complete({ ...(model === undefined ? {} : { model }), system: 's', messages: [{ role: 'user', content: 'u' }], maxTokens: 9, account }, new AbortController().signal);
  return { said, seen };
}

test('a question goes out on the account of its mission, to the model of the installation unless it names one', async () => {
  const { seen } = await ask(answered);
  expect(seen[0]?.request).toEqual({ model: 'the-default', max_tokens: 9, system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }], messages: [{ role: 'user', content: 'u' }] });
  expect(Account.parse(JSON.parse(Buffer.from(seen[0]?.options.headers[llmHeaders.account] ?? '', 'base64url').toString()))).toEqual(account);
  expect((await ask(answered, 'another')).seen[0]?.request.model).toBe('another');
});

describe('an answer', () => {
  const cases: Record<string, { answer: LlmAnswer | undefined; want: Partial<ModelAnswer> }> = {
    'comes with what it cost': { answer: answered, want: { kind: 'answered', text: 'a plan', stopReason: 'none', usage } },
    'that is refused is refused': { answer: { kind: 'refused', type: errorTypes.budget, message: 'spent' }, want: { kind: 'refused', type: errorTypes.budget } },
    'of a gateway that still sees the end of the run before comes later': { answer: { kind: 'refused', type: errorTypes.fenced, message: 'mission m has ended' }, want: { kind: 'later', message: 'mission m has ended' } },
    'of nobody comes later': { answer: undefined, want: { kind: 'later', message: 'the LLM gateway is not running yet' } },
  };
  test.each(Object.entries(cases))('%s', async (_, { answer, want }) => expect((await ask(answer)).said).toMatchObject(want));
});
