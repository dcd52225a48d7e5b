import { describe, expect, test } from 'vitest';
import { type AgentPool, AgentPoolSpec } from '#api/v1alpha1/agentpool.ts';
import type { Task, TaskStatus } from '#api/v1alpha1/task.ts';
import { aLoneTask, aTask } from '../testing.ts';
import { applyProposal } from './proposal.ts';
import { decideTask, type TaskView } from './index.ts';

const t0 = Date.parse('2026-01-01T00:00:00Z');

function aPool(spec: object = {}): AgentPool {
  return {
    apiVersion: 'coditect.ai/v1alpha1',
    kind: 'AgentPool',
    metadata: { name: 'crew', namespace: 'team-a', uid: 'pool', resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: AgentPoolSpec.parse({ agentTypes: ['Tester'], template: { image: 'agent:1' }, ...spec }),
  };
}

const view = (changes: Partial<TaskView> = {}): TaskView => ({ task: aLoneTask(), hasMission: true, pools: [aPool()], ...changes });
const alone = (changes: object): Task => {
  const task = aLoneTask();
  return { ...task, spec: { ...task.spec, ...changes } };
};
const outcome: TaskStatus = { outcome: { result: 'Cancelled', reason: 'MissionCancelled', message: '', time: '2026-01-01T00:00:00Z' } };
const refused: TaskStatus = { observedGeneration: 1, conditions: [{ type: 'Accepted', status: 'False', reason: 'Orphaned', message: 'x', lastTransitionTime: '2026-01-01T00:00:00Z' }] };
const said = (world: TaskView) => decideTask(world).intents.map(({ accepted, reason }) => `${accepted} ${reason}`);

const cases: Record<string, { world: TaskView; want: readonly string[] }> = {
  'a task applied alone is accepted when a pool can run it': { world: view(), want: ['true Accepted'] },
  'and refused when none can': { world: view({ pools: [aPool({ agentTypes: ['Analyzer'] })] }), want: ['false NoMatchingPool'] },
  'and refused when its intent is unknown': { world: view({ task: alone({ intent: { action: 'BakeBread' } }) }), want: ['false InvalidIntent'] },
  'and refused when it is too large': { world: view({ task: alone({ intent: { action: 'RunTests', params: { text: 'x'.repeat(70_000) } } }) }), want: ['false TooLarge'] },
  'once handed out it is not judged again': { world: view({ task: aLoneTask('a', { attempt: 1 }), pools: [] }), want: [] },
  'a decided task is not judged': { world: view({ task: aLoneTask('a', outcome), pools: [] }), want: [] },
  'a task that is being deleted is not judged': { world: view({ task: { ...aLoneTask(), metadata: { ...aLoneTask().metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } } }), want: [] },
  'a task of a mission is its mission\'s matter': { world: view({ task: aTask(), pools: [] }), want: [] },
  'a task whose mission does not exist is told so': { world: view({ task: aTask(), hasMission: false, pools: [] }), want: ['false Orphaned'] },
  'an orphan whose mission turns up is none': { world: view({ task: aTask('a', {}, refused), pools: [] }), want: ['true Accepted'] },
};
test.each(Object.entries(cases))('%s', (_, { world, want }) => expect(said(world)).toEqual(want));

describe('a judgement that was carried out', () => {
  test.each(Object.entries(cases))('is not repeated: %s', (_, { world }) => {
    const [intent] = decideTask(world).intents;
    const application = intent === undefined ? undefined : applyProposal(world.task, { ...intent, kind: 'judged' }, t0);
    const status = application?.kind === 'write' ? application.status : world.task.status;
    expect(said({ ...world, task: { ...world.task, ...(status === undefined ? {} : { status }) } })).toEqual([]);
  });
});
