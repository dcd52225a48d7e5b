// Carries out the intents of a mission: one intent, one effect, no business. Every effect is idempotent.
import { missions, tasks } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task, TaskResult } from '#api/v1alpha1/task.ts';
import type { OutcomeReason } from '#api/conditions.ts';
import type { Revision } from '#domain/planning/revision.ts';
import { PlatformError } from '#platform/errors.ts';
import type { WriteGate } from '#platform/kube/gate-port.ts';
import type { KubeClient, NewObject } from '#platform/kube/types.ts';
import { keyText } from '../reconciler.ts';
import type { Absences } from './absences.ts';
import type { MissionIntent, NewTask } from './decide/intents.ts';
import type { PlannerState } from './decide/view.ts';

/** What the mission reconciler does to the cluster. */
export interface MissionCluster {
  readonly client: Pick<KubeClient, 'get' | 'delete' | 'mergePatch'>;
  /** The object, made now or before. */
  createIfAbsent(task: NewObject): Promise<{ readonly object: Task; readonly created: boolean }>;
  /** Hands an outcome to the writer of Task.status. */
  decideTask(task: Task, result: TaskResult, reason: OutcomeReason, message: string): Promise<void>;
  readonly planner: Pick<MissionPlanner, 'ask' | 'abandon'>;
  readonly gate: Pick<WriteGate, 'expect' | 'expectGone'>;
  /** Where Kubernetes Events go. */
  readonly events: MissionEvents;
}

/** What a planner is told besides the mission. */
export interface Told {
  /** Set when a plan is to take the place of another. */
  readonly revision?: Revision;
  /** JSON of what was found in the workspace. */
  readonly survey?: string;
}

/** Who makes task graphs, in the background: what came of it is a Plan object. */
export interface MissionPlanner {
  /** State of the question for a plan, or for the one that takes the place of `plan` in a run. */
  stateOf(mission: Mission, revises?: Pick<Revision, 'plan' | 'run'>): PlannerState;
  /** Asks, unless it is being asked the same already. */
  ask(mission: Mission, told: Told): void;
  /** Stops asking about a mission, by its uid. */
  abandon(missionUid: string): void;
}

/** The recorder of platform/kube satisfies it. */
export interface MissionEvents {
  record(happening: { readonly regarding: Mission; readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly action: string; readonly note: string }): void;
}

/** Name of the mission's writes in the gate; the shell waits for the same. */
export function gateOwner({ metadata }: Mission): string {
  return `Mission/${keyText(metadata)}`;
}

/** Carries out one intent. Rejects when the world has changed in between, so that the turn ends and the next one sees it. */
export async function act(intent: MissionIntent, mission: Mission, cluster: MissionCluster, absences: Absences): Promise<void> {
  switch (intent.kind) {
    case 'createTask':
      return createTask(intent.task, mission, cluster);
    case 'deleteTask':
      return deleteTask(intent.task, mission, cluster);
    case 'decideTask':
      return cluster.decideTask(intent.task, intent.result, intent.reason, intent.message);
    case 'confirmGone':
      return confirmGone(intent.name, mission, cluster, absences);
    case 'requestPlan':
      return cluster.planner.ask(mission, intent);
    case 'abandonPlan':
      return cluster.planner.abandon(mission.metadata.uid);
    case 'deleteMission': {
      const { namespace, name, uid } = mission.metadata;
      await cluster.client.delete(missions, { namespace, name }, { uid });
    }
  }
}

async function createTask(task: NewTask, mission: Mission, cluster: MissionCluster): Promise<void> {
  const { object } = await cluster.createIfAbsent({ ...task });
  cluster.gate.expect(gateOwner(mission), tasks.plural, object.metadata, object.metadata);
  if (object.spec.missionRef?.uid !== mission.metadata.uid) throw changed(`create task ${keyText(object.metadata)}: the name is held by an object of somebody else`);
}

async function deleteTask({ metadata }: Task, mission: Mission, { client, gate }: MissionCluster): Promise<void> {
  const answer = await client.delete(tasks, metadata, { uid: metadata.uid, resourceVersion: metadata.resourceVersion });
  // It may have started: then nothing may be created in its place.
  if (answer === 'changed') throw changed(`delete task ${keyText(metadata)}: it was changed in between`);
  if (answer === 'deleted') gate.expectGone(gateOwner(mission), tasks.plural, metadata, metadata.uid);
}

/** Either the object is gone, or the cache has to catch up with it first. */
async function confirmGone(name: string, mission: Mission, { client, gate }: MissionCluster, absences: Absences): Promise<void> {
  const found = await client.get<Task>(tasks, { namespace: mission.metadata.namespace, name });
  if (found?.spec.missionRef?.uid === mission.metadata.uid) gate.expect(gateOwner(mission), tasks.plural, found.metadata, found.metadata);
  else absences.note(mission.metadata.uid, name);
}

function changed(what: string): PlatformError {
  return new PlatformError('changed', `${what}; this turn ends and the next one looks again`);
}
