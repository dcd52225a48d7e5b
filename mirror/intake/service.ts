// Takes what agents tell. It is evidence of nothing, yet it is kept for long: so whoever tells must hold the grant of the task, and every word is checked.
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import { type AgentIdentity, agentUri } from '#api/identity.ts';
import { formatTimeMs } from '#api/time.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { type Clock, delay } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { EventPublisher } from '#platform/nats/types.ts';
import type { EventIntakeService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import type { GrantVerifier } from '#platform/rpc/grant.ts';
import { callingAgent } from '#platform/rpc/servers.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import type { Listener } from '#mirror/ports.ts';
import { readThoughts, thoughtEvent } from './decide/read.ts';

/** Why a request was not taken. */
export type Refusal = 'grant' | 'events' | 'task' | 'disk';

export interface IntakeOptions {
  /** Checks grants under the newest CA bundle. */
  readonly verifyGrant: GrantVerifier;
  /** A task by its uid, as far as it is known now. */
  readonly task: (uid: string) => Task | undefined;
  readonly publisher: Pick<EventPublisher, 'publish'>;
  readonly listeners: readonly Listener[];
  readonly onTold: (events: readonly CloudEvent[]) => void;
  readonly onRefused: (why: Refusal) => void;
  readonly clock: Clock;
}

/** How long the watch may be behind an agent that is quick, in milliseconds. */
const behindMs = { most: 2000, look: 50 } as const;

/** Handlers of the intake listener. */
export function createIntakeService(options: IntakeOptions): ServiceImpl<typeof EventIntakeService> {
  return {
    tell: async ({ grant, eventsJson }, context) => {
      const agent = callingAgent(context);
      const events = await eventsOf(options, agent, { grant, eventsJson, signal: context.signal });
      for (const listener of options.listeners) listener.tell(events);
      const taken = await options.publisher.publish(events).catch((error: unknown) => refuse(options, 'disk', new ConnectError(`the mirror cannot write to its disk: ${messageOf(error)}; try again`, Code.Unavailable)));
      options.onTold(events.slice(0, taken.kept));
      return taken;
    },
  };
}

interface Asked {
  readonly grant: string;
  readonly eventsJson: readonly string[];
  readonly signal: AbortSignal;
}

async function eventsOf(options: IntakeOptions, agent: AgentIdentity, { grant, eventsJson, signal }: Asked): Promise<readonly CloudEvent[]> {
  const { clock, verifyGrant } = options;
  const verdict = verifyGrant(grant, agentUri(agent), clock.now());
  if (verdict.kind === 'refused') return refuse(options, 'grant', new ConnectError(verdict.reason, Code.PermissionDenied));
  const read = readThoughts(eventsJson, verdict.grant);
  if (read.kind === 'fault') return refuse(options, 'events', new ConnectError(read.fault, Code.InvalidArgument));
  const task = await found(options, verdict.grant.taskUid, signal);
  if (task === undefined) return refuse(options, 'task', new ConnectError(`no task with uid ${verdict.grant.taskUid} is known here`, Code.NotFound));
  const time = formatTimeMs(clock.now());
  return read.events.map((thought) => thoughtEvent(thought, { agent, task, time }));
}

async function found({ task, clock }: IntakeOptions, uid: string, signal: AbortSignal): Promise<Task | undefined> {
  const until = clock.monotonic() + behindMs.most;
  while (task(uid) === undefined && clock.monotonic() < until && !signal.aborted) await delay(clock, behindMs.look, signal);
  return task(uid);
}

function refuse({ onRefused }: IntakeOptions, why: Refusal, error: ConnectError): never {
  onRefused(why);
  throw error;
}
