import { expect, test } from 'vitest';
import { type TaskResult, TaskSpec } from '#api/v1alpha1/task.ts';
import { dependencyVerdict } from './dependency.ts';

const cases: Record<string, { result?: TaskResult; onFailure: 'Fail' | 'Continue'; want: string }> = {
  'an undecided dependency is waited for': { onFailure: 'Continue', want: 'waiting' },
  'success satisfies': { result: 'Succeeded', onFailure: 'Fail', want: 'satisfied' },
  'failure fails the dependents': { result: 'Failed', onFailure: 'Fail', want: 'failed' },
  'failure with onFailure Continue satisfies': { result: 'Failed', onFailure: 'Continue', want: 'satisfied' },
  'a skipped dependency fails them whatever onFailure says': { result: 'Skipped', onFailure: 'Continue', want: 'failed' },
  'so does a cancelled one': { result: 'Cancelled', onFailure: 'Continue', want: 'failed' },
};
test.each(Object.entries(cases))('%s', (_, { result, onFailure, want }) => {
  const spec = TaskSpec.parse({ type: 'Tester', intent: { action: 'RunTests' }, onFailure });
  const status = result === undefined ? {} : { outcome: { result, reason: 'Completed', message: '', time: '2026-01-01T00:00:00Z' } };
  expect(dependencyVerdict({ spec, status })).toBe(want);
});
