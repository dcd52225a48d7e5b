// The kinds that the mirror tells of, and how it looks at each.
import type { CloudEvent } from '#api/events/envelope.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Approval } from '#api/v1alpha1/approval.ts';
import { agentPools, approvals, missions, plans, type ResourceType, tasks } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { ObjectMeta } from '#api/v1alpha1/schema.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { missionEvents, missionStage } from '#mirror/changes/decide/mission.ts';
import type { GoneName, Known } from '#mirror/changes/decide/gone.ts';
import { poolEvents } from '#mirror/changes/decide/pool.ts';
import { approvalEvents, planEvents } from '#mirror/changes/decide/recorded.ts';
import type { Sight } from '#mirror/changes/decide/sight.ts';
import { taskEvents, taskStage } from '#mirror/changes/decide/task.ts';
import type { KubeObject } from '#platform/kube/types.ts';

export interface Kind<T> {
  readonly type: ResourceType;
  readonly events: (sight: Sight<T>) => CloudEvent[];
  /** How far an object has come: what of it needs no telling again. */
  readonly stageOf: (object: T) => string;
  readonly missionOf: (object: T) => Known['mission'];
  /** Absent: nobody is told when one is gone. */
  readonly gone?: GoneName;
}

const refOf = ({ spec: { missionRef } }: { readonly spec: { readonly missionRef?: Known['mission'] | undefined } }) => missionRef;
const only = () => 'told';

export const missionKind: Kind<Mission> = { type: missions, events: missionEvents, stageOf: missionStage, missionOf: ({ metadata: { name, uid } }) => ({ name, uid }), gone: 'mission.deleted' };
export const planKind: Kind<Plan> = { type: plans, events: planEvents, stageOf: only, missionOf: refOf };
export const approvalKind: Kind<Approval> = { type: approvals, events: approvalEvents, stageOf: only, missionOf: refOf };
export const taskKind: Kind<Task> = { type: tasks, events: taskEvents, stageOf: taskStage, missionOf: refOf, gone: 'task.deleted' };
export const poolKind: Kind<AgentPool> = { type: agentPools, events: poolEvents, stageOf: only, missionOf: () => undefined, gone: 'pool.deleted' };

interface ManagedFields {
  readonly managedFields?: readonly { readonly time?: string }[];
}

/** What is kept of an object: all but what nobody here reads, with the time of its last write. */
export function toSeen<T extends { readonly metadata: ObjectMeta }>(raw: KubeObject): T & { readonly writtenTime: string } {
  const { managedFields = [], annotations = {}, ...metadata } = raw.metadata as ObjectMeta & ManagedFields;
  const { 'kubectl.kubernetes.io/last-applied-configuration': _applied, ...kept } = annotations;
  // The API server notes when each writer wrote last; the newest of these is the time of this version.
  const writtenTime = managedFields.reduce((newest, { time = '' }) => (time > newest ? time : newest), metadata.creationTimestamp);
  return { ...(raw as unknown as T), metadata: { ...metadata, annotations: kept }, writtenTime };
}
