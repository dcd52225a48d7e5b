// An injection that left no trace must never count as survived.
import { expect, test } from 'vitest';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { aMission } from '#testing/builders/mission.ts';
import { type Aftermath, type Fault, faults, type Scene } from './faults.ts';

const fault = (name: string): Fault => {
  const found = faults.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no fault ${name}`);
  return found;
};

const mission = (commit?: string) => {
  const built = aMission('m').build();
  return { ...built, status: { ...built.status, ...(commit === undefined ? {} : { workspace: { commit, tree: 't' } }) } } as Aftermath['mission'];
};
const taskWith = (agent: string) => ({ spec: {}, status: { attempts: [{ attempt: 1, agent, epoch: { term: 1, counter: 1 }, reason: 'AgentLost', message: 'its process ended', endTime: 't' }] } }) as unknown as Task;
const plan = (type: string, revises?: object) => ({ spec: { tasks: [{ type }], ...(revises === undefined ? {} : { revises }) } }) as unknown as Plan;
const unmet = { reason: 'GoalsUnmet', message: '1 protected file differed' };
const storm = [...Array.from({ length: 3 }, () => 'planner'), ...Array.from({ length: 5 }, () => 'coder')];

const cases: Record<string, { name: string; left?: Partial<Aftermath>; want: string | undefined }> = {
  'a tool error that the model was told of happened': { name: 'tool error', left: { notes: ['the model was told: SIGKILL'] }, want: 'the model was told: SIGKILL' },
  'a killed run that nobody noticed did not': { name: 'tool error', left: { notes: ['read pods: forbidden'] }, want: undefined },
  'a storm is one when all of its calls were refused': { name: '529 storm', left: { notes: storm }, want: '8 calls were answered with 529' },
  'a storm that the coder never met is none': { name: '529 storm', left: { notes: storm.slice(0, 4) }, want: undefined },
  'a killed agent has lost its attempt': { name: 'agent killed', left: { notes: ['crew-1'], tasks: [taskWith('crew-1')] }, want: 'attempt 1: AgentLost: its process ended' },
  'an attempt that another agent lost is no trace of it': { name: 'agent killed', left: { notes: ['crew-1'], tasks: [taskWith('crew-2')] }, want: undefined },
  'an attempt that was lost although nobody was killed is none either': { name: 'agent killed', left: { tasks: [taskWith('crew-1')] }, want: undefined },
  'a wrong fix is one when a goal was found unmet': { name: 'wrong fix', left: { plans: [plan('Coder'), plan('Coder', unmet)] }, want: unmet.message },
  'a plan that was revised for another reason shows no wrong fix': { name: 'wrong fix', left: { plans: [plan('Coder'), plan('Coder', { ...unmet, reason: 'TaskFailed' })] }, want: undefined },
  'a bad plan has no Coder, and another one followed': { name: 'bad plan', left: { plans: [plan('Tester'), plan('Coder', unmet)] }, want: unmet.message },
  'a plan with a Coder was not bad': { name: 'bad plan', left: { plans: [plan('Coder'), plan('Coder', unmet)] }, want: undefined },
  'a workspace is stale when somebody has pushed': { name: 'stale workspace', left: { mission: mission('aaaaaaaaaa'), notes: ['bbbbbbbbbb'] }, want: 'bbbbbbbb was pushed meanwhile; the mission went on from aaaaaaaa' },
  'it was stale also when the mission never got anywhere': { name: 'stale workspace', left: { notes: ['bbbbbbbbbb'] }, want: 'bbbbbbbb was pushed meanwhile; the mission went on from nothing that ended well' },
};

test.each(Object.entries(cases))('%s', (_, { name, left, want }) => expect(fault(name).seen({ mission: mission(), tasks: [], plans: [], notes: [], ...left })).toBe(want));

test.each(faults.map((one) => [one.name, one] as const))('a mission without a trace of %s was not disturbed', (_, one) => expect(one.seen({ mission: mission('a'), tasks: [], plans: [plan('Coder')], notes: [] })).toBeUndefined());

test.each(faults.map((one) => [one.name, one] as const))('%s is done by somebody: the model, or a hand on its calls', (_, { script, hand }) => expect((script === undefined) !== (hand === undefined)).toBe(true));

test('a storm refuses the first calls of each side, and says so', async () => {
  const notes: string[] = [];
  const hand = fault('529 storm').hand?.({ note: (word: string) => void notes.push(word) } as unknown as Scene);
  const answers: unknown[] = [];
  for (const before of [0, 2, 3]) answers.push(await hand?.({ by: 'planner', body: '', before }));
  expect(answers).toEqual(['overloaded', 'overloaded', 'pass']);
  expect(notes).toEqual(['planner', 'planner']);
});
