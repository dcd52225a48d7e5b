// Goals of goals: what a whole is worth, and which wholes are refused.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Goal, type GoalState, MissionSpec } from '#api/v1alpha1/mission.ts';
import { decided, done, goal } from '#testing/builders/goals.ts';
import { firstGoalFault } from './faults.ts';
import { requiredGoals, withParts } from './parts.ts';
import type { Verdict } from './verdict.ts';

const holds = (name: string, value: boolean | undefined, more: Partial<Parameters<typeof goal>[1]> = {}) => goal({ expression: value === undefined ? 'tasks.open.observed.x == 1' : `tasks.t.observed.x == ${value ? 1 : 2}` }, { name, ...more });
const whole = (name: string, more: Partial<Parameters<typeof goal>[1]> = {}) => goal(undefined, { name, ...more });
const tasks = [done('t', { x: 1 }), { ...done('open'), outcome: undefined }];
const statesOf = (goals: readonly Goal[]) => Object.fromEntries(decided(goals, tasks).map(({ name, state, reason }) => [name, `${state} ${reason}`]));

describe('a goal with parts', () => {
  const cases: Record<string, { goals: Goal[]; want: string; evidence?: string }> = {
    'is met when its parts are': { goals: [whole('w'), holds('a', true, { parent: 'w' }), holds('b', true, { parent: 'w' })], want: 'Met PartsMet', evidence: 'parts: a Met, b Met' },
    'is not met when one of them is not, whatever the others do': { goals: [whole('w'), holds('a', undefined, { parent: 'w' }), holds('b', false, { parent: 'w' })], want: 'Unmet PartsUnmet', evidence: 'parts: a Unknown, b Unmet' },
    'waits for its parts': { goals: [whole('w'), holds('a', true, { parent: 'w' }), holds('b', undefined, { parent: 'w' })], want: 'Unknown Waiting' },
    'does not need a part that is not required': { goals: [whole('w'), holds('a', true, { parent: 'w' }), holds('b', false, { parent: 'w', required: false })], want: 'Met PartsMet' },
    'is held to its own check, too': { goals: [holds('w', false), holds('a', true, { parent: 'w' })], want: 'Unmet ExpressionFalse', evidence: 'parts: a Met; tasks.t: observed.x=1 (tree 1a2b3c4d, attempt 1)' },
    'whose own check holds still needs its parts': { goals: [holds('w', true), holds('a', false, { parent: 'w' })], want: 'Unmet PartsUnmet' },
    'whose own check holds and whose parts do is met by its check': { goals: [holds('w', true), holds('a', true, { parent: 'w' })], want: 'Met ExpressionTrue' },
    'waits for its own check': { goals: [holds('w', undefined), holds('a', true, { parent: 'w' })], want: 'Unknown Waiting' },
    'sees through the levels, in whatever order they are written': { goals: [holds('leaf', false, { parent: 'middle' }), whole('middle', { parent: 'w' }), whole('w')], want: 'Unmet PartsUnmet' },
  };
  test.each(Object.entries(cases))('%s', (_, { goals, want, evidence }) => {
    expect(statesOf(goals)['w']).toBe(want);
    if (evidence !== undefined) expect(decided(goals, tasks).find(({ name }) => name === 'w')?.evidence).toBe(evidence);
  });

  test('keeps the proof of its own check', () => {
    const goals = [goal({ command: { command: ['x'] } }), holds('a', false, { parent: 'g' })];
    const verifiers = [done('verify-g', { exitCode: 0 })];
    expect(decided(goals, tasks, { verifiers })[0]).toMatchObject({ state: 'Unmet', reason: 'PartsUnmet', proof: { task: 'verify-g' } });
  });
});

test('a required part of something that is not required is not needed by the mission', () => {
  const goals = [whole('nice', { required: false }), holds('a', false, { parent: 'nice' }), holds('must', true)];
  expect([...requiredGoals(goals)]).toEqual(['must']);
});

const anyForest = fc.array(fc.record({ parent: fc.option(fc.nat(9), { nil: undefined }), required: fc.boolean(), state: fc.constantFrom<GoalState | undefined>('Met', 'Unmet', 'Unknown', undefined) }), { maxLength: 10 });
const verdict = (state: GoalState | undefined): Verdict | undefined => state && { state, reason: 'ExpressionTrue', evidence: '' };

test('any tangle of parents has verdicts, and no whole is better than a part it needs', () => {
  fc.assert(
    fc.property(anyForest, (forest) => {
      const goals = forest.map(({ parent, required }, index) => whole(`g${index}`, { required, ...(parent === undefined ? {} : { parent: `g${parent}` }) }));
      const states = new Map(withParts(goals, ({ name }) => verdict(forest[Number(name.slice(1))]?.state)).map(({ name, state }) => [name, state]));
      expect(states.size).toBe(goals.length);
      if (firstGoalFault(goals.map((each) => ({ ...each, check: { expression: 'true' } })), []) !== undefined) return;
      for (const { name, parent, required } of goals) if (required && parent !== undefined && states.get(name) !== 'Met') expect(states.get(parent)).not.toBe('Met');
    }),
  );
});

describe('firstGoalFault', () => {
  const patch = { type: 'Coder', intent: { action: 'FormatCode' } };
  const { tasks: plan } = MissionSpec.parse({ goal: 'g', tasks: [{ name: 'one', ...patch }, { name: 'two', ...patch }, { name: 'test', type: 'Tester', intent: { action: 'RunTests' } }] });
  const sole = plan.filter(({ name }) => name !== 'two');
  const chain = Array.from({ length: 65 }, (_, index) => ({ ...sole[0], name: `t${index}`, ...(index === 0 ? {} : { workspaceFrom: `t${index - 1}` }) })) as typeof plan;
  const fine = { expression: 'tasks.test.outcome == "Succeeded"' };
  const artifact = (more: object = {}) => ({ artifact: { task: 'test', name: 'a.json', ...more } });
  const cases: Record<string, { goals: Goal[]; tasks?: typeof plan; want: string | undefined }> = {
    'three levels are fine': { goals: [whole('a'), whole('b', { parent: 'a' }), goal(fine, { name: 'c', parent: 'b' })], want: undefined },
    'a parent must exist': { goals: [goal(fine, { parent: 'x' })], want: 'InvalidGoal goals[0].parent: there is no goal x' },
    'a goal is no part of itself': { goals: [goal(fine), goal(fine, { name: 'h', parent: 'h' })], want: 'InvalidGoal goals[1].parent: cycle h -> h' },
    'parents make no cycle': { goals: [goal(fine, { name: 'x', parent: 'a' }), goal(fine, { name: 'a', parent: 'b' }), goal(fine, { name: 'b', parent: 'a' })], want: 'InvalidGoal goals[2].parent: cycle a -> b -> a' },
    'a fourth level is too deep': { goals: [whole('a'), whole('b', { parent: 'a' }), whole('c', { parent: 'b' }), goal(fine, { name: 'd', parent: 'c' })], want: 'InvalidGoal goals[3].parent: d would be on level 4, the limit is 3' },
    'a goal without check and parts proves nothing': { goals: [goal(undefined)], want: 'InvalidGoal goals[0].check: a goal needs a check, or parts that are required' },
    'nor does one whose parts are all optional': { goals: [whole('a'), goal(fine, { parent: 'a', required: false })], want: 'InvalidGoal goals[0].check: a goal needs a check, or parts that are required' },
    'two checks are one too many': { goals: [goal({ ...fine, ...artifact() })], want: 'InvalidGoal goals[0].check: exactly one of expression, command, artifact, judge and approval must be set' },
    'none in the check is one too few': { goals: [goal({})], want: 'InvalidGoal goals[0].check: exactly one of expression, command, artifact, judge and approval must be set' },
    'an expression is read': { goals: [goal({ expression: 'tasks.nobody.outcome == "Failed"' })], want: 'InvalidExpression goals[0].check.expression: at 1: there is no task nobody' },
    'an expression over claims is told as such': { goals: [goal({ expression: 'tasks.test.claimed.ok' })], want: 'UnverifiedEvidence goals[0].check.expression: at 1: claimed results were measured by nobody: read outcome or observed' },
    'the task of a command must exist': { goals: [goal(fine), goal({ command: { command: ['x'], from: 'nobody' } }, { name: 'h' })], want: 'InvalidGoal goals[1].check.command.from: there is no task nobody' },
    'of several tasks that change files one is named': { goals: [goal({ command: { command: ['x'] } })], want: 'InvalidGoal goals[0].check.command.from: tasks one, two change files and none goes on from another: name the one that is meant' },
    'then all is fine': { goals: [goal({ command: { command: ['x'], from: 'two' } })], want: undefined },
    'a single one needs no name': { goals: [goal({ command: { command: ['x'] } })], tasks: sole, want: undefined },
    'nor does a plan that changes nothing': { goals: [goal({ command: { command: ['x'] } })], tasks: plan.slice(2), want: undefined },
    'files of too many hands are refused before the API server does': { goals: [goal({ command: { command: ['x'] } })], tasks: chain, want: 'InvalidGoal goals[0].check.command.from: the files of t64 go through 65 tasks, the limit is 64' },
    'the task of an artifact must exist': { goals: [goal(artifact({ task: 'nobody' }))], want: 'InvalidGoal goals[0].check.artifact.task: there is no task nobody' },
    'the name of an artifact must be one that an input can have': { goals: [goal(artifact({ name: 'a b' }))], want: 'InvalidGoal goals[0].check.artifact.name: must be letters, digits, dots, dashes and underscores' },
    'the expression over an artifact is read': { goals: [goal(artifact({ expression: 'tasks.a.outcome' }))], want: 'InvalidExpression goals[0].check.artifact.expression: at 1: unknown name tasks: an artifact is read only as json, json.<field> or json[<index>]' },
  };
  test.each(Object.entries(cases))('%s', (_, { goals, tasks: known = plan, want }) => {
    const fault = firstGoalFault(goals, known);
    expect(fault && `${fault.reason} ${fault.field}: ${fault.message}`).toBe(want);
  });
});
