// What the operator keeps of the cluster: one reflector for each kind. Followers run them too, so a takeover starts warm.
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Approval } from '#api/v1alpha1/approval.ts';
import { agentPools, approvals, missions, plans, type ResourceType, tasks } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { Clock } from '#platform/clock.ts';
import type { Random } from '#platform/ids.ts';
import type { WatchingClient } from '#platform/kube/client.ts';
import { createReflector, type Reflector, type ReflectorState } from '#platform/kube/reflector.ts';
import { leases, pods } from '#platform/kube/resources.ts';
import type { Indexes, Projected } from '#platform/kube/store.ts';
import type { KubeObject } from '#platform/kube/types.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { PoolPod } from './agentpool/decide/view.ts';
import { waitsForName } from './mission/index.ts';
import { type MirrorLease, mirrorLeaseSelector, toMirrorLease } from './agentpool/mirror.ts';
import { type KubePod, poolPodIndexes, poolPodSelector, toPoolPod } from './agentpool/pool-pod.ts';

export interface Caches {
  readonly missions: Reflector<Mission>;
  readonly plans: Reflector<Plan>;
  readonly approvals: Reflector<Approval>;
  readonly tasks: Reflector<Task>;
  readonly pools: Reflector<AgentPool>;
  readonly pods: Reflector<PoolPod>;
  /** The Lease of the mirror. Nothing waits for it: an installation may have none, or no right to look. */
  readonly mirror: Reflector<MirrorLease>;
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
  /** Namespace of the installation. */
  readonly home: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The server's versions went back: it was restored. */
  readonly onRewind: () => void;
  readonly onState: (plural: string, state: ReflectorState) => void;
}

/** Index of objects by uid. */
export const byUid = 'uid';
/** Index of plans and approvals by the uid of their mission. */
export const byMission = 'mission';
/** Index of missions by namespace: those that wait for a name that an object of somebody else holds. */
export const byAwaitedNames = 'awaitedNames';

/** Caches that do nothing before start(). */
export function createCaches({ client, namespace, home, clock, random, log, onRewind, onState }: CachesDeps): Caches {
  function reflect<P extends Projected>(type: ResourceType, project: (raw: KubeObject) => P, options: { readonly indexes: Indexes<P>; readonly labelSelector?: string }): Reflector<P> {
    return createReflector<P>({ client, type, ...(namespace === undefined ? {} : { namespace }), project, clock, random, log, onRewind, onState: (state) => onState(type.plural, state), ...options });
  }
  const uidIndex = { [byUid]: ({ metadata }: Projected) => [metadata.uid] };
  const caches = {
    missions: reflect(missions, (raw) => slim<Mission>(raw), { indexes: { ...uidIndex, [byAwaitedNames]: (mission) => (waitsForName(mission) ? [mission.metadata.namespace] : []) } }),
    plans: reflect(plans, (raw) => slim<Plan>(raw), { indexes: { [byMission]: ({ spec }) => [spec.missionRef.uid] } }),
    approvals: reflect(approvals, (raw) => slim<Approval>(raw), { indexes: { [byMission]: ({ spec }) => [spec.missionRef.uid] } }),
    tasks: reflect(tasks, (raw) => slim<Task>(raw), { indexes: {} }),
    pools: reflect(agentPools, (raw) => slim<AgentPool>(raw), { indexes: {} }),
    pods: reflect(pods, (raw) => toPoolPod(raw as KubePod), { indexes: { ...poolPodIndexes, ...uidIndex }, labelSelector: poolPodSelector }),
  };
  const byPlural: ReadonlyMap<string, Running> = new Map<string, Running>([[missions.plural, caches.missions], [plans.plural, caches.plans], [approvals.plural, caches.approvals], [tasks.plural, caches.tasks], [agentPools.plural, caches.pools], [pods.plural, caches.pods]]);
  const mirror = createReflector<MirrorLease>({ client, type: leases, namespace: home, fieldSelector: mirrorLeaseSelector, project: toMirrorLease, indexes: {}, clock, random, log, onState: (state) => onState(leases.plural, state) });
  const needed = [...byPlural.values()];
  const all = [...needed, mirror];
  return {
    ...caches,
    mirror,
    synced: Promise.all(needed.map(({ synced }) => synced)).then(() => undefined),
    start: () => all.forEach((reflector) => reflector.start()),
    stop: async () => void (await Promise.all(all.map((reflector) => reflector.stop()))),
    relist: (plurals) => plurals.forEach((plural) => byPlural.get(plural)?.relist()),
  };
}

/** A reflector, whatever it keeps. */
type Running = Pick<Reflector<unknown>, 'synced' | 'start' | 'stop' | 'relist'>;

/** An object without what nobody here reads: managedFields and the copy that kubectl keeps are up to half of it. Its shape is what the CRD lets in. */
function slim<T extends KubeObject>(raw: KubeObject): T {
  const { managedFields: _fields, annotations, ...metadata } = raw.metadata as KubeObject['metadata'] & { readonly managedFields?: unknown };
  const { 'kubectl.kubernetes.io/last-applied-configuration': _applied, ...kept } = annotations ?? {};
  return { ...(raw as T), metadata: { ...metadata, annotations: kept } };
}
