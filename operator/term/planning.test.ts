import { describe, expect, test } from 'vitest';
import { aMission } from '#testing/builders/mission.ts';
import { aPlan } from '#testing/builders/plan.ts';
import { aPool } from '#testing/builders/pool.ts';
import type { Model, ModelAnswer, ModelRequest } from '../planner/planner.ts';
import { createPlanning } from './planning.ts';
import { planningWorld } from './testing.ts';

const mission = aMission().spec({ planner: { maxTasks: 20 } }).build();
const survey = JSON.stringify({ summary: 'one look', tasks: [{ name: 'survey', type: 'Analyzer', intent: { action: 'AnalyzeCode' } }] });
const answered = (text: string): ModelAnswer => ({ kind: 'answered', text, stopReason: 'end_turn', model: 'claude-sonnet-5-5', usage: { inputTokens: 10, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd: 70 } });

function aPlanning(answer: ModelAnswer, missions = [mission]) {
  const asked: ModelRequest[] = [];
  const woken: string[] = [];
  const model: Model = { complete: async (request) => (asked.push(request), answer) };
  const world = planningWorld({ missions, pools: [aPool().of('Analyzer').build()], model });
  const planning = createPlanning(world.deps, world.core, (uid) => void woken.push(uid));
  return { planning, asked, woken, created: world.created };
}

describe('the planner of a term', () => {
  test('keeps what it was answered, asked once in the name of the mission', async () => {
    const { planning, asked, created, woken } = aPlanning(answered(survey));
    planning.ask(mission, {});
    planning.ask(mission, {});
    expect(planning.stateOf(mission)).toEqual({ kind: 'asking' });
    await expect.poll(() => created.length).toBe(1);
    expect(asked.map(({ account }) => account)).toEqual([{ namespace: 'team-a', namespaceUid: 'uid-of-team-a', mission: 'm', missionUid: mission.metadata.uid, purpose: 'plan' }]);
    expect(created[0]).toMatchObject({ kind: 'Plan', spec: { verdict: 'Accepted', tasks: [{ name: 'survey' }], usage: { costUsd: '0.00007' } } });
    await expect.poll(() => woken).toEqual([mission.metadata.uid]);
    expect(planning.stateOf(mission)).toEqual({ kind: 'asking' });
    planning.planGone(aPlan(mission).build());
    expect(planning.stateOf(mission)).toEqual({ kind: 'idle' });
  });

  test('a refusal holds until the mission is edited', async () => {
    const { planning } = aPlanning({ kind: 'refused', type: 'budget_exceeded', message: 'the mission has 0.00 USD left' });
    planning.ask(mission, {});
    await expect.poll(() => planning.stateOf(mission)).toEqual({ kind: 'refused', message: 'budget_exceeded: the mission has 0.00 USD left' });
    const richer = aMission().spec({ planner: { maxTasks: 20 }, budget: { maxCostUsd: '9.00' } }).meta({ generation: 2 }).build();
    expect(planning.stateOf(richer)).toEqual({ kind: 'idle' });
  });

  test('what cannot be answered now is waited for, until it is abandoned', async () => {
    const { planning, created } = aPlanning({ kind: 'later', retryAfterMs: 60_000, message: 'the provider is overloaded' });
    planning.ask(mission, {});
    await expect.poll(() => planning.stateOf(mission)).toEqual({ kind: 'waiting', message: 'the provider is overloaded' });
    planning.abandon(mission.metadata.uid);
    expect(planning.stateOf(mission)).toEqual({ kind: 'idle' });
    await planning.close();
    expect(created).toEqual([]);
  });

  test('without a gateway there is none', () => {
    const world = planningWorld({ missions: [mission], pools: [], model: undefined });
    expect(createPlanning(world.deps, world.core, () => {}).stateOf(mission)).toEqual({ kind: 'absent' });
  });
});
