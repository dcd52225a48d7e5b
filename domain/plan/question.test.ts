import { describe, expect, test } from 'vitest';
import { aMission } from '#testing/builders/mission.ts';
import { aPlan } from '#testing/builders/plan.ts';
import { awaitsPlan, planFor, questionDigest, withPlan } from './question.ts';

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
