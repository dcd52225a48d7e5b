// The agent's side of the Work stream: mutual TLS with its own certificate, one HTTP/2 connection a stream.
// A renewed certificate is used by the next stream; the one that exists goes on until its owner closes it.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import type { AgentConfig } from '#api/config/agent.ts';
import type { OperatorAddress } from '#api/endpoints.ts';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Credential } from './certificates.ts';
import { type Enrolment, type EnrolmentOptions, startEnrolment } from './enrolment-client.ts';
import { type WorkRequestSchema, type WorkResponse, WorkService } from './generated/coditect/v1alpha1/task_queue_pb.ts';
import { workLimits } from './limits.ts';
import { createOutbox } from './outbox.ts';
import { dialOptions, operatorName } from './tls.ts';

type WorkMessage = MessageInitShape<typeof WorkRequestSchema>;

export interface AgentChannelOptions extends Pick<EnrolmentOptions, 'addresses' | 'clock' | 'random' | 'log'> {
  readonly config: Pick<AgentConfig, 'tokenFile' | 'caBundle' | 'operatorNamespace'>;
}

/** One open Work stream. */
export interface WorkConnection {
  /** Queues a message. What is sent after the end is lost without an error; too much for a peer that does not read ends the stream. */
  send(message: WorkMessage): void;
  /** Ends with the stream, throws when it breaks. Iterated once. */
  readonly messages: AsyncIterable<WorkResponse>;
  /** Sends what is queued, then ends the stream; cuts it two seconds later. */
  close(reason: string): void;
  /** Resolves with the reason once the stream is over, which whoever iterates `messages` finds out. */
  readonly closed: Promise<string>;
}

export interface AgentChannel {
  /** Resolves with the first certificate. */
  readonly ready: Promise<void>;
  /** What this agent shows to others, the blob service for one; undefined before the first certificate. */
  credential(): Credential | undefined;
  addresses(): Promise<readonly OperatorAddress[]>;
  /** Opens a stream with the newest certificate. Rejects when the replica cannot be reached or is not ours. */
  connect(address: OperatorAddress): Promise<WorkConnection>;
  onRenewed(listener: () => void): () => void;
  /** Ends renewals; streams are closed by who opened them. */
  close(): void;
}

const pingMs = 5000;
const closeMs = 2000;
const maxQueued = 4096;

/** Enrols this agent and opens streams for it. */
export function createAgentChannel({ config, ...options }: AgentChannelOptions): AgentChannel {
  const enrolment = startEnrolment({ ...options, tokenFile: config.tokenFile, operatorNamespace: config.operatorNamespace, trust: () => Promise.resolve(config.caBundle) });
  return {
    ready: enrolment.ready,
    credential: () => enrolment.current(),
    addresses: () => options.addresses.current(),
    connect: async (address) => openStream(await openSession(address, config.operatorNamespace, enrolment), address, options.clock),
    onRenewed: (listener) => enrolment.onRenewed(listener),
    close: () => enrolment.close(),
  };
}

async function openSession(address: OperatorAddress, operatorNamespace: string, enrolment: Enrolment): Promise<Http2SessionManager> {
  await enrolment.ready;
  const credential = enrolment.current();
  if (credential === undefined) throw new Error('cannot dial the operator: there is no certificate yet');
  // Pings only while the stream is open: with pingIdleConnection a cut stream arms one more, on a dead connection, and that throws where nobody can catch it.
  const session = new Http2SessionManager(`https://${address.work}`, { pingIntervalMs: pingMs, pingTimeoutMs: pingMs }, dialOptions(operatorName(operatorNamespace), credential));
  if ((await session.connect()) === 'error') throw new ConnectError(`cannot open the work stream to ${address.pod}: ${messageOf(session.error())}; another replica or another try may do`, Code.Unavailable);
  return session;
}

function openStream(session: Http2SessionManager, address: OperatorAddress, clock: Clock): WorkConnection {
  const client = createClient(WorkService, createGrpcTransport({ baseUrl: `https://${address.work}`, sessionManager: session, readMaxBytes: workLimits.messageBytes, writeMaxBytes: workLimits.messageBytes }));
  const outbox = createOutbox<WorkMessage>(maxQueued);
  const over = Promise.withResolvers<string>();
  const stream = client.work(outbox.messages);
  let ourReason: string | undefined;
  let cancelCut = () => {};
  const end = (reason: string) => {
    cancelCut();
    outbox.end();
    over.resolve(ourReason ?? reason);
    session.abort();
  };
  const close = (reason: string) => {
    if (ourReason !== undefined) return;
    ourReason = reason;
    // Queued messages go out first; a peer that does not answer is not waited for.
    outbox.end();
    cancelCut = clock.after(closeMs, () => end(reason));
  };
  return {
    send: (message) => {
      if (outbox.push(message) === 'full') end('the operator does not read what it is sent');
    },
    messages: received(stream, end),
    close,
    closed: over.promise,
  };
}

async function* received(stream: AsyncIterable<WorkResponse>, end: (reason: string) => void): AsyncGenerator<WorkResponse> {
  let reason = 'the operator ended the stream';
  try {
    yield* stream;
  } catch (error) {
    reason = messageOf(error);
    throw error;
  } finally {
    end(reason);
  }
}
