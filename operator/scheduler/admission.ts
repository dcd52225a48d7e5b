// Whether a task's mission lets it start now. Read from the cache at the moment of asking, never stored.
import type { MissionReason } from '#api/conditions.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { PoolNeed } from '#domain/capability/match.ts';
import { findCondition } from '#domain/conditions.ts';

export type Admission =
  | { readonly kind: 'may start'; readonly need: PoolNeed; readonly priority: number; readonly parallelism: number }
  | { readonly kind: 'held'; readonly because: string };

/** What admission asks. */
export interface AdmissionSources {
  /** Finds only missions that exist and are not being deleted. */
  readonly missionByUid: (uid: string) => Mission | undefined;
  /** Task of the same mission and run by its name in the plan. */
  readonly sibling: (task: Task, name: string) => Task | undefined;
}

/** Asks mission and task. */
export function admit(task: Task, { missionByUid, sibling }: AdmissionSources): Admission {
  const { missionRef } = task.spec;
  if (missionRef === undefined) return admitAlone(task);
  const mission = missionByUid(missionRef.uid);
  if (mission === undefined) return { kind: 'held', because: `mission ${missionRef.name} with uid ${missionRef.uid} does not exist` };
  if (mission.spec.operatingMode !== 'Run') return { kind: 'held', because: `operatingMode of the mission is ${mission.spec.operatingMode}` };
  const refusal = refusalOf(mission);
  if (refusal !== undefined) return { kind: 'held', because: refusal };
  if (task.spec.run !== mission.status?.runNumber) return { kind: 'held', because: `the mission is at run ${mission.status?.runNumber ?? 0}` };
  const { priority, parallelism = Number.POSITIVE_INFINITY, poolSelector } = mission.spec;
  return { kind: 'may start', need: { ...needOf(task, poolSelector), notOn: executorsOf(task, sibling) }, priority, parallelism };
}

/** True when a change of a mission cannot alter how its tasks are admitted and ranked. */
export function admitsAlike(a: Mission, b: Mission): boolean {
  const essence = (mission: Mission) => [mission.metadata.generation, mission.metadata.deletionTimestamp, mission.status?.runNumber, refusalOf(mission)].join(' ');
  return essence(a) === essence(b);
}

// These are no fault of the spec: tasks that a pool can serve go on.
const lieInTheWorld: ReadonlySet<string> = new Set<MissionReason<'Accepted'>>(['NoMatchingPool', 'NameTaken']);

/** Why a mission whose spec is refused lets nothing start: what exists may have been meant to look otherwise. */
function refusalOf({ status }: Mission): string | undefined {
  const accepted = findCondition(status?.conditions, 'Accepted');
  if (accepted?.status !== 'False' || lieInTheWorld.has(accepted.reason)) return undefined;
  return `the spec of the mission is not accepted: ${accepted.message}`;
}

function admitAlone(task: Task): Admission {
  const accepted = findCondition(task.status?.conditions, 'Accepted');
  if (accepted?.status !== 'True') return { kind: 'held', because: accepted?.message ?? 'the task has not been looked at yet' };
  return { kind: 'may start', need: needOf(task, task.spec.poolSelector), priority: task.spec.priority ?? 0, parallelism: 1 };
}

function needOf({ metadata, spec }: Task, poolSelector: PoolNeed['poolSelector']): PoolNeed {
  return { namespace: metadata.namespace, type: spec.type, capabilities: spec.capabilities, resources: spec.resources, poolSelector, gitSecret: spec.workspace?.git?.secretRef?.name };
}

/** Pods that executed, or tried to, one of the tasks that this one checks. */
function executorsOf(task: Task, sibling: AdmissionSources['sibling']): string[] {
  const checked = (task.spec.verifies ?? []).map((name) => sibling(task, name)?.status ?? {});
  const pods = checked.flatMap(({ assignment, attempts = [], memoizedFrom }) => [assignment?.agent, ...attempts.map(({ agent }) => agent), ...(memoizedFrom?.agents ?? [])]);
  return [...new Set(pods.filter((pod) => pod !== undefined))].toSorted();
}
