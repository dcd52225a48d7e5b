import { expect, test } from 'vitest';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { MissionTask } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { PastRuns, pastOf } from './past-runs.ts';
import { aTask } from './testing.ts';

const ended = (uid: string, durationSeconds: number, result: 'Succeeded' | 'Failed' = 'Succeeded', observed: JsonObject = {}): Task => {
  const task = aTask('a', {}, { durationSeconds, observed, outcome: { result, reason: 'Completed', message: '', time: '2026-01-01T00:00:00Z' } });
  return { ...task, metadata: { ...task.metadata, uid } };
};

test('the guess is the median of those that did the same and succeeded', () => {
  const past = new PastRuns();
  expect(past.secondsFor(aTask())).toBe(0);
  for (const [uid, seconds] of [['u1', 3], ['u2', 90], ['u3', 5]] as const) past.note(ended(uid, seconds));
  past.note(ended('u4', 500, 'Failed'));
  expect(past.secondsFor(aTask())).toBe(5);
  expect(past.secondsFor(aTask('b', { intent: { action: 'RunCommand', params: { command: ['true'] } } }))).toBe(0);
});

test('a task counts once, however often it is seen', () => {
  const past = new PastRuns();
  past.note(ended('u1', 1));
  for (let seen = 0; seen < 5; seen += 1) past.note(ended('u2', 9));
  past.note(ended('u3', 1));
  expect(past.secondsFor(aTask())).toBe(1);
});

test('less than a second is a second, not nothing', () => {
  const past = new PastRuns();
  past.note(ended('u1', 0));
  expect(past.secondsFor(aTask())).toBe(1);
});

test('old runs make room for new ones', () => {
  const past = new PastRuns();
  for (let index = 0; index < 100; index += 1) past.note(ended(`old-${index}`, 1000));
  for (let index = 0; index < 16; index += 1) past.note(ended(`new-${index}`, 2));
  expect(past.secondsFor(aTask())).toBe(2);
});

test('the cost is the median of those that asked a model, in whole micro-dollars', () => {
  const past = new PastRuns();
  past.note(ended('u0', 1));
  expect(past.costFor(aTask())).toBeUndefined();
  for (const [uid, costMicroUsd] of [['u1', 10], ['u2', 5000], ['u3', 25], ['u4', 30], ['u5', 'much'], ['u6', -1]] as const) past.note(ended(uid, 1, 'Succeeded', { costMicroUsd }));
  past.note(ended('u7', 1, 'Failed', { costMicroUsd: 1_000_000 }));
  expect(past.costFor(aTask())).toBe(28);
  expect(past.costFor(aTask('b', { intent: { action: 'CountPatterns', params: {} } }))).toBeUndefined();
});

test('a task that is only planned is asked about by its mission', () => {
  const past = new PastRuns();
  past.note(ended('u1', 7, 'Succeeded', { costMicroUsd: 0 }));
  const { metadata, spec } = aTask();
  const planned = MissionTask.parse({ name: 'later', type: spec.type, intent: spec.intent });
  const guess = (namespace: string) => pastOf(past, { namespace, workspace: spec.workspace })(planned);
  expect(guess(metadata.namespace)).toEqual({ seconds: 7, costMicroUsd: 0 });
  expect(guess('elsewhere')).toEqual({});
});
