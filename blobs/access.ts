// Who may do what with a blob: agents by a grant of the operator, people by what they may read on the API server. The operator itself may have
// blobs copied and neither reads nor writes any.
import type { IncomingHttpHeaders } from 'node:http';
import type { Authenticator } from '#api/access.ts';
import { type BlobAddress, blobHeaders } from '#api/blobs.ts';
import { type AgentIdentity, agentUri } from '#api/identity.ts';
import { group } from '#api/v1alpha1/kinds.ts';
import type { Clock } from '#platform/clock.ts';
import { userOf } from '#platform/rpc/auth.ts';
import type { GrantVerifier } from '#platform/rpc/grant.ts';

export interface AccessOptions {
  /** Checks grants under the newest CA bundle. */
  readonly verifyGrant: GrantVerifier;
  readonly authenticator: Authenticator;
  /** UIDs that own the blobs of an object: its own and its mission's. Empty when there is no such object. Rejects when the API server cannot be asked. */
  readonly ownersOf: (object: NamedObject) => Promise<readonly string[]>;
  readonly clock: Clock;
}

/** A Mission or Task as the `Coditect-Object` header names it. */
export interface NamedObject {
  readonly namespace: string;
  readonly plural: 'missions' | 'tasks';
  readonly name: string;
}

/** Who stands behind a request. */
export interface Caller {
  /** The agent whose certificate was shown. */
  readonly agent: AgentIdentity | undefined;
  /** True when the certificate that was shown is the operator's. */
  readonly isOperator: boolean;
  readonly headers: IncomingHttpHeaders;
}

export type Access = { readonly kind: 'allowed' } | { readonly kind: 'refused'; readonly status: 401 | 403; readonly reason: string };

export interface BlobAccess {
  mayPut(caller: Caller, address: BlobAddress): Access;
  /** Whether blobs may be copied from one owner to another one of the same namespace. */
  mayCopy(caller: Caller): Access;
  /** Rejects when the API server cannot be asked. */
  mayGet(caller: Caller, address: BlobAddress): Promise<Access>;
}

const allowed: Access = { kind: 'allowed' };
const refused = (status: 401 | 403, reason: string): Access => ({ kind: 'refused', status, reason });

const objectPattern = /^([a-z0-9-]{1,63})\/(missions|tasks)\/([a-z0-9.-]{1,253})$/;

/** The rules over these sources of truth. */
export function createBlobAccess(options: AccessOptions): BlobAccess {
  return {
    mayPut: (caller, address) => (caller.agent === undefined ? refused(401, 'only agents store blobs: show an agent\'s certificate') : byGrant(options, caller.agent, { caller, address })),
    mayCopy: ({ isOperator }) => (isOperator ? allowed : refused(403, 'only the operator has blobs copied')),
    mayGet: async (caller, address) => (caller.agent === undefined ? byToken(options, caller, address) : byGrant(options, caller.agent, { caller, address })),
  };
}

function byGrant({ verifyGrant, clock }: AccessOptions, agent: AgentIdentity, { caller, address }: { readonly caller: Caller; readonly address: BlobAddress }): Access {
  const text = caller.headers[blobHeaders.grant];
  if (typeof text !== 'string') return refused(401, `the header ${blobHeaders.grant} is missing`);
  const verdict = verifyGrant(text, agentUri(agent), clock.now());
  if (verdict.kind === 'refused') return refused(403, verdict.reason);
  const { namespaceUid, ownerUid } = verdict.grant;
  return namespaceUid === address.namespaceUid && ownerUid === address.ownerUid ? allowed : refused(403, 'the grant is for blobs of another owner');
}

async function byToken({ authenticator, ownersOf }: AccessOptions, caller: Caller, address: BlobAddress): Promise<Access> {
  const user = await userOf(authenticator, caller.headers.authorization);
  if (user === undefined) return refused(401, 'neither an agent\'s certificate nor a valid bearer token was shown');
  const object = parseObject(caller.headers[blobHeaders.object]);
  if (object === undefined) return refused(403, `the header ${blobHeaders.object} must be <namespace>/<missions|tasks>/<name>`);
  const { namespace, plural, name } = object;
  const mayRead = await authenticator.allowed(user, { verb: 'get', group, resource: plural, namespace, name });
  if (!mayRead) return refused(403, `user ${user.username} may not get ${plural}.${group} ${name} in namespace ${namespace}`);
  const owners = await ownersOf(object);
  return owners.includes(address.ownerUid) ? allowed : refused(403, `the blob does not belong to ${namespace}/${plural}/${name}`);
}

function parseObject(text: string | string[] | undefined): NamedObject | undefined {
  const [, namespace, plural, name] = objectPattern.exec(typeof text === 'string' ? text : '') ?? [];
  if (namespace === undefined || name === undefined || (plural !== 'missions' && plural !== 'tasks')) return undefined;
  return { namespace, plural, name };
}
