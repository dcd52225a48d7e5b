// Where events lie in NATS: subjects, streams and headers. Declared here, made by platform/nats, read by anybody.
import { LabelName } from '../v1alpha1/schema.ts';
import { families, type Family } from './catalogue.ts';

const root = 'coditect.events';

/** `coditect.events.<tenant>.<family>`: a tenant that may read one prefix sees nothing of another. */
export function subjectOf(tenant: string, family: Family): string {
  return `${root}.${LabelName.parse(tenant)}.${family}`;
}

/** All subjects of a tenant, or of all tenants. */
export function subjectsOf(tenant: string | undefined): string {
  return tenant === undefined ? `${root}.>` : `${root}.${LabelName.parse(tenant)}.>`;
}

/** A family of all tenants, or of one. */
export function familySubject(family: Family, tenant?: string): string {
  return tenant === undefined ? `${root}.*.${family}` : subjectOf(tenant, family);
}

/** Tenant and family of a subject; undefined for one that is not ours. */
export function readSubject(subject: string): { readonly tenant: string; readonly family: Family } | undefined {
  const [, , tenant, family, ...rest] = subject.split('.');
  const isOurs = subject.startsWith(`${root}.`) && rest.length === 0 && tenant !== undefined && (families as readonly string[]).includes(family ?? '');
  return isOurs ? { tenant, family: family as Family } : undefined;
}

/** One stream: what lies in it, and for how long. */
export interface StreamRow {
  readonly name: string;
  readonly families: readonly Family[];
  readonly maxAgeSeconds: number;
  /** When they are used the stream refuses the newest, and publishers wait. */
  readonly maxBytes: number;
}

const day = 86_400;
const gibibyte = 1_073_741_824;

/** The streams. What people decided is kept longer. Whether a message is synced to disk before it is acknowledged is a setting of the servers: `sync_interval: always`. */
export const streams = {
  events: { name: 'CODITECT_EVENTS', families: ['mission', 'plan', 'task', 'pool', 'violation', 'agent'], maxAgeSeconds: 7 * day, maxBytes: 2 * gibibyte },
  audit: { name: 'CODITECT_AUDIT', families: ['approval'], maxAgeSeconds: 365 * day, maxBytes: gibibyte / 4 },
} as const satisfies Readonly<Record<string, StreamRow>>;

/** The stream that a family lies in. */
export function streamOf(family: Family): keyof typeof streams {
  return (streams.audit.families as readonly Family[]).includes(family) ? 'audit' : 'events';
}

/** For how long a stream knows the ids of messages: one that comes again within it is stored once. Later ones are told apart by the ids of their events. */
export const duplicateSeconds = 600;

/** Headers of a message. One message is a pack of events of one subject, in their order. */
export const packHeaders = {
  /** How the body is written. */
  contentType: 'content-type',
  /** How many events are in it. */
  count: 'coditect-count',
} as const;

/** Bodies of a message: a CloudEvents batch that anybody reads, or the same as MessagePack records, which is smaller. */
export const packTypes = { json: 'application/cloudevents-batch+json', records: 'application/vnd.coditect.events.v1+msgpack' } as const;

/** Most of what one message may carry. A single event may be larger than a pack, up to what a server takes by default. */
export const packLimits = { events: 500, bytes: 524_288, eventBytes: 983_040 } as const;
