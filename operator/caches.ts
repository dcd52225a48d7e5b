// What the operator keeps of the cluster: one reflector for each kind. Followers run them too, so a takeover starts warm.
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import { agentPools, missions, type ResourceType, tasks } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { Clock } from '#platform/clock.ts';
import type { Random } from '#platform/ids.ts';
import type { WatchingClient } from '#platform/kube/client.ts';
import { createReflector, type Reflector, type ReflectorState } from '#platform/kube/reflector.ts';
import { pods } from '#platform/kube/resources.ts';
import type { Indexes, Projected } from '#platform/kube/store.ts';
import type { KubeObject } from '#platform/kube/types.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { PoolPod } from './agentpool/decide/view.ts';
import { type KubePod, poolPodIndexes, poolPodSelector, toPoolPod } from './agentpool/pool-pod.ts';

export interface Caches {
  readonly missions: Reflector<Mission>;
  readonly tasks: Reflector<Task>;
  readonly pools: Reflector<AgentPool>;
  readonly pods: Reflector<PoolPod>;
  readonly synced: Promise<void>;
  start(): void;
  stop(): Promise<void>;
  /** Lists these plurals again. */
  relist(plurals: readonly string[]): void;
}

export interface CachesDeps {
  readonly client: WatchingClient;
  /** Undefined: all. */
  readonly namespace: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The server's versions went back: it was restored. */
  readonly onRewind: () => void;
  readonly onState: (plural: string, state: ReflectorState) => void;
}

/** Index of objects by uid. */
export const byUid = 'uid';

/** Caches that do nothing before start(). */
export function createCaches({ client, namespace, clock, random, log, onRewind, onState }: CachesDeps): Caches {
  function reflect<P extends Projected>(type: ResourceType, project: (raw: KubeObject) => P, options: { readonly indexes: Indexes<P>; readonly labelSelector?: string }): Reflector<P> {
    return createReflector<P>({ client, type, ...(namespace === undefined ? {} : { namespace }), project, clock, random, log, onRewind, onState: (state) => onState(type.plural, state), ...options });
  }
  const uidIndex = { [byUid]: ({ metadata }: Projected) => [metadata.uid] };
  const caches = {
    missions: reflect(missions, (raw) => slim<Mission>(raw), { indexes: uidIndex }),
    tasks: reflect(tasks, (raw) => slim<Task>(raw), { indexes: {} }),
    pools: reflect(agentPools, (raw) => slim<AgentPool>(raw), { indexes: {} }),
    pods: reflect(pods, (raw) => toPoolPod(raw as KubePod), { indexes: { ...poolPodIndexes, ...uidIndex }, labelSelector: poolPodSelector }),
  };
  const all: readonly [string, Reflector<never> | Reflector<Projected>][] = [[missions.plural, caches.missions as never], [tasks.plural, caches.tasks as never], [agentPools.plural, caches.pools as never], [pods.plural, caches.pods as never]];
  return {
    ...caches,
    synced: Promise.all(all.map(([, reflector]) => reflector.synced)).then(() => undefined),
    start: () => all.forEach(([, reflector]) => reflector.start()),
    stop: async () => void (await Promise.all(all.map(([, reflector]) => reflector.stop()))),
    relist: (plurals) => all.filter(([plural]) => plurals.includes(plural)).forEach(([, reflector]) => reflector.relist()),
  };
}

/** An object without what nobody here reads: managedFields and the copy that kubectl keeps are up to half of it. */
function slim<T extends KubeObject>(raw: KubeObject): T {
  const { managedFields: _fields, annotations, ...metadata } = raw.metadata as KubeObject['metadata'] & { managedFields?: unknown };
  const { 'kubectl.kubernetes.io/last-applied-configuration': _applied, ...kept } = annotations ?? {};
  return { ...raw, metadata: { ...metadata, annotations: kept } } as unknown as T;
}
