// Missions whose plan does not get there, over the API server double, with leaders that crash at any moment.
import { afterEach, expect, test } from 'vitest';
import { plans, tasks } from '#api/v1alpha1/kinds.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Model } from '#operator/planner/planner.ts';
import { aMission } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import type { Script } from './agent.ts';
import { type Simulation, startSimulation, until } from './cluster.ts';

const open: Simulation[] = [];
afterEach(async () => {
  for (const simulation of open.splice(0)) await simulation.stop();
});

const task = (name: string, ...dependsOn: readonly string[]) => ({ name, type: 'Analyzer', intent: { action: 'AnalyzeCode', params: { measures: ['size'] } }, dependsOn, retryPolicy: { limit: 0, backoffSeconds: 0 } });
const first = { summary: 'one', tasks: [task('look'), task('side'), task('fix', 'look'), task('tests', 'fix')] };
const second = { summary: 'two', keep: ['look', 'side'], tasks: [task('again', 'look'), { ...task('tests', 'again'), activeDeadlineSeconds: 60 }] };

/** Answers like a planner that reads: another plan for who tells of one. Each answer takes a while. */
function aModel(plansMade: { readonly first: { readonly summary: string }; readonly second: { readonly summary: string } } = { first, second }) {
  const asked: string[] = [];
  const model: Model = {
    complete: async ({ messages }) => {
      const text = messages[0]?.content ?? '';
      const answer = text.includes('"revision"') ? plansMade.second : plansMade.first;
      asked.push(answer.summary);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { kind: 'answered', text: JSON.stringify(answer), stopReason: 'end_turn', model: 'm', usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd: 1 } };
    },
  };
  return { model, asked };
}

const script: Script = (name) => ({ ms: 5, result: name === 'fix' ? 'Failed' : 'Succeeded' });
const mission = aMission().spec({ failurePolicy: 'Replan', planner: { maxReplans: 2 } }).withGoal('tested', 'tasks["tests"].outcome == "Succeeded"');

async function aSimulation(seed: number, model: Model, course: Script = script): Promise<Simulation> {
  const simulation = await startSimulation({ seed, script: course, model, usage: { ask: () => Promise.resolve({ kind: 'silent', message: 'nothing is counted here' }) } });
  open.push(simulation);
  simulation.put(aPool().max(2).spec({ slotsPerAgent: 2 }).build());
  return simulation;
}

/** Plans in which a task takes the place of one that had succeeded, under the same name. */
const sameNames = {
  first: { summary: 'one', tasks: [task('fix'), { ...task('proof', 'fix'), onFailure: 'Continue' }] },
  second: { summary: 'two', tasks: [{ ...task('proof', 'fix'), activeDeadlineSeconds: 60 }, { ...task('fix'), activeDeadlineSeconds: 60 }] },
};

const ended = (simulation: Simulation) => () => simulation.mission()?.status?.completionTime !== undefined;
const plansOf = (simulation: Simulation) => (simulation.server.objects(plans.plural) as unknown as readonly Plan[]).toSorted((a, b) => a.spec.revision - b.spec.revision);
const ordersOf = (simulation: Simulation, name: string) => simulation.orders.filter(({ specJson }) => (JSON.parse(specJson) as { taskName?: string }).taskName === name).length;

test('a plan that fails is followed by another that keeps what was done', async () => {
  const { model, asked } = aModel();
  const simulation = await aSimulation(1, model);
  await simulation.lead(true);
  simulation.put(mission.build());
  await until('the mission has ended', ended(simulation));
  expect(simulation.mission()?.status).toMatchObject({ goalsMet: '1/1', tasksDone: '4/4', plan: { revision: 2, replans: 1 } });
  expect(asked).toEqual(['one', 'two']);
  expect(plansOf(simulation).map(({ spec }) => [spec.revision, spec.revises?.reason, spec.revises?.kept])).toEqual([[1, undefined, undefined], [2, 'TaskFailed', ['look', 'side']]]);
  expect(['look', 'side', 'fix', 'again', 'tests'].map((name) => ordersOf(simulation, name))).toEqual([1, 1, 1, 1, 1]);
  expect(simulation.tasks().map(({ spec, status }) => `${spec.taskName ?? ''} ${status?.outcome?.result ?? ''}`).toSorted()).toEqual(['again Succeeded', 'fix Failed', 'look Succeeded', 'side Succeeded', 'tests Succeeded']);
  expect(simulation.violations).toEqual([]);
});

const anySeed = Math.floor(Math.random() * 1_000_000_000);
test.each([2, 3, 4, anySeed])('leaders that crash while it happens change nothing of the end (seed %i)', async (seed) => {
  const { model, asked } = aModel();
  const simulation = await aSimulation(seed, model);
  await simulation.lead(true);
  simulation.put(mission.build());
  const crashes = 4;
  for (let crash = 0; crash < crashes && !ended(simulation)(); crash += 1) {
    await new Promise((resolve) => setTimeout(resolve, simulation.random() * 120));
    await simulation.crash();
    await simulation.lead();
  }
  await until('the mission has ended', ended(simulation));
  expect(simulation.mission()?.status).toMatchObject({ goalsMet: '1/1', plan: { revision: 2, replans: 1 } });
  // Each crash loses one answer at most, and a plan that is kept is never asked for again.
  expect(asked.length).toBeLessThanOrEqual(2 + crashes);
  expect(plansOf(simulation)).toHaveLength(2);
  const outcomes = simulation.writes(tasks.plural).filter(({ body }) => (body as { status?: { outcome?: object } }).status?.outcome !== undefined).map(({ key }) => key);
  expect(outcomes.length).toBe(new Set(outcomes).size);
  expect(simulation.violations).toEqual([]);
});

test.each([1, 2, 3, 4, 5, anySeed])('what depends on a task that takes the place of another waits for the new one, though the old one has succeeded (seed %i)', async (seed) => {
  const { model } = aModel(sameNames);
  const proofs = new Set<string>();
  // The first proof finds that the fix was wrong.
  const course: Script = (name) => {
    if (name !== 'proof') return { ms: 30, result: 'Succeeded' };
    proofs.add(`proof ${proofs.size}`);
    return { ms: 5, result: proofs.size === 1 ? 'Failed' : 'Succeeded' };
  };
  const simulation = await aSimulation(seed, model, course);
  await simulation.lead(true);
  simulation.put(aMission().spec({ failurePolicy: 'Replan', planner: {} }).withGoal('proven', 'tasks["proof"].outcome == "Succeeded"').build());
  await until('the mission has ended', ended(simulation));
  expect(simulation.mission()?.status).toMatchObject({ goalsMet: '1/1', plan: { revision: 2, replans: 1 } });
  expect(simulation.orders.map(({ specJson }) => (JSON.parse(specJson) as { taskName?: string }).taskName)).toEqual(['fix', 'proof', 'fix', 'proof']);
  expect(simulation.violations).toEqual([]);
});
