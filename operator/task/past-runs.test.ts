import { expect, test } from 'vitest';
import type { Task } from '#api/v1alpha1/task.ts';
import { PastRuns } from './past-runs.ts';
import { aTask } from './testing.ts';

const ended = (uid: string, durationSeconds: number, result: 'Succeeded' | 'Failed' = 'Succeeded'): Task => {
  const task = aTask('a', {}, { durationSeconds, outcome: { result, reason: 'Completed', message: '', time: '2026-01-01T00:00:00Z' } });
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
