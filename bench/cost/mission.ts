// One mission through the real parts: a planner makes the plan, its Coder tasks are carried out in a real folder, and the proof is run in a fresh one.
import { join } from 'node:path';
import type { CallUsage, Usage } from '#api/llm.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { ActionContext } from '#agent-runtime/roles/action.ts';
import { gatherFacts } from '#agent-runtime/context/gather-facts.ts';
import { contextOver, runIntent } from '#agent-runtime/roles/fixtures.ts';
import { parametrize } from '#domain/intent/parametrize.ts';
import { createPlanner } from '#operator/planner/planner.ts';
import { systemClock } from '#platform/clock.ts';
import { aMission } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import { type Levers, modelPolicyOf, shaped, smallModel, strongModel } from './arms.ts';
import type { CorpusMission } from './corpus/missions.ts';
import { inFolder, layOut } from './folders.ts';
import type { Office } from './office.ts';
import type { TestRuns } from './test-runs.ts';

/** How a mission ended, and what the gateway booked for it. */
export interface Ended {
  readonly mission: CorpusMission;
  readonly isProven: boolean;
  readonly usage: Usage;
  /** Why it was not proven, in the words of the part that failed. */
  readonly why?: string;
}

/** What every mission of an arm works with. */
export interface Surroundings {
  readonly office: Office;
  readonly levers: Levers;
  readonly testRuns: TestRuns;
  /** Tells runs of the same corpus apart: each has missions of its own. */
  readonly round: number;
}

const planTokens = 8000;
const longestMs = 600_000;

/** Carries one mission out. A mission that fails has its cost all the same. */
export async function carryOut(mission: CorpusMission, surroundings: Surroundings): Promise<Ended> {
  const { office, levers, round } = surroundings;
  const object = objectOf(mission, levers, round);
  const account = office.admit(object);
  const signal = AbortSignal.timeout(longestMs);
  const planner = createPlanner({ model: office.planner, clock: systemClock, maxTokens: planTokens, defaultModel: strongModel });
  const outcome = await planner.plan({ mission: object, pools: [aPool().of('Coder').build()], limits: { maxTasks: 10 }, account }, signal);
  const why = outcome.kind !== 'made' ? outcome.message : outcome.plan.verdict === 'Rejected' ? `no plan: ${outcome.plan.faults.join('; ')}` : await work(mission, outcome.plan.tasks, { ...surroundings, account, signal });
  return { mission, isProven: why === undefined, usage: await office.usageOf(account), ...(why === undefined ? {} : { why }) };
}

type Task = Mission['spec']['tasks'][number];
type Account = ReturnType<Office['admit']>;

/** The tasks of the plan one after the other, then the proof. Why it failed, or undefined. */
async function work(mission: CorpusMission, tasks: readonly Task[], surroundings: Surroundings & { readonly account: Account; readonly signal: AbortSignal }): Promise<string | undefined> {
  return inFolder(async (place) => {
    const folder = join(place, 'work');
    await layOut(folder, mission.files);
    for (const { type, intent } of tasks) {
      const result = await runIntent(type, intent.action, { ...intent.params }, contextFor(mission, folder, surroundings));
      if (result.result === 'Failed') return `${intent.action}: ${result.message}`;
    }
    return surroundings.testRuns.isProven(folder, mission);
  });
}

function contextFor(mission: CorpusMission, folder: string, { office, levers, testRuns, account, signal }: Surroundings & { readonly account: Account; readonly signal: AbortSignal }): ActionContext {
  const model = office.modelFor(account, signal);
  const base = contextOver(folder);
  return {
    ...base,
    files: {
      ...base.files,
      diff: async () => ((await testRuns.isChanged(folder, mission)) ? 'changed' : ''),
      startOver: async () => (await testRuns.startOver(folder, mission), undefined),
    },
    modelPolicy: modelPolicyOf(levers),
    signal,
    model: { ask: (request) => model.ask(shaped(request, levers)) },
    plan: async ({ type, intent }) => parametrize({ type, intent, inputs: {}, facts: await gatherFacts(folder, signal) }),
    run: (command) => testRuns.run(folder, command),
    readOutput: async () => undefined,
  };
}

function objectOf({ name, goal }: CorpusMission, levers: Levers, round: number): Mission {
  return aMission(`${name}-r${round}`)
    .spec({
      goal,
      planner: levers.smallPlanner ? { model: smallModel } : {},
      modelPolicy: modelPolicyOf(levers),
      goals: [{ name: 'proven', description: 'All tests pass, and they are the tests that were there before.', check: { command: { command: ['node', '--test'], from: 'mend', protect: ['test'] } } }],
      workspace: { git: { url: 'https://git.example.com/bench/corpus.git', ref: 'main' } },
    })
    .build();
}

/** The sum of what missions used. */
export function spentOn(ended: readonly Ended[]): Pick<CallUsage, 'costMicroUsd'> & { readonly calls: number; readonly kept: number } {
  return ended.reduce((sum, { usage }) => ({ costMicroUsd: sum.costMicroUsd + usage.settled.costMicroUsd, calls: sum.calls + usage.calls, kept: sum.kept + (usage.cachedCalls ?? 0) }), { costMicroUsd: 0, calls: 0, kept: 0 });
}
