// One request id, one Mission: creation that may be repeated, and the API server's refusals in the words of gRPC.
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import type { Authenticator } from '#api/access.ts';
import { missions } from '#api/v1alpha1/kinds.ts';
import { type Mission, MissionSpec } from '#api/v1alpha1/mission.ts';
import { canonicalJson } from '#domain/digest.ts';
import { messageOf } from '#platform/errors.ts';
import { createIfAbsent } from '#platform/kube/create-if-absent.ts';
import { isKubeError } from '#platform/kube/error.ts';
import type { KubeClient, KubeReason, ObjectKey } from '#platform/kube/types.ts';
import { mayCreate } from './door.ts';
import type { WantedMission } from './mission-request.ts';
import { namespaceFrom } from './parse.ts';

export interface CreationDeps {
  readonly client: Pick<KubeClient, 'create' | 'get'>;
  readonly authenticator: Authenticator;
}

/** Makes the mission that a request wants, for a caller who may: what the request says is judged only after that. */
export async function createMission({ client, authenticator }: CreationDeps, context: HandlerContext, requested: string, wanted: () => WantedMission): Promise<{ readonly mission: ObjectKey; readonly uid: string }> {
  const namespace = namespaceFrom(requested, 'namespace');
  await mayCreate(authenticator, context, namespace);
  const { metadata } = await ensureMission(client, namespace, wanted());
  return { mission: { namespace, name: metadata.name }, uid: metadata.uid };
}

/** The Mission of this name and content: the one that is there, or a new one. Rejects with a ConnectError. */
async function ensureMission(client: Pick<KubeClient, 'create' | 'get'>, namespace: string, { name, spec }: WantedMission): Promise<Mission> {
  const { object, created } = await told(() => createIfAbsent<Mission>(client, missions, { apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', metadata: { name, namespace }, spec }));
  if (created || sameSpec(object.spec, spec)) return object;
  throw new ConnectError(`mission ${namespace}/${name} exists with another content; choose another request_id`, Code.AlreadyExists);
}

/** Equal after defaults: the API server fills them in, and a caller may leave them out or write them. */
function sameSpec(found: unknown, wanted: MissionSpec): boolean {
  const { data } = MissionSpec.safeParse(found);
  return data !== undefined && canonicalJson(data) === canonicalJson(wanted);
}

const codes: Partial<Record<KubeReason, Code>> = {
  NotFound: Code.NotFound,
  AlreadyExists: Code.AlreadyExists,
  Conflict: Code.Aborted,
  Invalid: Code.InvalidArgument,
  BadRequest: Code.InvalidArgument,
  RequestEntityTooLarge: Code.InvalidArgument,
  Forbidden: Code.PermissionDenied,
  TooManyRequests: Code.ResourceExhausted,
};

async function told<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isKubeError(error)) throw error;
    throw new ConnectError(messageOf(error), codes[error.reason] ?? Code.Unavailable);
  }
}
