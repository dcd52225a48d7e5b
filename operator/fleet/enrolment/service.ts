// Hands out certificates: a token that names a live pod, and a key proven by its request, become an identity for an hour.
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import type { User } from '#api/access.ts';
import { agentUri, roleUri } from '#api/identity.ts';
import { audiences } from '#api/labels.ts';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import { issueLeaf, type LeafOrder } from '#platform/rpc/certificates.ts';
import type { EnrolmentService } from '#platform/rpc/generated/coditect/v1alpha1/enrolment_pb.ts';
import { type AuthorityState, bundleOf } from '#platform/rpc/rotation.ts';
import { blobsName, consoleName, llmGatewayName, mirrorName } from '#platform/rpc/tls.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { type Admission, admit, type FindLivePod } from './admission.ts';
import { createRateLimit } from './rate-limit.ts';

export interface EnrolmentServiceOptions {
  /** The holder of a token that is valid for this audience. */
  readonly review: (token: string, audience: string) => Promise<User | undefined>;
  readonly livePod: FindLivePod;
  /** The CAs; undefined until they have been read. */
  readonly authorities: () => AuthorityState | undefined;
  readonly operatorNamespace: string;
  /** Life of the certificates, in seconds. */
  readonly certificateSeconds: number;
  readonly clock: Clock;
  readonly log: Log;
}

const maxTokenLength = 16_384;
const maxRequestBytes = 4096;

/** Handlers of the enrolment listener. */
export function createEnrolmentService(options: EnrolmentServiceOptions): ServiceImpl<typeof EnrolmentService> {
  const { certificateSeconds, clock, log } = options;
  // A healthy agent asks every half life of its certificate; one that restarts all the time is slowed down.
  const mayAsk = createRateLimit({ clock, burst: 6, refillMs: 10_000, maxCallers: 20_000 });
  return {
    enrol: async ({ token, certificateRequest }) => {
      if (token.length > maxTokenLength || certificateRequest.byteLength > maxRequestBytes) throw new ConnectError('the token or the certificate request is too large', Code.InvalidArgument);
      const authorities = options.authorities();
      if (authorities === undefined) throw new ConnectError('this replica has no CA yet; try again', Code.Unavailable);
      const holder = await holderOf(token, options);
      const admission = admit(holder, options.livePod, options.operatorNamespace);
      if (admission.kind === 'refused') return refuse(log, holder, admission.reason);
      const order = orderFor(admission, options);
      if (!mayAsk(order.uri)) throw new ConnectError(`${order.uri} asks for certificates too often; wait a minute`, Code.ResourceExhausted);
      const issued = await issueLeaf(authorities.current, certificateRequest, order, clock.now());
      if (issued.kind === 'refused') throw new ConnectError(issued.reason, Code.InvalidArgument);
      log.info('issued a certificate', { uri: order.uri, lifetimeSeconds: certificateSeconds });
      return { certificate: issued.certificate, caBundle: bundleOf(authorities), renewAfterSeconds: Math.floor(certificateSeconds / 2) };
    },
  };
}

async function holderOf(token: string, { review }: EnrolmentServiceOptions): Promise<User> {
  const holder = await review(token, audiences.agents).catch((error: unknown) => {
    throw new ConnectError(`cannot ask the API server about the token: ${messageOf(error)}; try again`, Code.Unavailable);
  });
  if (holder === undefined) throw new ConnectError(`the token is not valid for audience ${audiences.agents}; read the token file again`, Code.Unauthenticated);
  return holder;
}

function refuse(log: Log, holder: User, reason: string): never {
  log.warn('refused a certificate', { user: holder.username, reason });
  throw new ConnectError(reason, Code.PermissionDenied);
}

function orderFor(admission: Exclude<Admission, { kind: 'refused' }>, { certificateSeconds, operatorNamespace }: EnrolmentServiceOptions): LeafOrder {
  if (admission.kind === 'agent') return { uri: agentUri(admission.agent), usage: 'client', lifetimeSeconds: certificateSeconds };
  const dnsName = { blobs: blobsName, 'llm-gateway': llmGatewayName, mirror: mirrorName, console: consoleName }[admission.role](operatorNamespace);
  return { uri: roleUri(admission.role), dnsNames: [dnsName], usage: 'server', lifetimeSeconds: certificateSeconds };
}
