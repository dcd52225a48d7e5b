// A term as far as planning needs one: caches with these objects, and a cluster that takes every object.
import { PastRuns } from '../task/past-runs.ts';
import { OperatorConfig } from '#api/config/operator.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { storeOf } from '#testing/builders/store.ts';
import type { Model } from '../planner/planner.ts';
import type { Core } from './core.ts';
import type { TermDeps } from './deps.ts';

interface Planned {
  readonly missions: readonly Mission[];
  readonly pools: readonly AgentPool[];
  readonly model: Model | undefined;
}

/** The parts that the planner of a term uses; `created` holds the objects it made. */
export function planningWorld({ missions, pools, model }: Planned) {
  const created: NewObject[] = [];
  const deps = {
    model,
    clock: systemClock,
    random: systemRandom,
    config: OperatorConfig.parse({}),
    caches: { plans: { store: { byIndex: () => [] } }, pools: { store: storeOf(pools) } },
    client: { create: async (_type: unknown, object: NewObject) => (created.push(object), { ...object, metadata: { ...object.metadata, uid: 'u', resourceVersion: '1' } }) },
  };
  const core = {
    gate: { expect: () => {} },
    missionByUid: (uid: string) => missions.find(({ metadata }) => metadata.uid === uid),
    past: new PastRuns(),
    sources: { namespaceUid: async (namespace: string) => `uid-of-${namespace}` },
  };
  return { created, deps: deps as unknown as TermDeps, core: core as unknown as Core };
}
