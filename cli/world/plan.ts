// The tasks of a mission as people see them: those that its spec names, and those that follow from its goals and outputs.
import type { Mission } from '#api/v1alpha1/mission.ts';
import { expandPlan } from '#domain/plan/expand.ts';
import { firstPlanFault } from '#domain/plan/faults.ts';
import type { Phase } from '#domain/plan/phase.ts';

export interface Planned {
  readonly name: string;
  readonly type: string;
  readonly action: string;
  readonly dependsOn: readonly string[];
  readonly phase: Phase;
}

/** The plan in plan order; of a spec that cannot be expanded the tasks that it names. */
export function planOf(mission: Mission): Planned[] {
  if (firstPlanFault(mission.spec) === undefined) {
    return expandPlan(mission, mission.status?.runNumber ?? 1).map(({ name, phase, spec: { type, intent, dependsOn } }) => ({ name, type, action: intent.action, dependsOn, phase }));
  }
  const { tasks, finally: last } = mission.spec;
  const named = (phase: Phase) => ({ name, type, intent, dependsOn }: (typeof tasks)[number]): Planned => ({ name, type, action: intent.action, dependsOn, phase });
  return [...tasks.map(named('work')), ...last.map(named('finally'))];
}
