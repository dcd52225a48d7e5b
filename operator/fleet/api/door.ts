// What every call of the api listener passes: who asks, whether they may, which Mission is meant, and whether this replica can answer.
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import type { Authenticator } from '#api/access.ts';
import { group } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { ObjectKey, Store } from '#platform/kube/types.ts';
import { requireAccess } from '#platform/rpc/auth.ts';
import { keyFrom } from './parse.ts';

/** Passes when the caller may create missions in this namespace. */
export function mayCreate(authenticator: Authenticator, context: HandlerContext, namespace: string): Promise<void> {
  return requireAccess(authenticator, context, { verb: 'create', group, resource: 'missions', namespace });
}

export interface DoorDeps {
  readonly authenticator: Authenticator;
  readonly missions: Store<Mission>;
}

/** The Mission that a request names, for a caller who may get `resource` there. Nobody learns whether a mission exists that they may not read. */
export async function readableMission({ authenticator, missions }: DoorDeps, context: HandlerContext, key: ObjectKey | undefined, resource: 'missions' | 'tasks' = 'missions'): Promise<Mission> {
  const { namespace, name } = keyFrom(key, 'mission');
  await requireAccess(authenticator, context, { verb: 'get', group, resource, namespace, ...(resource === 'missions' ? { name } : {}) });
  const mission = missions.get({ namespace, name });
  if (mission === undefined) throw new ConnectError(`mission ${namespace}/${name} does not exist`, Code.NotFound);
  return mission;
}

/** FAILED_PRECONDITION: only the leader holds this in memory. */
export function notLeader(): ConnectError {
  return new ConnectError('not leader: this replica follows; ask the one that holds the lease', Code.FailedPrecondition);
}
