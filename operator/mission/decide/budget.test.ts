import { describe, expect, test } from 'vitest';
import type { Usage } from '#api/llm.ts';
import { MissionUsage } from '#api/v1alpha1/mission.ts';
import { aMission } from '#testing/builders/mission.ts';
import { statusPatch } from '../../reconciler.ts';
import { applied, conditionsOf, failed, running, succeeded, suite, type Surroundings, t0, underway, viewOf } from '../testing.ts';
import { moneyCancels } from './budget.ts';
import type { MissionView } from './view.ts';
import { decideMission } from './index.ts';

const spent = (costMicroUsd: number, reservedMicroUsd = 0): Usage => ({ settled: { inputTokens: 100, outputTokens: 20, cacheReadTokens: 300, cacheWriteTokens: 4, costMicroUsd }, reservedMicroUsd, calls: 2 });
const told = { inputTokens: 100, outputTokens: 20, cacheReadTokens: 300, cacheWriteTokens: 4, calls: 2, costUsd: '1.50', reservedUsd: '0.00' };
const plain = aMission().withTask('a').withTask('b', { after: ['a'] });
const limited = plain.spec({ budget: { maxCostUsd: '2.00', warnPercent: 80, onExceeded: 'Fail' } });
const cancelled = plain.spec({ budget: { maxCostUsd: '2.00', warnPercent: 80, onExceeded: 'Cancel' } });
const refusal = 'budget_exceeded: the call may cost 1.00 USD, but the mission has 0.50 USD left';
const working = { tasks: { a: running }, live: ['a'] } as const;
/** The mission at work, having spent this much. */
const at = (mission: typeof plain, usage: Usage, more: Surroundings = {}) => underway(mission, { ...working, ...more, usage });
const refusedTask: Surroundings = { tasks: { a: (task) => task.ended('Failed').status({ outcome: { result: 'Failed', reason: 'BudgetExceeded', message: refusal, time: '2026-01-01T00:00:00Z' } }) } };
const planned = aMission().spec({ planner: { maxTasks: 20 } }).build();

describe('the usage of a mission', () => {
  suite({
    'is told in dollars': { view: at(plain, spent(1_500_000, 70)), status: { usage: { ...told, reservedUsd: '0.00007' } } },
    'is told with what was saved': { view: at(plain, { ...spent(1_500_000), cachedCalls: 3, savedMicroUsd: 40 }), status: { usage: { ...told, cachedCalls: 3, savedUsd: '0.00004' } } },
    'is told with what cheaper models and batches saved': { view: at(plain, { ...spent(1_500_000), downgradedCalls: 2, batchedCalls: 1, savedMicroUsd: 40 }), status: { usage: { ...told, downgradedCalls: 2, batchedCalls: 1, savedUsd: '0.00004' } } },
    'is told while the mission is refused': { view: viewOf(plain.build(), { pools: [], usage: spent(1_500_000) }), status: { usage: told }, conditions: { Accepted: 'False/NoMatchingPool', WithinBudget: 'True/WithinBudget' } },
    'is told while the mission is planned': { view: viewOf(planned, { planner: { kind: 'asking' }, usage: spent(1_500_000) }), status: { usage: told }, conditions: { Succeeded: 'Unknown/Planning', WithinBudget: 'True/WithinBudget' } },
  });

  test('stays as it was told while nothing newer is known, and in the next run', () => {
    const first = applied(at(plain, spent(1_500_000)), decideMission(at(plain, spent(1_500_000)), t0));
    const forgotten = { ...first, usage: undefined };
    const ended = decideMission(viewOf(first.mission, { tasks: { a: succeeded, b: succeeded } }), t0).status;
    const again = plain.spec({ runRequest: '2' }).status(ended).build();
    expect([decideMission(forgotten, t0).status?.usage, ended?.usage, decideMission(viewOf(again), t0).status?.usage]).toEqual([told, told, told]);
  });

  test('that is the same again is no new status', () => {
    const view = at(limited, spent(1_500_000));
    const next = applied(view, decideMission(view, t0));
    expect(statusPatch(next.mission.status, decideMission(next, t0 + 60_000).status ?? {})).toBeUndefined();
    expect(statusPatch(next.mission.status, decideMission({ ...next, usage: spent(1_500_001) }, t0).status ?? {})).toMatchObject({ usage: { costUsd: '1.500001' } });
  });

  test('of any amount fits into the status', () => {
    const status = decideMission(at(limited, spent(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)), t0).status;
    expect(MissionUsage.safeParse(status?.usage).error).toBeUndefined();
  });

  test('of its last calls is told after its end, once, and changes nothing else', () => {
    const all: Surroundings = { tasks: { a: succeeded, b: succeeded } };
    const view = at(limited, spent(1, 400_000), all);
    const ended = applied(view, decideMission(view, t0));
    const last = decideMission({ ...ended, usage: spent(1_700_000) }, t0 + 10_000);
    expect(statusPatch(ended.mission.status, last.status ?? {})).toEqual({ usage: { costUsd: '1.70', reservedUsd: '0.00' }, conditions: expect.any(Array) });
    expect(conditionsOf(last)).toEqual({ ...conditionsOf({ intents: [], status: ended.mission.status ?? {} }), WithinBudget: 'True/BudgetLow' });
  });
});

describe('the cost of a run', () => {
  const all: Surroundings = { tasks: { a: succeeded, b: succeeded } };
  const settledAt = t0 + 2000;
  const settled = { ...told, settledTime: '2026-01-01T00:00:02Z' };
  /** The mission of this view when its run has just ended. */
  const ended = (usage: Usage) => {
    const view = at(plain, usage, all);
    return applied(view, decideMission(view, t0));
  };
  /** The status of such a mission, and what the view says once it is written. */
  const turn = (view: MissionView, now = t0 + 2000) => applied(view, decideMission(view, now));

  test('is settled by one write, which says nothing else when the figures are the same', () => {
    const view = { ...ended(spent(1_500_000)), usageSettledAt: settledAt };
    const { status } = decideMission(view, t0 + 2000);
    expect(statusPatch(view.mission.status, status ?? {})).toEqual({ usage: { settledTime: settled.settledTime } });
    expect(statusPatch(status, decideMission(turn(view), t0 + 90_000).status ?? {})).toBeUndefined();
  });

  test('is settled together with its last figures', () => {
    const view = { ...ended(spent(1, 400_000)), usage: spent(1_500_000), usageSettledAt: settledAt };
    expect(decideMission(view, t0 + 2000).status?.usage).toEqual(settled);
  });

  test('that is settled is not told anew by the next leader, whatever that one hears', () => {
    const done = turn({ ...ended(spent(1_500_000)), usageSettledAt: settledAt });
    const heard: Partial<MissionView>[] = [{ usage: undefined, usageSettledAt: undefined }, { usage: undefined, usageSettledAt: t0 + 60_000 }, { usage: spent(1_600_000), usageSettledAt: t0 + 60_000 }];
    for (const news of heard) expect(statusPatch(done.mission.status, decideMission({ ...done, ...news }, t0 + 60_000).status ?? {})).toBeUndefined();
  });

  test('is settled by the next leader where the one before did not come to it, also when the gateway remembers nothing', () => {
    const view = { ...ended(spent(1_500_000)), usage: undefined, usageSettledAt: settledAt };
    expect(decideMission(view, t0 + 2000).status?.usage).toEqual(settled);
  });

  test('is open again in the next run', () => {
    const { mission } = turn({ ...ended(spent(1_500_000)), usageSettledAt: settledAt });
    const again = { ...mission, spec: { ...mission.spec, runRequest: '2' } };
    const views = [viewOf(again), viewOf(again, { usage: spent(1_500_000), usageSettledAt: settledAt })];
    expect(views.map((view) => decideMission(view, t0 + 9000).status?.usage)).toEqual([told, told]);
  });

  test('that called no model is never told', () => {
    const view = underway(plain, all);
    const over = { ...applied(view, decideMission(view, t0)), usageSettledAt: settledAt };
    expect(over.mission.status?.completionTime).toBeDefined();
    expect(statusPatch(over.mission.status, decideMission(over, t0 + 2000).status ?? {})).toBeUndefined();
  });

  test('is not settled by the write that ends the run', () => {
    const view = at(plain, spent(1_500_000), { ...all, usageSettledAt: settledAt });
    const { status } = decideMission(view, t0);
    expect([status?.completionTime !== undefined, status?.usage]).toEqual([true, told]);
  });
});

describe('the budget of a mission', () => {
  suite({
    'is kept while less than four fifths are spent': { view: at(limited, spent(1_599_999)), conditions: { WithinBudget: 'True/WithinBudget' }, message: '1.599999 of 2.00 USD are spent' },
    'is low from four fifths on': { view: at(limited, spent(1_600_000)), conditions: { WithinBudget: 'True/BudgetLow' }, message: '1.60 of 2.00 USD are spent' },
    'is low from another share on where it says so': { view: at(plain.spec({ budget: { maxCostUsd: '2.00', warnPercent: 50, onExceeded: 'Fail' } }), spent(1_000_000)), conditions: { WithinBudget: 'True/BudgetLow' } },
    'suspends the calls that wait for more': { view: at(limited, { ...spent(1_999_999), waiting: 2 }), conditions: { WithinBudget: 'False/BudgetSuspended' }, message: '1.999999 of 2.00 USD are spent; 2 calls wait for more' },
    'may suspend calls though it has money, where a pool has none': { view: at(plain, { ...spent(1), waiting: 1 }), conditions: { WithinBudget: 'False/BudgetSuspended' }, message: '0.000001 USD are spent; the mission has no budget of its own; 1 call waits for more' },
    'is low until all of it is spent': { view: at(limited, spent(1_999_999)), conditions: { WithinBudget: 'True/BudgetLow' } },
    'is exceeded when all of it is spent': { view: at(limited, spent(2_000_000)), conditions: { WithinBudget: 'False/BudgetExceeded' } },
    'is kept while nothing was spent': { view: underway(limited, working), conditions: { WithinBudget: 'True/WithinBudget' }, message: '0.00 of 2.00 USD are spent' },
    'of nothing is kept by a mission that spends nothing': { view: underway(plain.spec({ budget: { maxCostUsd: '0.00', warnPercent: 80, onExceeded: 'Fail' } }), working), conditions: { WithinBudget: 'True/WithinBudget' } },
    'may be that of the installation': { view: at(plain, spent(1_500_000)), conditions: { WithinBudget: 'True/WithinBudget' }, message: '1.50 USD are spent; the mission has no budget of its own' },
    'is exceeded when a task was refused for it': { view: underway(limited.spec({ failurePolicy: 'Continue' }), refusedTask), conditions: { WithinBudget: 'False/BudgetExceeded' }, message: `task a: ${refusal}` },
    'is exceeded when the planner was refused for it': { view: viewOf(planned, { planner: { kind: 'refused', message: refusal } }), conditions: { Accepted: 'False/PlanRefused', WithinBudget: 'False/BudgetExceeded' }, message: `planner: ${refusal}` },
    'is not exceeded when a task failed for something else': { view: underway(limited.spec({ failurePolicy: 'Continue' }), { tasks: { a: failed } }), conditions: { WithinBudget: 'True/WithinBudget' } },
    'is not exceeded when the planner was refused for something else': { view: viewOf(limited.spec({ tasks: [], planner: { maxTasks: 20 } }).build(), { planner: { kind: 'refused', message: 'invalid_request_error: no such model' } }), conditions: { WithinBudget: 'True/WithinBudget' } },
  });

  const backoff = { attempt: 1, attempts: [{ attempt: 1, agent: 'p-1', epoch: { term: 1, counter: 1 }, reason: 'BudgetExceeded', message: refusal, endTime: '2026-01-01T00:00:00Z' }] };
  test('is exceeded by the last attempt of a task until the next begins', () => {
    const waits = underway(limited, { tasks: { a: (task) => task.status(backoff) } });
    const tries = underway(limited, { tasks: { a: (task) => task.running().status(backoff) }, live: ['a'] });
    expect([waits, tries].map((view) => conditionsOf(decideMission(view, t0))['WithinBudget'])).toEqual(['False/BudgetExceeded', 'True/WithinBudget']);
  });

  test('is not spoken of for a mission that neither spends nor has one', () => {
    expect(conditionsOf(decideMission(underway(plain, working), t0))).not.toHaveProperty('WithinBudget');
  });

  test('that was exceeded when the run ended stays so, until the next run', () => {
    const view = underway(limited, refusedTask);
    const steps = [view];
    for (let step = 0; step < 4; step++) steps.push(applied(steps[step] ?? view, decideMission(steps[step] ?? view, t0)));
    const { mission, tasks } = steps.at(-1) ?? view;
    expect(mission.status?.completionTime).toBeDefined();
    const forgotten = viewOf(mission);
    expect(statusPatch(mission.status, decideMission(forgotten, t0).status ?? {})).toBeUndefined();
    const again = viewOf({ ...mission, spec: { ...mission.spec, runRequest: '2' } }, { others: tasks });
    expect(conditionsOf(decideMission(again, t0))).toMatchObject({ WithinBudget: 'True/WithinBudget' });
  });
});

describe('a refusal for want of money', () => {
  const cases: Record<string, { view: ReturnType<typeof viewOf>; want: boolean }> = {
    'of a task cancels a mission that wants it': { view: underway(cancelled, refusedTask), want: true },
    'of the planner too': { view: viewOf(cancelled.spec({ tasks: [], planner: { maxTasks: 20 } }).build(), { planner: { kind: 'refused', message: refusal } }), want: true },
    'cancels no other mission': { view: underway(limited, refusedTask), want: false },
    'that did not happen cancels nothing': { view: at(cancelled, spent(2_000_000)), want: false },
  };
  test.each(Object.entries(cases))('%s', (_, { view, want }) => expect(moneyCancels(view)).toBe(want));

  test('ends the run as cancelled', () => {
    const steps = [underway(cancelled, refusedTask)];
    for (let step = 0; step < 4; step++) steps.push(applied(steps[step] as MissionView, decideMission(steps[step] as MissionView, t0)));
    expect(steps.at(-1)?.mission.status?.conditions).toContainEqual(expect.objectContaining({ type: 'Succeeded', status: 'False', reason: 'Cancelled', message: expect.stringContaining('budget.onExceeded') }));
    const planner = viewOf(cancelled.spec({ tasks: [], planner: { maxTasks: 20 } }).build(), { planner: { kind: 'refused', message: refusal } });
    expect(conditionsOf(decideMission(planner, t0))).toMatchObject({ Succeeded: 'False/Cancelled' });
  });

  test('is past when the mission has ended: nobody waits any more', () => {
    const all: Surroundings = { tasks: { a: succeeded, b: succeeded } };
    const ended = applied(at(limited, spent(1), all), decideMission(at(limited, spent(1), all), t0));
    expect(conditionsOf(decideMission({ ...ended, usage: { ...spent(1), waiting: 1 } }, t0))['WithinBudget']).toBe('True/WithinBudget');
  });
});
