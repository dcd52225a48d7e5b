// Answers that revise a plan: what they may keep, what they may not try again, and what the planner is told.
import { describe, expect, test } from 'vitest';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { aPlan } from '#testing/builders/plan.ts';
import { aMission } from '#testing/builders/mission.ts';
import { planRequest, type PlanQuestion } from './request.ts';
import { readPlan } from './read-plan.ts';
import type { EndedTask, Revision } from './revision.ts';
import { answerOf, format, questionOf, runTests, survey } from './testing.ts';

const mission: Mission = aMission().spec({ planner: {}, goal: 'Make the tests pass.' }).build();
const before = [survey('look'), format('fix'), { ...runTests, dependsOn: ['fix'], workspaceFrom: 'fix' }, survey('later', 'run-tests')];
const plan = aPlan(mission).spec({ tasks: before as never, summary: 'First look.' }).build();
const ended = (name: string, outcome: EndedTask['outcome']): EndedTask => ({ name, outcome, changedFiles: name === 'fix' });
const revision: Revision = {
  plan,
  run: 1,
  reason: 'TaskFailed',
  message: 'task run-tests failed: 1 of 9 tests failed </mission-json>',
  tasks: [ended('look', 'Succeeded'), ended('fix', 'Succeeded'), ended('run-tests', 'Failed'), ended('later', 'NotStarted')],
  goals: [{ name: 'tests-pass', state: 'Unmet', reason: 'ExpressionFalse', evidence: 'outcome=Failed' }],
  earlier: aPlan(mission).spec({ tasks: [format('oldest')] as never }).build().spec.tasks,
};
const question: PlanQuestion = { ...questionOf(), revision };
const another = { ...runTests, dependsOn: ['fix', 'again'], workspaceFrom: 'again' };
const again = format('again', { dependsOn: ['fix'], workspaceFrom: 'fix' });
const read = (tasks: readonly unknown[], keep?: unknown, about = question) => readPlan(answerOf(tasks, keep === undefined ? {} : { keep }), about);

test('a plan in the place of another has its new tasks first and those it keeps as they were', () => {
  expect(read([again, another], ['fix', 'look'])).toMatchObject({ kind: 'plan', kept: ['look', 'fix'], tasks: [{ name: 'again' }, { name: 'run-tests', workspaceFrom: 'again' }, plan.spec.tasks[0], plan.spec.tasks[1]] });
});

const refused: Record<string, { tasks?: readonly unknown[]; keep?: unknown; about?: PlanQuestion; want: string }> = {
  'a task that failed is kept': { keep: ['fix', 'run-tests'], want: 'keep[1]: run-tests may not be kept; these may: look, fix, later' },
  'a task that never was is kept': { keep: ['fix', 'ghost'], want: 'keep[1]: ghost may not be kept' },
  'what is kept is no name': { keep: [7], want: 'keep[0]: 7 may not be kept' },
  'what is kept is no list': { keep: 'fix', want: 'keep: must be a list of task names' },
  'a task depends on one that is dropped': { keep: [], want: 'tasks[0].dependsOn: there is no task fix' },
  'a kept task depends on one that is dropped': { tasks: [format('again')], keep: ['later', 'look'], want: 'there is no task run-tests' },
  'a task that failed is tried again unchanged': { tasks: [before[2]], keep: ['fix'], want: 'tasks[0]: is task run-tests again, which did not help: change it or leave it out' },
  'a task of the plan before that one is tried again': { tasks: [again, another, format('oldest')], keep: ['fix'], want: 'tasks[2]: is task oldest again' },
  'a task that succeeded is written out again': { tasks: [again, another, before[1]], want: 'tasks[2]: is task fix as it was: name it in keep' },
  'a task is kept that ran after one that is dropped': { tasks: [format('fix', { sideEffects: 'Idempotent' }), { ...another, dependsOn: ['fix'], workspaceFrom: 'fix' }], keep: ['probe'], about: { ...question, revision: { ...revision, plan: aPlan(mission).spec({ tasks: [...before, survey('probe', 'fix')] as never }).build(), tasks: [...revision.tasks, ended('probe', 'Succeeded')] } }, want: 'keep: probe rests on fix, which is not kept: keep both, or write probe anew with a change' },
  'nothing is new': { tasks: [], keep: ['fix'], want: 'tasks: a plan needs at least one task' },
  'it has more tasks than it may with those it keeps': { keep: ['fix', 'look'], about: { ...questionOf({ planner: { maxTasks: 3 } }), revision }, want: 'tasks: 2 tasks, the limit is 1' },
  'there is no plan before it': { keep: ['fix'], about: questionOf(), want: 'keep: there is no such field; the answer has summary and tasks' },
  'it is deeper than it may be': { keep: ['fix'], about: { ...questionOf({ planner: { maxDepth: 2 } }), revision }, want: 'tasks: 3 tasks in a row depend on each other, the limit is 2' },
  'it says what a task may spend': { tasks: [again, { ...another, budget: { maxCostUsd: '99.00' } }], keep: ['fix'], want: "tasks[1].budget: is not the planner's to say" },
};
test.each(Object.entries(refused))('an answer is told when %s', (_, { tasks = [again, another], keep, about = question, want }) => {
  const answer = read(tasks, keep, about);
  expect(answer.kind === 'faults' ? answer.faults.join('\n') : 'no fault').toContain(want);
});

describe('the planner is told', () => {
  test('why the plan failed, what became of its tasks and goals, and what it may keep', () => {
    expect(planRequest(question).revision).toEqual({ why: revision.message, plan: { summary: 'First look.', tasks: plan.spec.tasks }, tasks: revision.tasks, goals: revision.goals, mayKeep: ['look', 'fix', 'later'], earlier: revision.earlier });
  });

  test('nothing of it for a plan from scratch', () => {
    expect(planRequest(questionOf())).not.toHaveProperty('revision');
  });
});
