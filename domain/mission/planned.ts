// The tasks of a mission as people see them: those that its spec or its Plan names, and those that follow from its goals and outputs.
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import { expandPlan } from '#domain/plan/expand.ts';
import { firstPlanFault } from '#domain/plan/faults.ts';
import type { Phase } from '#domain/plan/phase.ts';
import { planFor } from '#domain/plan/question.ts';

export interface Planned {
  readonly name: string;
  readonly type: string;
  readonly action: string;
  readonly dependsOn: readonly string[];
  readonly phase: Phase;
}

/** The Plan that a mission is carried out by, else the newest answer to what it asks now, of either verdict. */
export function planInUse({ spec, status }: Mission, plans: readonly Plan[]): Plan | undefined {
  if (spec.planner === undefined) return undefined;
  return plans.find(({ metadata }) => metadata.name === status?.plan?.name) ?? planFor(spec, plans);
}

/** True for a mission of which nobody knows the tasks yet. */
export function isUnplanned({ spec }: Mission): boolean {
  return spec.planner !== undefined && spec.tasks.length === 0;
}

/** The plan in plan order; of a spec that cannot be expanded the tasks that it names. Before a planner has made them only what is looked at first. */
export function planOf(mission: Mission): Planned[] {
  const unplanned = isUnplanned(mission);
  if (unplanned || firstPlanFault(mission.spec) === undefined) {
    return expandPlan(mission, mission.status?.runNumber ?? 1).filter(({ phase }) => phase === 'survey' || !unplanned).map(({ name, phase, spec: { type, intent, dependsOn } }) => ({ name, type, action: intent.action, dependsOn, phase }));
  }
  const { tasks, finally: last } = mission.spec;
  const named = (phase: Phase) => ({ name, type, intent, dependsOn }: (typeof tasks)[number]): Planned => ({ name, type, action: intent.action, dependsOn, phase });
  return [...tasks.map(named('work')), ...last.map(named('finally'))];
}
