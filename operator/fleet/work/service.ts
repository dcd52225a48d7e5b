// The work stream of an agent: its hello, then messages in both directions until either side ends it.
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { AgentIdentity } from '#api/identity.ts';
import type { Epoch } from '#api/v1alpha1/schema.ts';
import { messageOf } from '#platform/errors.ts';
import { type WorkRequest, type WorkResponse, WorkResponseSchema, type WorkService } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import { callingAgent } from '#platform/rpc/servers.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Report } from '../../task/attempts.ts';
import type { Fleet, Outbox } from './fleet.ts';
import { checkFinished, type CheckedHello, checkHello, epochOf, ProtocolFault } from './messages.ts';

/** What an agent says once it has been introduced. */
export interface WorkListener {
  started(agentUid: string, taskUid: string, attempt: number, epoch: Epoch): void;
  finished(agentUid: string, report: Report): void;
  refused(agentUid: string, taskUid: string, attempt: number, epoch: Epoch, reason: string): void;
  progress(taskUid: string, epoch: Epoch, percent: number, message: string): void;
  log(taskUid: string, attempt: number, offset: bigint, data: Uint8Array): void;
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
      const leadership = deps.leadership();
      if (leadership === undefined) {
        yield create(WorkResponseSchema, { message: { case: 'notLeader', value: { knownTerm: deps.knownTerm() } } });
        await Promise.race([deps.leadershipChanged(), aborted(context.signal)]);
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
  const hello = checked(() => checkHello(first.value.message.value as never));
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
  const outbox = createOutbox(signal);
  outbox.send(create(WorkResponseSchema, { message: { case: 'hello', value: { protocol: protocolVersion, term, leaseSeconds } } }));
  fleet.open(agent, hello, outbox);
  const listening = listen(incoming, agent.uid, outbox, leadership).then(
    () => outbox.close('the agent ended the stream'),
    (error: unknown) => {
      if (!signal.aborted) log.warn('work stream broke', { agent: agent.pod, namespace: agent.namespace, error: messageOf(error) });
      outbox.close(messageOf(error));
    },
  );
  try {
    yield* outbox.messages();
  } finally {
    fleet.closed(agent.uid, outbox);
    void listening;
  }
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
      return listener.started(agentUid, message.value.taskUid, message.value.attempt, epochOf(message.value.epoch));
    case 'finished':
      return listener.finished(agentUid, checkFinished(message.value));
    case 'refused':
      return listener.refused(agentUid, message.value.taskUid, message.value.attempt, epochOf(message.value.epoch), message.value.reason);
    case 'progress':
      return listener.progress(message.value.taskUid, epochOf(message.value.epoch), Math.min(100, message.value.percent), message.value.message.slice(0, 256));
    case 'log':
      return listener.log(message.value.taskUid, message.value.attempt, message.value.offset, message.value.data);
    case undefined:
      return;
    case 'hello':
      throw new ProtocolFault('a second hello on one stream');
  }
}

/** Queue of messages to the agent, drained by the stream. */
function createOutbox(signal: AbortSignal): Outbox & { messages(): AsyncGenerator<WorkResponse> } {
  const queue: WorkResponse[] = [];
  let closed = false;
  let wake = () => {};
  signal.addEventListener('abort', () => close(), { once: true });
  function close(): void {
    closed = true;
    wake();
  }
  return {
    send(message) {
      if (closed) return;
      queue.push(message);
      wake();
    },
    close,
    async *messages() {
      for (;;) {
        const message = queue.shift();
        if (message !== undefined) yield message;
        else if (closed) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
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
