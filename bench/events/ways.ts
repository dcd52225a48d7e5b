// The ways for events into the log that are compared: one awaited message an event, many such messages at once, the outbox, and the least that could do it.
import { join } from 'node:path';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { CloudEvent } from '#api/events/envelope.ts';
import { packLimits } from '#api/events/streams.ts';
import { openPublisher, type PublisherOptions } from '#platform/nats/publisher.ts';
import type { PackFormat } from '#platform/nats/pack.ts';

const window = 256;
const callsAtOnce = 8;
const drainMs = 60_000;

async function timed(many: number, work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (many * 1000) / (performance.now() - begun);
}

/** One message an event, the next when the one before is acknowledged. */
export function awaited(client: JetStreamClient, events: readonly CloudEvent[]): Promise<number> {
  return timed(events.length, async () => {
    for (const event of events) await client.publish(`single.${event.tenant}`, JSON.stringify(event), { msgID: event.id });
  });
}

/** One message an event, 256 of them on their way. */
export function windowed(client: JetStreamClient, events: readonly CloudEvent[]): Promise<number> {
  const rest = events[Symbol.iterator]();
  const run = async () => {
    for (const event of rest) await client.publish(`single.${event.tenant}`, JSON.stringify(event), { msgID: event.id });
  };
  return timed(events.length, () => Promise.all(Array.from({ length: window }, run)));
}

/** Bodies of a full pack that are ready: neither made nor put on disk, only sent and acknowledged. */
export function bare(client: JetStreamClient, events: readonly CloudEvent[], packs: number): Promise<number> {
  const body = JSON.stringify(events.slice(0, packLimits.events));
  let left = packs;
  const run = async (subject: string) => {
    while (left-- > 0) await client.publish(subject, body);
  };
  return timed(packs * packLimits.events, () => Promise.all(Array.from({ length: callsAtOnce }, (_, index) => run(`single.${index}`))));
}

/** Through the outbox: on disk and synced first, acknowledged by the log at the end. */
export async function outbox(options: Omit<PublisherOptions, 'format' | 'folder'>, parent: string, format: PackFormat, events: readonly CloudEvent[]): Promise<number> {
  const publisher = await openPublisher({ ...options, folder: join(parent, `outbox-${format}`), format });
  await publisher.publish(events.slice(0, packLimits.events));
  await publisher.drained(AbortSignal.timeout(drainMs));
  const calls = Array.from({ length: Math.ceil(events.length / packLimits.events) }, (_, index) => events.slice(index * packLimits.events, (index + 1) * packLimits.events))[Symbol.iterator]();
  const run = async () => {
    for (const call of calls) await publisher.publish(call);
  };
  const rate = await timed(events.length, async () => {
    await Promise.all(Array.from({ length: callsAtOnce }, run));
    if (!(await publisher.drained(AbortSignal.timeout(drainMs)))) throw new Error(`the outbox is not empty after ${drainMs} ms: ${publisher.state().fault ?? 'no fault is said'}`);
  });
  const { dropped } = publisher.state();
  await publisher.close();
  if (dropped > 0) throw new Error(`${dropped} events were dropped, so the rate means nothing`);
  return rate;
}
