// The work stream of an agent: its hello, then messages in both directions until either side ends it.
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { AgentIdentity } from '#api/identity.ts';
import { plainText } from '#domain/conditions.ts';
import { messageOf } from '#platform/errors.ts';
import { type WorkRequest, type WorkResponse, WorkResponseSchema, type WorkService } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import { createOutbox } from '#platform/rpc/outbox.ts';
import { callingAgent } from '#platform/rpc/servers.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { AttemptRef } from '../../task/agents-port.ts';
import type { Report } from '../../task/attempts.ts';
import type { Fleet, Outbox } from './fleet.ts';
import { checkFinished, type CheckedHello, checkHello, checkProgress, checkReference, ProtocolFault, type Told } from './messages.ts';

/** What an agent says once it has been introduced. It says nothing of whether the agent has the attempt: that is the listener's to judge. */
export interface WorkListener {
  started(agentUid: string, attempt: AttemptRef): void;
  finished(agentUid: string, report: Report): void;
  refused(agentUid: string, refusal: AttemptRef & { readonly reason: string }): void;
  progress(agentUid: string, progress: Told): void;
  log(agentUid: string, chunk: { readonly taskUid: string; readonly attempt: number; readonly offset: bigint; readonly data: Uint8Array }): void;
}

/** The part of a leader's term that serves agents; undefined while this replica follows. */
export interface Leadership {
  readonly term: number;
  readonly leaseSeconds: number;
  readonly fleet: Fleet;
  readonly listener: WorkListener;
  /** Called when an agent has seen a higher term than ours: we are deposed. */
  deposedBy(term: number): void;
}

export interface WorkServiceDeps {
  readonly leadership: () => Leadership | undefined;
  /** Resolves at the next change of leadership: streams of a follower end then, so that agents introduce themselves anew. */
  readonly leadershipChanged: () => Promise<void>;
  readonly knownTerm: () => number;
  /** True while the pod with this uid exists and belongs to that pool. */
  readonly isLivePod: (agent: AgentIdentity) => boolean;
  readonly log: Log;
}

export const protocolVersion = 1;

/** The WorkService of this replica. */
export function createWorkService(deps: WorkServiceDeps): ServiceImpl<typeof WorkService> {
  return {
    async *work(requests: AsyncIterable<WorkRequest>, context: HandlerContext) {
      const agent = callingAgent(context);
      if (!deps.isLivePod(agent)) throw new ConnectError(`pod ${agent.namespace}/${agent.pod} with uid ${agent.uid} does not exist in pool ${agent.pool}`, Code.PermissionDenied);
      const incoming = requests[Symbol.asyncIterator]();
      const hello = await introduction(incoming);
      // Asked for at the same moment: a change while the answer is on its way must not be missed.
      const [leadership, changed] = [deps.leadership(), deps.leadershipChanged()];
      if (leadership === undefined) {
        yield create(WorkResponseSchema, { message: { case: 'notLeader', value: { knownTerm: deps.knownTerm() } } });
        await Promise.race([changed, aborted(context.signal)]);
        return;
      }
      if (hello.highestTerm > leadership.term) return leadership.deposedBy(hello.highestTerm);
      yield* serve({ agent, hello, incoming, leadership, signal: context.signal, log: deps.log });
    },
  };
}

async function introduction(incoming: AsyncIterator<WorkRequest>): Promise<CheckedHello> {
  const first = await incoming.next();
  if (first.done === true || first.value.message.case !== 'hello') throw new ConnectError('the first message must be a hello', Code.InvalidArgument);
  const { value } = first.value.message;
  const hello = checked(() => checkHello(value));
  if (hello.protocolMin > protocolVersion || hello.protocolMax < protocolVersion) {
    throw new ConnectError(`this operator speaks protocol ${protocolVersion}, the agent ${hello.protocolMin} to ${hello.protocolMax}; upgrade the older one`, Code.FailedPrecondition);
  }
  return hello;
}

interface Conversation {
  readonly agent: AgentIdentity;
  readonly hello: CheckedHello;
  readonly incoming: AsyncIterator<WorkRequest>;
  readonly leadership: Leadership;
  readonly signal: AbortSignal;
  readonly log: Log;
}

async function* serve({ agent, hello, incoming, leadership, signal, log }: Conversation): AsyncGenerator<WorkResponse> {
  const { fleet, term, leaseSeconds } = leadership;
  const { outbox, messages } = openOutbox(signal);
  let fault: unknown;
  try {
    outbox.send(create(WorkResponseSchema, { message: { case: 'hello', value: { protocol: protocolVersion, term, leaseSeconds } } }));
    fleet.open(agent, hello, outbox);
    void listen(incoming, agent.uid, outbox, leadership)
      .catch((error: unknown) => {
        fault = error;
        if (!signal.aborted) log.warn('work stream broke', { agent: agent.pod, namespace: agent.namespace, error: messageOf(error) });
      })
      .finally(() => outbox.close('the agent ended the stream'));
    yield* messages;
  } finally {
    fleet.closed(agent.uid, outbox);
  }
  if (fault !== undefined) throw fault;
}

async function listen(incoming: AsyncIterator<WorkRequest>, agentUid: string, outbox: Outbox, leadership: Leadership): Promise<void> {
  for (;;) {
    const next = await incoming.next();
    if (next.done === true || !leadership.fleet.heard(agentUid, outbox)) return;
    checked(() => receive(agentUid, next.value, outbox, leadership.listener));
  }
}

function receive(agentUid: string, { message }: WorkRequest, outbox: Outbox, listener: WorkListener): void {
  switch (message.case) {
    case 'heartbeat':
      return outbox.send(create(WorkResponseSchema, { message: { case: 'heartbeatAck', value: { sequence: message.value.sequence } } }));
    case 'started':
    case 'reissueAck':
      return listener.started(agentUid, checkReference(message.value, message.case));
    case 'finished':
      return listener.finished(agentUid, checkFinished(message.value));
    case 'refused':
      return listener.refused(agentUid, { ...checkReference(message.value, message.case), reason: plainText(message.value.reason, 256) });
    case 'progress':
      return listener.progress(agentUid, checkProgress(message.value));
    case 'log': {
      const { taskUid, attempt, offset, data } = message.value;
      return listener.log(agentUid, { taskUid, attempt, offset, data });
    }
    case undefined:
      return;
    case 'hello':
      throw new ProtocolFault('a second hello on one stream');
  }
}

// An agent that asks and does not read must not fill our memory: its stream ends, and it comes back with its claims.
const maxQueued = 1024;

/** Queue of messages to the agent, drained by the stream. */
function openOutbox(signal: AbortSignal): { readonly outbox: Outbox; readonly messages: AsyncIterable<WorkResponse> } {
  const queue = createOutbox<WorkResponse>(maxQueued);
  signal.addEventListener('abort', () => queue.end(), { once: true });
  const send = (message: WorkResponse): void => {
    if (queue.push(message) === 'full') queue.end();
  };
  return { outbox: { send, close: () => queue.end() }, messages: queue.messages };
}

function checked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ProtocolFault) throw new ConnectError(error.message, Code.InvalidArgument);
    throw error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
}
