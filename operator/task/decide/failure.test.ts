import { describe, expect, test } from 'vitest';
import type { OutcomeReason } from '#api/conditions.ts';
import type { Attempt } from '#api/v1alpha1/task.ts';
import { aTask } from '../testing.ts';
import { backoffLeftMs, type FailureVerdict, type Knowledge, verdictOnFailure } from './failure.ts';

const t0 = Date.parse('2026-01-01T00:00:00Z');
const ended = (attempt: number, reason: OutcomeReason = 'ActionFailed', endTime = '2026-01-01T00:00:00Z'): Attempt => ({ attempt, epoch: { term: 1, counter: attempt }, reason, message: '', endTime });
const retry = (afterMs: number): FailureVerdict => ({ kind: 'retry', afterMs });
const final = (reason: OutcomeReason): FailureVerdict => ({ kind: 'final', reason });

const cases: Record<string, { spec?: object; earlier?: readonly Attempt[]; reason?: OutcomeReason; knowledge?: Knowledge; want: FailureVerdict }> = {
  'a first failure is tried again after the back-off': { want: retry(1000) },
  'the back-off doubles': { earlier: [ended(1)], want: retry(2000) },
  'and has an end': { spec: { retryPolicy: { limit: 10, backoffSeconds: 30, maxBackoffSeconds: 40 } }, earlier: [ended(1), ended(2)], want: retry(40_000) },
  'retries run out': { earlier: [ended(1), ended(2)], want: final('ActionFailed') },
  'no retries were wished for': { spec: { retryPolicy: { limit: 0 } }, want: final('ActionFailed') },
  'what would fail the same way again is final': { reason: 'ActionRefused', want: final('ActionRefused') },
  'a check that failed is not asked again until it says yes': { spec: { intent: { action: 'VerifyCommand' } }, want: final('ActionFailed') },
  'nor is one of an artifact': { spec: { intent: { action: 'VerifyArtifact' } }, want: final('ActionFailed') },
  'nor is a judgement': { spec: { intent: { action: 'JudgeWork' } }, want: final('ActionFailed') },
  'a check whose agent vanished was not answered': { spec: { intent: { action: 'VerifyCommand' } }, reason: 'AgentLost', want: retry(1000) },
  'a stopped agent is not counted': { spec: { retryPolicy: { limit: 0 } }, reason: 'AgentStopped', want: retry(1000) },
  'a stopped agent is not counted for ever': { earlier: [1, 2, 3].map((attempt) => ended(attempt, 'AgentStopped')), reason: 'AgentStopped', want: final('AgentStopped') },
  'a lost leader is not counted for ever': { earlier: [1, 2, 3].map((attempt) => ended(attempt, 'LeaderLost')), reason: 'LeaderLost', want: final('LeaderLost') },
  'External that reports a failure is final': { spec: { sideEffects: 'External' }, want: final('ActionFailed') },
  'External that vanished is unknown': { spec: { sideEffects: 'External' }, reason: 'AgentLost', knowledge: 'unknown', want: final('OutcomeUnknown') },
  'External that vanished is unknown, whatever the reason': { spec: { sideEffects: 'External' }, reason: 'LeaderLost', knowledge: 'unknown', want: final('OutcomeUnknown') },
  'External that never began may begin': { spec: { sideEffects: 'External' }, reason: 'AgentStopped', knowledge: 'neverBegan', want: retry(1000) },
  'External that never began does not try for ever': { spec: { sideEffects: 'External' }, earlier: [1, 2, 3].map((attempt) => ended(attempt, 'AgentStopped')), reason: 'AgentStopped', knowledge: 'neverBegan', want: final('AgentStopped') },
  'Idempotent is tried again like any other': { spec: { sideEffects: 'Idempotent' }, reason: 'AgentLost', knowledge: 'unknown', want: retry(1000) },
};
test.each(Object.entries(cases))('%s', (_, { spec = {}, earlier = [], reason = 'ActionFailed', knowledge = 'reported', want }) => {
  expect(verdictOnFailure(aTask('a', spec, { attempts: [...earlier] }), earlier.length + 1, reason, knowledge)).toEqual(want);
});

describe('what is left of a back-off', () => {
  const left: Record<string, { attempts: readonly Attempt[]; after: number; want: number }> = {
    'nothing before the first attempt': { attempts: [], after: 0, want: 0 },
    'all of it at first': { attempts: [ended(1)], after: 0, want: 1000 },
    'the rest after a while': { attempts: [ended(1), ended(2)], after: 1500, want: 500 },
    'nothing when it is over': { attempts: [ended(1)], after: 60_000, want: 0 },
    'nothing when the time cannot be read': { attempts: [ended(1, 'ActionFailed', 'yesterday')], after: 0, want: 0 },
  };
  test.each(Object.entries(left))('%s', (_, { attempts, after, want }) => {
    expect(backoffLeftMs(aTask('a', {}, { attempts: [...attempts] }), t0 + after)).toBe(want);
  });
});
