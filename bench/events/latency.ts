// How long an event is on its way: from the call that hands it in to the reader that has it, against one awaited message of the same event.
import { jetstream } from '@nats-io/jetstream';
import { delay } from '#platform/clock.ts';
import { openPublisher, type PublisherOptions } from '#platform/nats/publisher.ts';
import { createReader } from '#platform/nats/reader.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { makeEvents } from './load.ts';

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

export interface Latencies {
  readonly ours: Percentiles;
  readonly single: Percentiles;
}

const calls = 300;
const eventsOfACall = 5;
/** A reader of what is new has to be there before the first event is. */
const readerReadyMs = 500;

/** Calls of five events, the next when the reader has the one before. */
export async function latencies(options: Omit<PublisherOptions, 'folder'>, folder: string): Promise<Latencies> {
  const publisher = await openPublisher({ ...options, folder });
  const reader = createReader({ ...options, log: silentLog });
  const stop = new AbortController();
  const messages = reader.follow({ stream: 'events', start: { kind: 'new' } }, stop.signal)[Symbol.asyncIterator]();
  let next = messages.next();
  const ours: number[] = [];
  await delay(options.clock, readerReadyMs);
  for (let call = 0; call < calls; call += 1) {
    const events = makeEvents(1e8 + call * eventsOfACall, eventsOfACall).map((event) => ({ ...event, tenant: 'team-0' }));
    const begun = performance.now();
    await publisher.publish(events);
    await next;
    ours.push(performance.now() - begun);
    next = messages.next();
  }
  stop.abort();
  await next;
  const single = await singles(options);
  await publisher.close();
  return { ours: percentiles(ours), single: percentiles(single) };
}

async function singles({ link }: Pick<PublisherOptions, 'link'>): Promise<readonly number[]> {
  const connection = link.now();
  if (connection === undefined) throw new Error('measure one awaited message: the connection is gone');
  const client = jetstream(connection);
  const took: number[] = [];
  for (const event of makeEvents(2e8, calls)) {
    const begun = performance.now();
    await client.publish(`single.${event.tenant}`, JSON.stringify(event), { msgID: event.id });
    took.push(performance.now() - begun);
  }
  return took;
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
