import { expect, test } from 'vitest';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import type { AskGateway } from './gateway.ts';
import type { ModelAnswer } from './model.ts';
import { createModels } from './patience.ts';

const answered: ModelAnswer = { kind: 'answered', text: 'x', content: [], calls: [], stopReason: 'end_turn', model: 'm', usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd: 0 } };
const later = (retryAfterMs: number): ModelAnswer => ({ kind: 'later', retryAfterMs, message: 'busy' });
const refused: ModelAnswer = { kind: 'refused', type: 'attempt_fenced', message: 'another attempt took its place' };

function world(answers: readonly ModelAnswer[], grants: readonly string[] = ['g']) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const calls: { readonly at: number; readonly grant: string; readonly model: string }[] = [];
  const ask: AskGateway = async ({ model }, grant) => {
    calls.push({ at: clock.monotonic(), grant, model });
    return answers[Math.min(calls.length, answers.length) - 1] ?? answered;
  };
  const model = createModels({ ask, defaultModel: 'standard', clock, random: { next: () => 0.5 } }).under(() => grants[Math.min(calls.length, grants.length - 1)] ?? '', stop.signal);
  return { clock, stop, calls, answer: (named?: string) => model.ask({ model: named, max_tokens: 1, system: [], tools: [], messages: [] }) };
}

test('who cannot answer now is asked again: after what it said, and a jitter that grows', async () => {
  const { clock, calls, answer } = world([later(1000), later(0), later(0), answered]);
  const asked = answer();
  await clock.advance(10_000);
  expect([await asked, calls.map(({ at }) => at)]).toEqual([answered, [0, 1250, 1750, 2750]]);
});

test('the wait has an end however often it failed', async () => {
  const { clock, calls, stop, answer } = world([later(0)]);
  const asked = answer();
  await clock.advance(300_000);
  const gaps = calls.map(({ at }) => at).slice(1).map((at, index) => at - (calls[index]?.at ?? 0));
  expect(Math.max(...gaps)).toBe(15_000);
  stop.abort();
  await asked;
});

test('a refusal is an answer, and asked once', async () => {
  const { calls, answer } = world([refused]);
  expect([await answer(), calls.length]).toEqual([refused, 1]);
});

test('a refusal of an old grant is not, once there is a new one', async () => {
  const { calls, answer } = world([refused, answered], ['old', 'new']);
  expect([await answer(), calls.map(({ grant }) => grant)]).toEqual([answered, ['old', 'new']]);
});

test('a stop ends the wait', async () => {
  const { clock, stop, calls, answer } = world([later(60_000)]);
  const asked = answer();
  await settle();
  stop.abort();
  await clock.advance(1);
  expect([(await asked).kind, calls.length]).toEqual(['later', 1]);
});

test('the model of the installation answers when none is named', async () => {
  const { calls, answer } = world([answered]);
  await answer();
  await answer('mine');
  expect(calls.map(({ model }) => model)).toEqual(['standard', 'mine']);
});
