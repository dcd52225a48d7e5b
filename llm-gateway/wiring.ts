// The watches behind the fence.
import { agentPools, missions, type ResourceType, tasks } from '#api/v1alpha1/kinds.ts';
import type { Clock } from '#platform/clock.ts';
import type { Random } from '#platform/ids.ts';
import type { WatchingClient } from '#platform/kube/client.ts';
import { createReflector, type Reflector } from '#platform/kube/reflector.ts';
import type { Projected } from '#platform/kube/store.ts';
import type { KubeObject } from '#platform/kube/types.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { byName, byUid, toKnownMission, toKnownPool, toKnownTask, type Watches } from './fence.ts';

export interface WatchOptions {
  readonly client: Pick<WatchingClient, 'listPage' | 'watch'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Absent or empty: all. */
  readonly namespace?: string;
}

/** Starts to follow Missions, Tasks and AgentPools. */
export function watchMissions({ client, namespace = '', ...environment }: WatchOptions): Watches {
  function follow<P extends Projected>(type: ResourceType, project: (raw: KubeObject) => P): Reflector<P> {
    const reflector = createReflector<P>({ ...environment, ...(namespace === '' ? {} : { namespace }), client, type, project, indexes: { [byUid]: ({ metadata }) => [metadata.uid], [byName]: ({ metadata: { namespace, name } }) => [`${namespace}/${name}`] } });
    reflector.start();
    return reflector;
  }
  const known = { missions: follow(missions, toKnownMission), tasks: follow(tasks, toKnownTask), pools: follow(agentPools, toKnownPool) };
  return {
    missions: known.missions.store,
    tasks: known.tasks.store,
    pools: known.pools.store,
    synced: Promise.all([known.missions.synced, known.tasks.synced, known.pools.synced]).then(() => undefined),
    living: () => new Set([...known.missions.store.list(), ...known.tasks.store.list()].map(({ metadata }) => metadata.uid)),
    close: async () => void (await Promise.all([known.missions.stop(), known.tasks.stop(), known.pools.stop()])),
  };
}
