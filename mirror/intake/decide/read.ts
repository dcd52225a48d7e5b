// What an agent tells becomes events here, or a sentence about what is wrong with it.
import { belongingTo, type CloudEvent, faultOf, schemaOf, typeOf } from '#api/events/envelope.ts';
import { ThoughtEvent } from '#api/events/thought.ts';
import type { AgentIdentity } from '#api/identity.ts';
import type { Task } from '#api/v1alpha1/task.ts';

/** Most events of one request. */
export const mostEvents = 200;

export type ReadEvents = { readonly kind: 'events'; readonly events: readonly ThoughtEvent[] } | { readonly kind: 'fault'; readonly fault: string };

/** What a request may speak of. */
export interface Granted {
  readonly taskUid: string;
  /** Undefined: the operator did not say. */
  readonly attempt?: number | undefined;
}

/** The events of a request that may speak for this attempt alone. One that is wrong spoils the request: who tells one cannot be trusted with the others. */
export function readThoughts(texts: readonly string[], granted: Granted): ReadEvents {
  if (texts.length > mostEvents) return { kind: 'fault', fault: `${texts.length} events, the limit is ${mostEvents}` };
  const read = texts.map((text) => ThoughtEvent.safeParse(json(text)));
  const fault = read.map(({ data, error }, index) => prefixed(index, error === undefined ? foreign(data, granted, read[0]?.data) : faultOf(error))).find((found) => found !== undefined);
  return fault === undefined ? { kind: 'events', events: read.flatMap(({ data }) => data ?? []) } : { kind: 'fault', fault };
}

function prefixed(index: number, fault: string | undefined): string | undefined {
  return fault === undefined ? undefined : `events_json[${index}].${fault}`;
}

/** Why this event is not of the one attempt that the request is about. */
function foreign(event: ThoughtEvent, { taskUid, attempt }: Granted, first: ThoughtEvent | undefined): string | undefined {
  if (event.taskUid !== taskUid) return 'taskUid: the grant is for another task';
  if (attempt !== undefined && event.attempt !== attempt) return 'attempt: the grant is for another attempt';
  return event.attempt === first?.attempt ? undefined : 'attempt: one request is of one attempt';
}

/** Undefined for text that is no JSON: no schema lets it in. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface Teller {
  readonly agent: AgentIdentity;
  readonly task: Pick<Task, 'metadata' | 'spec'>;
  /** When it was heard. */
  readonly time: string;
}

/** The event as the log keeps it. Whose task it is, and so which tenant's, is what the API server says, not the agent. */
export function thoughtEvent(thought: ThoughtEvent, { agent, task, time }: Teller): CloudEvent {
  const { taskUid, attempt, epoch, seq } = thought;
  const { namespace, name } = task.metadata;
  const mission = task.spec.missionRef;
  return {
    specversion: '1.0',
    id: `${taskUid}.${attempt}.${epoch.term}-${epoch.counter}.${seq}`,
    source: `/agents/${agent.namespace}/${agent.pool}/${agent.pod}`,
    type: typeOf(thought.type),
    subject: `tasks/${name}`,
    time,
    datacontenttype: 'application/json',
    dataschema: schemaOf(thought.type),
    tenant: namespace,
    ...belongingTo(mission, taskUid),
    data: thought,
  };
}
