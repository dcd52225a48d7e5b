// Pools as cards. Pure.
import type { PoolCard } from '#api/console.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import { conditionOf } from '#domain/mission/view.ts';

/** The card of a pool. */
export function poolCard({ metadata, spec, status }: AgentPool): PoolCard {
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    state: conditionOf(status, 'Ready')?.reason ?? 'Pending',
    mode: spec.operatingMode,
    agentTypes: [...spec.agentTypes],
    ...countsOf(status ?? {}),
  };
}

function countsOf({ readyReplicas: ready = 0, desiredReplicas: desired = 0, busyReplicas: busy = 0, queued = 0, slots }: NonNullable<AgentPool['status']>): Pick<PoolCard, 'ready' | 'desired' | 'busy' | 'queued' | 'slots'> {
  return { ready, desired, busy, queued, slots: slots?.total ?? 0 };
}
