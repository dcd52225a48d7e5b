// Reads a stream by a consumer that the server remembers: what was handled is acknowledged, what was not comes again, in order.
import { AckPolicy, type ConsumerInfo, type ConsumerMessages, type JetStreamManager, jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { streams } from '#api/events/streams.ts';
import { askMs, consuming, deliveryFrom, filterOf, nanoseconds, receive } from './consumer.ts';
import { type Beginning, beginningAfter, beginningAnew, beginningOf, type Stream, streamOf } from './position.ts';
import type { ReadOptions, Received } from './types.ts';

export interface Durable {
  readonly name: string;
  readonly options: ReadOptions;
  /** Resolves when the messages are dealt with, however often that takes; false: it gave up. */
  readonly handle: (messages: readonly Received[]) => Promise<boolean>;
  /** What is known from one connection to the next. */
  readonly memory: { log?: string };
}

/** On a consumer: the log that it counts in. */
const logKey = 'coditect-log';

/** Longer than a handler should take; what it takes longer for is delivered twice and handled once. */
const ackWaitSeconds = 60;

/** Handles messages until the connection ends or the signal fires. */
export async function consumeDurably(connection: NatsConnection, durable: Durable, signal: AbortSignal): Promise<void> {
  const manager = await jetstreamManager(connection, { timeout: askMs, checkAPI: false });
  const { info, log, gap } = await ensureConsumer(manager, durable);
  const messages = await jetstream(connection).consumers.getConsumerFromInfo(info).consume(consuming);
  const stop = () => void messages.close();
  signal.addEventListener('abort', stop);
  try {
    await handleAll(messages, durable, { log, gapBefore: gap });
  } finally {
    signal.removeEventListener('abort', stop);
    await messages.close();
  }
}

interface Ensured {
  readonly info: ConsumerInfo;
  readonly log: string;
  readonly gap: string | undefined;
}

async function ensureConsumer(manager: JetStreamManager, durable: Durable): Promise<Ensured> {
  const { name, options, memory } = durable;
  const stream = streams[options.stream].name;
  const now = streamOf(await manager.streams.info(stream));
  const found = await manager.consumers.info(stream, name).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const known = found?.config.metadata?.[logKey] ?? memory.log;
  memory.log = now.log;
  const isOther = known !== undefined && known !== now.log;
  if (found === undefined || isOther) {
    if (found !== undefined) await manager.consumers.delete(stream, name);
    return addConsumer(manager, durable, { stream: now, ...(isOther ? beginningAnew(now, known) : beginningOf(options.start, now)) });
  }
  const floor = found.ack_floor.stream_seq;
  const gap = floor === 0 ? undefined : beginningAfter(floor, now.state).gap;
  // Without it the server would first deliver what is new, and what is not acknowledged a minute later. Servers before 2.14 cannot.
  const info = await manager.consumers.reset(stream, name);
  return { info, log: now.log, gap };
}

async function addConsumer(manager: JetStreamManager, { name, options }: Durable, { stream, place, gap }: Beginning & { readonly stream: Stream }): Promise<Ensured> {
  const config = { durable_name: name, ack_policy: AckPolicy.All, ack_wait: ackWaitSeconds * nanoseconds, max_ack_pending: -1, metadata: { [logKey]: stream.log }, ...filterOf(options), ...deliveryFrom(place) };
  return { info: await manager.consumers.add(streams[options.stream].name, config), log: stream.log, gap };
}

const consumerNotFound = 10_014;

function isNotFound(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === consumerNotFound;
}

async function handleAll(messages: ConsumerMessages, durable: Durable, { log, gapBefore }: { readonly log: string; readonly gapBefore: string | undefined }): Promise<void> {
  let [batch, last, gap]: [JsMsg[], number, string | undefined] = [[], 0, gapBefore];
  for await (const message of messages) {
    // Delivered again because a handler took long; it is in this batch or was in one before.
    if (message.seq <= last) continue;
    last = message.seq;
    batch.push(message);
    if (batch.length < consuming.max_messages && message.info.pending > 0) continue;
    const received = batch.map((one, index) => receive(one, log, index === 0 ? gap : undefined)).filter((one) => one !== undefined);
    if (!(await durable.handle(received))) return;
    await message.ackAck();
    [batch, gap] = [[], undefined];
  }
}
