import { expect, test } from 'vitest';
import type { Task } from '#api/v1alpha1/task.ts';
import type { Proposal } from './decide/proposal.ts';
import { FakeTasks } from './fake-tasks.ts';
import { taskParts } from './index.ts';
import { aLoneTask, aTask } from './testing.ts';

function parts(task: Task, missionExists = true) {
  const tasks = new FakeTasks(task);
  const proposals: Proposal[] = [];
  const pools = { list: () => [], get: () => undefined, byIndex: () => [], subscribe: () => () => {}, size: 0, resourceVersion: '' };
  const propose = (found: Task, proposal: Proposal) => {
    proposals.push(proposal);
    return Promise.resolve({ kind: 'recorded', task: found } as const);
  };
  return { made: taskParts({ tasks, pools, missionExists: () => missionExists }, { propose }), proposals };
}

const key = { namespace: 'team-a', name: 'a' };

test('a judgement goes through the ledger, and nothing else is written', async () => {
  const { made, proposals } = parts(aLoneTask());
  const view = made.observe(key);
  if (view === undefined) throw new Error('the task was not observed');
  const { intents, status } = made.decide(view, 0);
  for (const intent of intents) await made.act(intent, view);
  expect(status).toBeUndefined();
  expect(proposals).toMatchObject([{ kind: 'judged', accepted: false, reason: 'NoMatchingPool' }]);
  expect(made.currentStatus(view)).toBeUndefined();
  await made.patchStatus(view, {});
  expect(proposals).toHaveLength(1);
});

test('only a task of a mission asks for its mission', () => {
  expect(parts(aTask(), false).made.observe(key)?.hasMission).toBe(false);
  expect(parts(aTask(), true).made.observe(key)?.hasMission).toBe(true);
  expect(parts(aLoneTask(), false).made.observe(key)?.hasMission).toBe(true);
});

test('a task that is gone is not observed', () => {
  expect(parts(aTask()).made.observe({ namespace: 'team-a', name: 'b' })).toBeUndefined();
});
