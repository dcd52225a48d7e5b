// What was seen of an object, and the parts that all events about it share.
import type { DataOf, EventName } from '#api/events/catalogue.ts';
import { belongingTo, type CloudEvent, schemaOf, typeOf } from '#api/events/envelope.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { ObjectMeta } from '#api/v1alpha1/schema.ts';
import { mergePatch } from './patch.ts';

/** An object with the time at which this version of it was written, by the clock of the API server. */
export type Seen<T> = T & { readonly writtenTime: string };

/** One look at an object. */
export interface Sight<T> {
  /** The version that was told last. Absent: what is told builds on nothing, so it is whole. */
  readonly before?: Seen<T> | undefined;
  readonly now: Seen<T>;
  /** How far it had come, as it was told last: a stage of its kind. Absent: nothing was ever told of it. */
  readonly told?: string | undefined;
  /** Part of the ids of events after the server went back to a backup: its versions begin to repeat. Empty before that. */
  readonly era: string;
}

interface Kubernetes {
  readonly metadata: ObjectMeta;
  readonly spec: object;
  readonly status?: object;
}

/** The mission that an object belongs to. */
interface Belongs {
  readonly name: string;
  readonly uid: string;
}

/** Of what happens once to an object: whoever sees it, in whatever version, tells the same id. The zero sorts it before every version. */
export const createdMark = '0.created';

/** Which event it is: its name, and what tells its id from those of other events about the same object. */
interface Which<N extends EventName> {
  readonly name: N;
  /** Absent: the version. */
  readonly mark?: string;
  /** Absent: when the version was written. */
  readonly time?: string | undefined;
}

/** Most bytes of a spec that is told: more would not fit into a message with the status beside it. */
const maxSpecBytes = 262_144;

const encoder = new TextEncoder();

/** An event about this object. */
export function eventOf<N extends EventName>({ now: { metadata, writtenTime }, era }: Pick<Sight<Kubernetes>, 'now' | 'era'>, plural: string, which: Which<N>, { data, mission }: { readonly data: DataOf<N>; readonly mission: Belongs | undefined }): CloudEvent<N> {
  const { name, mark = metadata.resourceVersion, time = writtenTime } = which;
  return {
    specversion: '1.0',
    id: [metadata.uid, mark, ...(era === '' ? [] : [era])].join('.'),
    source: '/mirror',
    type: typeOf(name),
    subject: `${plural}/${metadata.name}`,
    time,
    datacontenttype: 'application/json',
    dataschema: schemaOf(name),
    tenant: metadata.namespace,
    ...belongingTo(mission, metadata.uid),
    data,
  };
}

/** Names and versions, and what has become of spec and status: whole, or as a patch on what was told last. */
export function changeOf({ before, now }: Pick<Sight<Kubernetes>, 'before' | 'now'>) {
  const { name, uid, generation, resourceVersion } = now.metadata;
  const heading = { name, uid, generation, resourceVersion };
  const patch = before === undefined ? undefined : statusPatch(before, now);
  if (before === undefined || patch === undefined) return { ...heading, ...specOf(now), ...(now.status === undefined ? {} : { status: now.status as JsonObject }) };
  return { ...heading, base: before.metadata.resourceVersion, ...(before.metadata.generation === generation ? {} : specOf(now)), ...patch };
}

function specOf({ spec }: Kubernetes): { readonly spec?: JsonObject } {
  return fits(spec) ? { spec: spec as JsonObject } : {};
}

/** False for a spec that is too long to be told. */
export function fits(spec: object): boolean {
  return encoder.encode(JSON.stringify(spec)).length <= maxSpecBytes;
}

/** Undefined where only the whole status can say it. */
function statusPatch(before: Kubernetes, now: Kubernetes): { readonly status?: JsonObject } | undefined {
  if (before.status !== undefined && now.status === undefined) return undefined;
  const patch = mergePatch((before.status ?? {}) as JsonObject, (now.status ?? {}) as JsonObject);
  if (patch.kind === 'inexpressible') return undefined;
  if (patch.kind === 'patch') return { status: patch.patch };
  // A status that came without a field is more than none.
  return before.status === undefined && now.status !== undefined ? { status: {} } : {};
}
