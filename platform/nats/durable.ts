// Reads a stream by a consumer that the server remembers: what was handled is acknowledged, what was not comes again, in order.
import { AckPolicy, type ConsumerInfo, type ConsumerMessages, type JetStreamManager, jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { streams } from '#api/events/streams.ts';
import { askMs, consuming, deliveryFrom, filterOf, nanoseconds, receive } from './consumer.ts';
import { beginningAfter, beginningOf } from './position.ts';
import type { ReadOptions, Received } from './types.ts';

export interface Durable {
  readonly name: string;
  readonly options: ReadOptions;
  /** Resolves when the messages are dealt with, however often that takes; false: it gave up. */
  readonly handle: (messages: readonly Received[]) => Promise<boolean>;
}

/** Longer than a handler should take; what it takes longer for is delivered twice and handled once. */
const ackWaitSeconds = 60;

/** Handles messages until the connection ends or the signal fires. */
export async function consumeDurably(connection: NatsConnection, durable: Durable, signal: AbortSignal): Promise<void> {
  const manager = await jetstreamManager(connection, { timeout: askMs, checkAPI: false });
  const { info, gap } = await ensureConsumer(manager, durable);
  const messages = await jetstream(connection).consumers.getConsumerFromInfo(info).consume(consuming);
  const stop = () => void messages.close();
  signal.addEventListener('abort', stop);
  try {
    await handleAll(messages, durable, gap);
  } finally {
    signal.removeEventListener('abort', stop);
    await messages.close();
  }
}

async function ensureConsumer(manager: JetStreamManager, { name, options }: Durable): Promise<{ readonly info: ConsumerInfo; readonly gap: string | undefined }> {
  const stream = streams[options.stream].name;
  const { state } = await manager.streams.info(stream);
  const found = await manager.consumers.info(stream, name).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (found === undefined) {
    const { place, gap } = beginningOf(options.start, state);
    const config = { durable_name: name, ack_policy: AckPolicy.All, ack_wait: ackWaitSeconds * nanoseconds, max_ack_pending: -1, ...filterOf(options), ...deliveryFrom(place) };
    return { info: await manager.consumers.add(stream, config), gap };
  }
  const floor = found.ack_floor.stream_seq;
  const gap = floor === 0 ? undefined : beginningAfter(floor, state).gap;
  // Without it the server would first deliver what is new, and what is not acknowledged a minute later. Servers before 2.14 cannot.
  const info = await manager.consumers.reset(stream, name);
  return { info, gap };
}

const consumerNotFound = 10_014;

function isNotFound(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === consumerNotFound;
}

async function handleAll(messages: ConsumerMessages, durable: Durable, gapBefore: string | undefined): Promise<void> {
  let [batch, last, gap]: [JsMsg[], number, string | undefined] = [[], 0, gapBefore];
  for await (const message of messages) {
    // Delivered again because a handler took long; it is in this batch or was in one before.
    if (message.seq <= last) continue;
    last = message.seq;
    batch.push(message);
    if (batch.length < consuming.max_messages && message.info.pending > 0) continue;
    const received = batch.map((one, index) => receive(one, index === 0 ? gap : undefined)).filter((one) => one !== undefined);
    if (!(await durable.handle(received))) return;
    await message.ackAck();
    [batch, gap] = [[], undefined];
  }
}
