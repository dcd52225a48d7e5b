// Where each pod of a pool stands: what the cache shows, joined with what the fleet knows. A pod that is in neither does not exist.
import type { Instant } from '#api/time.ts';
import { templateHash } from './pod.ts';
import type { PoolAgent, PoolPod, PoolView } from './view.ts';

/**
 * - `connected`: its agent takes tasks
 * - `draining`: its agent takes no new ones
 * - `silent`: it runs, but is not connected: it may be starting, or cut off with a task
 * - `down`: no process of its agent exists
 * - `ended`: the pod is over for good
 * - `terminating`: it is being deleted
 */
export type Standing = 'connected' | 'draining' | 'silent' | 'down' | 'ended' | 'terminating';

export interface Member {
  readonly pod: PoolPod;
  /** What the fleet says; present for connected and draining. */
  readonly agent?: PoolAgent;
  readonly standing: Standing;
  /** Made from an earlier template. */
  readonly stale: boolean;
}

/** All pods of the view, in its order. */
export function membersOf({ pool, pods, demand }: PoolView): Member[] {
  const hash = templateHash(pool.spec);
  const agents = new Map(demand.agents.map((agent) => [agent.podUid, agent]));
  return pods.map((pod) => {
    const agent = agents.get(pod.metadata.uid);
    const stale = pod.templateHash !== hash;
    const standing = standingOf(pod, agent);
    return agent === undefined ? { pod, standing, stale } : { pod, agent, standing, stale };
  });
}

function standingOf(pod: PoolPod, agent: PoolAgent | undefined): Standing {
  if (pod.metadata.deletionTimestamp !== undefined) return 'terminating';
  if (isOver(pod)) return 'ended';
  if (agent !== undefined) return agent.draining ? 'draining' : 'connected';
  return pod.phase === 'Pending' || pod.containerTerminated ? 'down' : 'silent';
}

function isOver({ phase }: PoolPod): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Agents that take tasks or will once they are up. Those that leave are no capacity. */
export function isCapacity({ standing }: Member): boolean {
  return standing === 'connected' || standing === 'silent' || standing === 'down';
}

/** Everything that still takes resources of the cluster: pods that terminate do, pods that are over do not. */
export function takesRoom({ pod }: Member): boolean {
  return !isOver(pod);
}

export function isBusy({ agent }: Member): boolean {
  return agent !== undefined && agent.used > 0;
}

/** Since when pods that run have been silent, given what was known before. */
export function silentSince(members: readonly Member[], before: Readonly<Record<string, Instant>>, now: Instant): Record<string, Instant> {
  const silent = members.filter(({ standing }) => standing === 'silent');
  return Object.fromEntries(silent.map(({ pod: { metadata } }) => [metadata.uid, before[metadata.uid] ?? now]));
}
