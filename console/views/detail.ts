// A mission with everything that the page draws: from the objects as they are now. Pure.
import type { AskedCard, GoalCard, MissionDetail } from '#api/console.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { awaitedCommand } from '#domain/mission/explain.ts';
import { conditionOf, type MissionView } from '#domain/mission/view.ts';
import { rowOf } from './row.ts';
import { taskCards } from './tasks.ts';

/** The detail of a mission; `withheld` are kinds that were left out of the view. */
export function detailOf(view: MissionView, withheld: readonly string[]): MissionDetail {
  const { mission } = view;
  const { spec, status } = mission;
  const command = awaitedCommand(mission);
  return {
    row: rowOf(mission),
    goal: spec.goal,
    run: status?.runNumber ?? 1,
    mode: spec.operatingMode,
    message: messageOf(mission),
    ...(command === undefined ? {} : { command }),
    ...budgetOf(mission),
    ...planOf(mission),
    ...usageOf(mission),
    goals: goalsOf(mission),
    tasks: withheld.includes('tasks') ? [] : taskCards(view),
    asked: (status?.approvals ?? []).map((asked): AskedCard => ({ ...asked, approvedBy: [...asked.approvedBy] })),
    withheld: [...withheld],
  };
}

function budgetOf({ spec }: Mission): Pick<MissionDetail, 'maxCostUsd'> {
  const most = spec.budget?.maxCostUsd;
  return most === undefined ? {} : { maxCostUsd: most };
}

function messageOf({ status }: Mission): string {
  const accepted = conditionOf(status, 'Accepted');
  if (accepted?.status === 'False') return accepted.message;
  return conditionOf(status, 'Succeeded')?.message ?? '';
}

function planOf({ status }: Mission): Pick<MissionDetail, 'plan'> {
  const plan = status?.plan;
  if (plan === undefined) return {};
  const { source, revision, replans = 0, estimatedCostUsd } = plan;
  return { plan: { source, replans, ...(revision === undefined ? {} : { revision }), ...(estimatedCostUsd === undefined ? {} : { estimatedCostUsd }) } };
}

function usageOf({ status }: Mission): Pick<MissionDetail, 'usage'> {
  const usage = status?.usage;
  if (usage === undefined) return {};
  const { calls, cachedCalls = 0, inputTokens, outputTokens, cacheReadTokens, savedUsd = '0.00' } = usage;
  return { usage: { calls, cachedCalls, inputTokens, outputTokens, cacheReadTokens, savedUsd } };
}

function goalsOf({ spec, status }: Mission): GoalCard[] {
  const found = new Map(status?.goals?.map((goal) => [goal.name, goal]));
  return spec.goals.map(({ name, description = '', required, check }): GoalCard => {
    const goal = found.get(name);
    const base = { name, description, isRequired: required, check: Object.keys(check ?? {})[0] ?? 'parts' };
    if (goal === undefined) return { ...base, state: 'Unknown', reason: '', evidence: '' };
    const { state, reason, evidence, checkedTime, proof } = goal;
    return { ...base, state, reason, evidence, ...(checkedTime === undefined ? {} : { checked: checkedTime }), ...(proof === undefined ? {} : { proof: proofOf(proof) }) };
  });
}

function proofOf({ task, agent, tree }: NonNullable<NonNullable<NonNullable<Mission['status']>['goals']>[number]['proof']>): GoalCard['proof'] {
  return { task, agent, ...(tree === undefined ? {} : { tree }) };
}
