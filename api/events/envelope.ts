// What every event looks like outside: CloudEvents 1.0 (cloudevents.io), with attributes of ours for the tenant and the mission.
import { z } from 'zod';
import { LabelName, ObjectName, Time, Uid } from '../v1alpha1/schema.ts';
import { catalogue, type DataOf, type EventName } from './catalogue.ts';

const prefix = 'ai.coditect.';

/** Attributes of an event without its data. */
export const Attributes = z.object({
  specversion: z.literal('1.0'),
  /** Equal ids are equal events: whoever has seen one drops the others. */
  id: z.string().min(1).max(160),
  /** Who tells: `/mirror`, or `/agents/<namespace>/<pool>/<pod>`. */
  source: z.string().min(1).max(600),
  type: z.string().min(1).max(100),
  /** What it is about: `<plural>/<name>`, of the tenant's namespace. */
  subject: z.string().min(1).max(320),
  time: Time,
  datacontenttype: z.literal('application/json'),
  /** Where the schema of the data is, relative to the AsyncAPI document. */
  dataschema: z.string().min(1).max(200),
  /** Namespace of what it is about. */
  tenant: LabelName,
  /** The mission that it belongs to. */
  mission: ObjectName.optional(),
  missionuid: Uid.optional(),
  /** W3C trace context: the trace is the mission, the parent is what the event is about. */
  traceparent: z.string().max(55).optional(),
});
export type Attributes = z.infer<typeof Attributes>;

/** An event of a known name. Names are for code; `type` is what others read. */
export interface CloudEvent<N extends EventName = EventName> extends Attributes {
  readonly data: DataOf<N>;
}

/** `ai.coditect.task.ended.v1`. */
export function typeOf(name: EventName): string {
  return `${prefix}${name}.v${catalogue[name].version}`;
}

/** `#/components/schemas/task.ended.v1`. */
export function schemaOf(name: EventName): string {
  return `#/components/schemas/${name}.v${catalogue[name].version}`;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The attributes of an event that belongs to a mission; `about` is the uid of the object. Both uids are random, so they are ids of a trace and of a span as they are (w3.org/TR/trace-context). */
export function belongingTo(mission: { readonly name: string; readonly uid: string } | undefined, about: string): Pick<Attributes, 'mission' | 'missionuid' | 'traceparent'> {
  if (mission === undefined) return {};
  const named = { mission: mission.name, missionuid: mission.uid };
  if (!uuid.test(mission.uid) || !uuid.test(about)) return named;
  const [trace, span] = [mission.uid, about].map((uid) => uid.replaceAll('-', ''));
  return { ...named, traceparent: `00-${trace}-${span?.slice(0, 16)}-00` };
}

const nameByType: ReadonlyMap<string, EventName> = new Map((Object.keys(catalogue) as EventName[]).map((name) => [typeOf(name), name]));

/** The name of a type; undefined for one of another version or of somebody else. */
export function nameOf(type: string): EventName | undefined {
  return nameByType.get(type);
}

export type Parsed = { readonly kind: 'event'; readonly name: EventName; readonly event: CloudEvent } | { readonly kind: 'unknown'; readonly type: string } | { readonly kind: 'fault'; readonly fault: string };

/** Made once: a schema costs more to make than to use. */
const Received = Attributes.loose();

/** Reads an event from outside: checked whole, attributes and data. Types that are not in the catalogue are no fault: a newer mirror may tell them. */
export function parseEvent(value: unknown): Parsed {
  const attributes = Received.safeParse(value);
  if (!attributes.success) return { kind: 'fault', fault: faultOf(attributes.error) };
  const name = nameOf(attributes.data.type);
  if (name === undefined) return { kind: 'unknown', type: attributes.data.type };
  const data = catalogue[name].data.safeParse(attributes.data['data']);
  if (!data.success) return { kind: 'fault', fault: `data.${faultOf(data.error)}` };
  return { kind: 'event', name, event: { ...attributes.data, data: data.data } as CloudEvent };
}

/** The first fault that a schema has found: field and reason. */
export function faultOf({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}`;
}
