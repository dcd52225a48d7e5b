// Reads a stream in order by consumers that the server forgets: a new one for each connection, from where the last one ended.
import { AckPolicy, type ConsumerMessages, type JetStreamManager, jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { streams } from '#api/events/streams.ts';
import { newUuid } from '../ids.ts';
import { askMs, consuming, deliveryFrom, filterOf, nanoseconds, readsAll, receive } from './consumer.ts';
import { type Beginning, beginningAfter, beginningAnew, beginningOf, missing, type Stream, streamOf } from './position.ts';
import type { ReadOptions, Received, Start } from './types.ts';

const forgottenAfterSeconds = 30;

/** One reading of a stream, over any number of connections. */
export class Tail {
  readonly #options: ReadOptions;
  readonly #isBounded: boolean;
  readonly #monotonic: () => number;
  #start: Start;
  #last: number | undefined;
  /** Empty before the first look. */
  #log = '';
  #end: number | undefined;
  #gap: string | undefined;
  #isDone = false;
  #lookedAt = -Infinity;

  constructor(options: ReadOptions, isBounded: boolean, monotonic: () => number) {
    this.#options = options;
    this.#isBounded = isBounded;
    this.#monotonic = monotonic;
    this.#start = options.start;
  }

  /** Whether a bounded reading is at its end. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Messages until the connection ends, the signal fires or the reading is done. */
  async *session(connection: NatsConnection, signal: AbortSignal): AsyncGenerator<Received> {
    const manager = await jetstreamManager(connection, { timeout: askMs, checkAPI: false });
    const { place, gap } = await this.#begin(manager);
    if (this.#isDone) return;
    this.#gap ??= gap;
    const info = await manager.consumers.add(this.#stream, {
      // With a name the filter is a part of the request's subject, which is how a user is allowed one tenant.
      name: `reader-${newUuid()}`,
      ...deliveryFrom(place),
      ack_policy: AckPolicy.None,
      ...filterOf(this.#options),
      inactive_threshold: forgottenAfterSeconds * nanoseconds,
      mem_storage: true,
      num_replicas: 1,
    });
    this.#isDone = this.#isBounded && info.num_pending === 0;
    if (this.#isDone) return;
    const messages = await jetstream(connection).consumers.getConsumerFromInfo(info).consume(consuming);
    const stop = () => void messages.close();
    signal.addEventListener('abort', stop);
    try {
      yield* this.#receiveAll(messages, manager, signal);
    } finally {
      signal.removeEventListener('abort', stop);
      await messages.close();
      if (!connection.isClosed()) await manager.consumers.delete(this.#stream, info.name).catch(() => false);
    }
  }

  get #stream(): string {
    return streams[this.#options.stream].name;
  }

  async #begin(manager: JetStreamManager): Promise<Beginning> {
    const stream = streamOf(await manager.streams.info(this.#stream));
    const { state } = stream;
    const beginning = this.#beginningIn(stream);
    this.#log = stream.log;
    // What is new is decided once: a connection that breaks before the first message must not move it.
    if (this.#start.kind === 'new' && beginning.place.kind === 'sequence') this.#start = beginning.place;
    this.#end ??= state.last_seq;
    this.#isDone = this.#isBounded && beginning.place.kind === 'sequence' && beginning.place.sequence > this.#end;
    return beginning;
  }

  #beginningIn(stream: Stream): Beginning {
    if (this.#log === '' || this.#log === stream.log) return this.#last === undefined ? beginningOf(this.#start, stream) : beginningAfter(this.#last, stream.state);
    const beginning = beginningAnew(stream, this.#log);
    [this.#last, this.#end, this.#start] = [undefined, stream.state.last_seq, { kind: 'beginning' }];
    return beginning;
  }

  async *#receiveAll(messages: ConsumerMessages, manager: JetStreamManager, signal: AbortSignal): AsyncGenerator<Received> {
    let delivered = 0;
    for await (const message of messages) {
      // The server counts what it delivers: a hole was lost on the way, and the next consumer fills it.
      if (signal.aborted || message.info.deliverySequence !== ++delivered) return;
      await this.#noticeJump(message, manager);
      const received = receive(message, this.#log, this.#gap);
      this.#last = message.seq;
      this.#gap = received === undefined ? this.#gap : undefined;
      if (received !== undefined) yield received;
      this.#isDone = this.#isBounded && (message.seq >= (this.#end ?? 0) || message.info.pending === 0);
      if (this.#isDone) return;
    }
  }

  /** Numbers jump over messages that the filter leaves out, and over those that are gone. The second is told by where the stream begins now; it is asked once a second at most. */
  async #noticeJump({ seq }: JsMsg, manager: JetStreamManager): Promise<void> {
    if (this.#last === undefined || seq === this.#last + 1) return;
    if (readsAll(this.#options)) {
      this.#gap ??= missing(this.#last + 1, seq - 1);
      return;
    }
    const now = this.#monotonic();
    if (now - this.#lookedAt < 1000) return;
    this.#lookedAt = now;
    const { state } = await manager.streams.info(this.#stream);
    if (state.first_seq > this.#last + 1) this.#gap ??= missing(this.#last + 1, Math.min(state.first_seq, seq) - 1);
  }
}
