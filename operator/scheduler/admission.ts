// Whether a task's mission lets it start now. Read from the cache at the moment of asking, never stored.
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { PoolNeed } from '#domain/capability/match.ts';
import { findCondition } from '#domain/conditions.ts';

export type Admission =
  | { readonly kind: 'may start'; readonly need: PoolNeed; readonly priority: number; readonly parallelism: number }
  | { readonly kind: 'held'; readonly because: string };

/** Asks mission and task. `missionByUid` finds only missions that exist and are not being deleted. */
export function admit(task: Task, missionByUid: (uid: string) => Mission | undefined): Admission {
  const { missionRef } = task.spec;
  if (missionRef === undefined) return admitAlone(task);
  const mission = missionByUid(missionRef.uid);
  if (mission === undefined) return { kind: 'held', because: `mission ${missionRef.name} with uid ${missionRef.uid} does not exist` };
  if (mission.spec.operatingMode !== 'Run') return { kind: 'held', because: `operatingMode of the mission is ${mission.spec.operatingMode}` };
  if (task.spec.run !== mission.status?.runNumber) return { kind: 'held', because: `the mission is at run ${mission.status?.runNumber ?? 0}` };
  const { priority, parallelism = Number.POSITIVE_INFINITY, poolSelector } = mission.spec;
  return { kind: 'may start', need: needOf(task, poolSelector), priority, parallelism };
}

function admitAlone(task: Task): Admission {
  const accepted = findCondition(task.status?.conditions, 'Accepted');
  if (accepted?.status !== 'True') return { kind: 'held', because: accepted?.message ?? 'the task has not been looked at yet' };
  return { kind: 'may start', need: needOf(task, task.spec.poolSelector), priority: task.spec.priority ?? 0, parallelism: 1 };
}

function needOf({ metadata, spec }: Task, poolSelector: PoolNeed['poolSelector']): PoolNeed {
  return { namespace: metadata.namespace, type: spec.type, capabilities: spec.capabilities, resources: spec.resources, poolSelector };
}
