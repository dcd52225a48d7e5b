// What the console knows of the cluster: one watched cache a kind, each object cut down to what is shown.
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import { agentPools, missions, plans, type ResourceType, tasks } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { KubeObject, Store } from '#platform/kube/types.ts';

/** The kinds that are shown, and how much of each object is kept. */
export interface Kept<T> {
  readonly type: ResourceType;
  readonly cut: (raw: KubeObject) => T;
}

/** Caches as readers see them. */
export interface World {
  readonly missions: Pick<Store<Mission>, 'get' | 'list' | 'byIndex' | 'subscribe'>;
  readonly tasks: Pick<Store<Task>, 'byIndex' | 'subscribe'>;
  readonly plans: Pick<Store<Plan>, 'byIndex' | 'subscribe'>;
  readonly pools: Pick<Store<AgentPool>, 'list' | 'byIndex'>;
  /** True when all kinds were listed and are watched. */
  isKnown(): boolean;
}

/** Values of indexes, by their names. */
export const byMission = 'mission';
export const byNamespace = 'namespace';

export const keptMission: Kept<Mission> = { type: missions, cut: slim };
export const keptPlan: Kept<Plan> = { type: plans, cut: slim };
export const keptPool: Kept<AgentPool> = {
  type: agentPools,
  cut: (raw) => {
    const { spec, ...rest } = slim<AgentPool>(raw);
    // Templates hold names of Secrets and environments: nobody asks the console for them.
    const { template: _template, ...shown } = spec;
    return { ...rest, spec: shown as AgentPool['spec'] };
  },
};
export const keptTask: Kept<Task> = {
  type: tasks,
  cut: (raw) => {
    const { spec, status, ...rest } = slim<Task>(raw);
    const { type, dependsOn, missionRef, taskName, run, intent } = spec;
    const { observed: _observed, claimed: _claimed, workspace: _workspace, ...shown } = status ?? {};
    return { ...rest, spec: { type, dependsOn, missionRef, taskName, run, intent: { action: intent.action } } as unknown as Task['spec'], ...(status === undefined ? {} : { status: shown }) };
  },
};

/** An object without what only its writers need. */
function slim<T>(raw: KubeObject): T {
  const { managedFields: _fields, ...metadata } = raw.metadata as KubeObject['metadata'] & { readonly managedFields?: unknown };
  const { 'kubectl.kubernetes.io/last-applied-configuration': _applied, ...annotations } = metadata.annotations ?? {};
  return { ...raw, metadata: { ...metadata, annotations } } as unknown as T;
}
