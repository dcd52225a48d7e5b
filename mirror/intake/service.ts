// Takes what agents tell. It is evidence of nothing, yet it is kept for long: so whoever tells must hold the grant of the task, and every word is checked.
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import { formatTimeMs } from '#api/time.ts';
import { messageOf } from '#platform/errors.ts';
import type { EventPublisher } from '#platform/nats/types.ts';
import type { EventIntakeService, TellRequest } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import type { Listener } from '#mirror/ports.ts';
import { readThoughts, thoughtEvent } from './decide/read.ts';
import { grantOf, type GrantPorts, taskOf } from './granted.ts';

/** Why a request was not taken. */
export type Refusal = 'grant' | 'events' | 'task' | 'disk';

export interface IntakeOptions extends GrantPorts {
  readonly publisher: Pick<EventPublisher, 'publish'>;
  readonly listeners: readonly Listener[];
  readonly onTold: (events: readonly CloudEvent[]) => void;
  readonly onRefused: (why: Refusal) => void;
}

/** Handlers of the intake listener. */
export function createIntakeService(options: IntakeOptions): ServiceImpl<typeof EventIntakeService> {
  return {
    tell: async (request, context) => {
      const events = await eventsOf(options, request, context);
      for (const listener of options.listeners) listener.tell(events);
      const taken = await options.publisher.publish(events).catch((error: unknown) => refuse(options, 'disk', new ConnectError(`the mirror cannot write to its disk: ${messageOf(error)}; try again`, Code.Unavailable)));
      options.onTold(events.slice(0, taken.kept));
      return taken;
    },
  };
}

async function eventsOf(options: IntakeOptions, { grant, eventsJson }: TellRequest, context: HandlerContext): Promise<readonly CloudEvent[]> {
  const granted = await counted(options, 'grant', () => grantOf(options, grant, context));
  const read = readThoughts(eventsJson, granted);
  if (read.kind === 'fault') return refuse(options, 'events', new ConnectError(read.fault, Code.InvalidArgument));
  const task = await counted(options, 'task', () => taskOf(options, granted, context.signal));
  const time = formatTimeMs(options.clock.now());
  return read.events.map((thought) => thoughtEvent(thought, { agent: granted.agent, task, time }));
}

/** What a step of the check gives; a refusal is counted. */
async function counted<T>(options: IntakeOptions, why: Refusal, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    return refuse(options, why, ConnectError.from(error));
  }
}

function refuse({ onRefused }: IntakeOptions, why: Refusal, error: ConnectError): never {
  onRefused(why);
  throw error;
}
