import type { Plan } from '#api/v1alpha1/plan.ts';
import { describe, expect, test } from 'vitest';
import { aMission } from '#testing/builders/mission.ts';
import { aPlan } from '#testing/builders/plan.ts';
import { expandChain } from './expand-chain.ts';
import { awaitsPlan, planChain, planFor, questionDigest, revisionDigest, withPlan } from './question.ts';

const base = aMission().spec({ planner: { maxTasks: 20 } }).withGoal('g', 'true');
const mission = base.build();

describe('the question of a mission', () => {
  const same = { priority: base.spec({ priority: 7 }), mode: base.spec({ operatingMode: 'Suspend' }), budget: base.spec({ budget: { maxCostUsd: '1.00' } }), 'a new run': base.spec({ runRequest: 'x' }) };
  test.each(Object.entries(same))('is not another one for %s', (_, other) => expect(questionDigest(other.build().spec)).toBe(questionDigest(mission.spec)));

  const others = {
    goal: base.spec({ goal: 'another' }),
    goals: base.withGoal('h', 'true'),
    instructions: base.spec({ planner: { maxTasks: 20, instructions: 'be brief' } }),
    model: base.spec({ planner: { maxTasks: 20, model: 'm' } }),
    workspace: base.spec({ workspace: { git: { url: 'https://git.example.org/a.git' } } }),
    finally: base.withFinally('last'),
    results: base.spec({ results: [{ name: 'r', task: 't', field: 'observed.x' }] }),
  };
  test.each(Object.entries(others))('is another one for %s', (_, other) => expect(questionDigest(other.build().spec)).not.toBe(questionDigest(mission.spec)));
});

test('the newest revision that answers the question is the plan', () => {
  const [first, second] = [aPlan(mission).rejected('no').build(), aPlan(mission).spec({ revision: 2 }).build()];
  const foreign = aPlan(base.spec({ goal: 'another' }).build()).spec({ revision: 3 }).build();
  expect(planFor(mission.spec, [second, foreign, first])).toBe(second);
  expect(planFor(mission.spec, [foreign])).toBeUndefined();
});

test('only an accepted plan is awaited no longer, and carried out', () => {
  const [accepted, rejected] = [aPlan(mission).withTask('a').build(), aPlan(mission).rejected('no').build()];
  expect([awaitsPlan(mission.spec, undefined), awaitsPlan(mission.spec, rejected), awaitsPlan(mission.spec, accepted)]).toEqual([true, true, false]);
  expect(withPlan(mission, accepted).spec.tasks).toBe(accepted.spec.tasks);
  expect([withPlan(mission, rejected), withPlan(mission, undefined)]).toEqual([mission, mission]);
  expect(awaitsPlan(aMission().build().spec, undefined)).toBe(false);
});

describe('the plans of a run', () => {
  const mission = aMission().spec({ planner: {} }).build();
  const first = aPlan(mission).withTask('a').build();
  const revised = (of: Plan, run: number, revision: number, verdict: 'Accepted' | 'Rejected' = 'Accepted') => aPlan(mission).withTask('b').spec({ revision, verdict, requestDigest: revisionDigest(of, run) }).build();
  const second = revised(first, 1, 2);
  const third = revised(second, 1, 3);
  const chainOf = (plans: readonly Plan[], run = 1, mayRun: (plan: Plan) => boolean = () => true) => planChain(mission.spec, run, plans, mayRun);

  test('are those that took the place of one another, in order', () => {
    expect(chainOf([third, first, second])).toEqual({ chain: [first, second, third], candidate: undefined });
  });

  test('are not those of another run, nor what took the place of a plan that is gone', () => {
    expect(chainOf([first, revised(first, 2, 2)])).toEqual({ chain: [first], candidate: undefined });
    expect(chainOf([first, third])).toEqual({ chain: [first], candidate: undefined });
    expect(chainOf([second])).toEqual({ chain: [], candidate: undefined });
  });

  test('end before one that is not valid, or may not run', () => {
    const bad = revised(second, 1, 3, 'Rejected');
    expect(chainOf([first, second, bad])).toEqual({ chain: [first, second], candidate: bad });
    expect(chainOf([first, second], 1, (plan) => plan === first)).toEqual({ chain: [first], candidate: second });
    expect(chainOf([first, second], 1, () => false)).toEqual({ chain: [], candidate: first });
  });

  test('leave behind what the one in force does not want, and keep what it does', () => {
    const kept = aPlan(mission).withTask('a').withTask('b').spec({ revision: 2, requestDigest: revisionDigest(first, 1) }).build();
    const [before, after] = [expandChain(mission, 1, [first]), expandChain(mission, 1, [first, kept])];
    expect([after.plan.map(({ name }) => name), after.superseded.size]).toEqual([['a', 'b'], 0]);
    expect(after.plan[0]?.objectName).toBe(before.plan[0]?.objectName);
    expect(expandChain(mission, 1, [first, second]).superseded).toEqual(new Set([before.plan[0]?.objectName]));
  });
});

test('what checks a task that took the place of another is another object, and what checks one that was kept is the same', () => {
  const mission = aMission().spec({ planner: {}, workspace: { git: { url: 'https://git.example/r' } } }).withCheck('right', { command: { command: ['t'], from: 'fix' } }).withCheck('seen', { command: { command: ['t'], from: 'look' } }).build();
  const fix = (revision: number, seconds: number, of?: Plan) => aPlan(mission).withTask('look').spec({ revision, tasks: [{ name: 'look', type: 'Coder', intent: { action: 'FormatCode' } }, { name: 'fix', type: 'Coder', intent: { action: 'FormatCode' }, activeDeadlineSeconds: seconds }], ...(of === undefined ? {} : { requestDigest: revisionDigest(of, 1) }) }).build();
  const first = fix(1, 10);
  const second = fix(2, 20, first);
  const third = fix(3, 30, second);
  const named = (chain: readonly Plan[], name: string) => expandChain(mission, 1, chain).plan.find((task) => task.name === name)?.objectName;
  const chains = [[first], [first, second], [first, second, third]];
  expect(new Set(chains.map((chain) => named(chain, 'verify-right'))).size).toBe(3);
  expect(new Set(chains.map((chain) => named(chain, 'verify-seen'))).size).toBe(1);
  expect(new Set(chains.map((chain) => named(chain, 'look'))).size).toBe(1);
});

test('who has to approve a plan, and how many may follow it, is another wish and the same question', () => {
  const digest = (planner: object) => questionDigest(aMission().spec({ planner }).build().spec);
  expect(digest({ planApproval: 'Always', requiredApprovals: 3, maxReplans: 5 })).toBe(digest({}));
  expect(digest({ maxDepth: 3 })).not.toBe(digest({}));
});
