// What readers share: the filter and the place of a consumer on the server, and a message of the log as the house knows it.
import { type ConsumerConfig, DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import { familySubject, packHeaders, readSubject, streams, subjectsOf } from '#api/events/streams.ts';
import { unpackEvents } from './pack.ts';
import type { Place } from './position.ts';
import type { ReadOptions, Received } from './types.ts';

export const nanoseconds = 1e9;

/** Messages in memory before they are asked for; what is behind waits on the server. */
export const consuming = { max_messages: 64, expires: 30_000, idle_heartbeat: 5000, abort_on_missing_resource: true } as const;

export const askMs = 5000;

/** Whether all messages of the stream are read, so that a jump of their numbers means that some are gone. */
export function readsAll({ stream, tenant, families }: ReadOptions): boolean {
  return tenant === undefined && (families === undefined || streams[stream].families.every((family) => families.includes(family)));
}

/** The subjects to read. A single one is told in the subject of the request, too, so that a server can allow a user one tenant and no other. */
export function filterOf({ tenant, families }: ReadOptions): Pick<ConsumerConfig, 'filter_subject'> | Pick<ConsumerConfig, 'filter_subjects'> {
  const [first = subjectsOf(tenant), ...others] = families?.map((family) => familySubject(family, tenant)) ?? [];
  return others.length === 0 ? { filter_subject: first } : { filter_subjects: [first, ...others] };
}

/** The first message that a consumer delivers. */
export function deliveryFrom(place: Place): Pick<ConsumerConfig, 'deliver_policy'> & Partial<Pick<ConsumerConfig, 'opt_start_seq' | 'opt_start_time'>> {
  if (place.kind === 'time') return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(place.time).toISOString() };
  return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: place.sequence };
}

/** A message with its events; undefined for one of a subject that is not ours. Whose events they are is what the subject says: others are left out. */
export function receive(message: JsMsg, log: string, gap: string | undefined): Received | undefined {
  const address = readSubject(message.subject);
  if (address === undefined) return undefined;
  const { events: all, fault: unread } = unpackEvents(message.data, message.headers?.get(packHeaders.contentType) ?? '');
  const events = all.filter(({ tenant }) => tenant === address.tenant);
  const fault = unread ?? (events.length === all.length ? undefined : `${all.length - events.length} events on the subject of ${address.tenant} are of others`);
  return { sequence: message.seq, log, ...address, events, pending: message.info.pending, ...(gap === undefined ? {} : { gap }), ...(fault === undefined ? {} : { fault }) };
}
