// Hands events in for the log: on disk first, then to the server for as long as it takes.
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { familyOf } from '#api/events/catalogue.ts';
import { type CloudEvent, nameOf } from '#api/events/envelope.ts';
import { packHeaders, streamOf, streams } from '#api/events/streams.ts';
import { type Clock, delay } from '../clock.ts';
import { PlatformError } from '../errors.ts';
import { jittered, type Random } from '../ids.ts';
import { openSpool, type Spool } from '../spool/spool.ts';
import type { NatsLink } from './connect.ts';
import { Lane } from './lane.ts';
import type { Letter } from './letter.ts';
import { defaultFormat, type PackFormat } from './pack.ts';
import { Sender } from './sender.ts';
import { declareStreams, type StreamName, type StreamOptions } from './streams.ts';
import type { EventPublisher, PublisherState, Taken } from './types.ts';

export interface PublisherOptions {
  readonly link: NatsLink;
  /** Folder of the events that are not in the log yet; one process at a time. */
  readonly folder: string;
  readonly maxBytes: number;
  readonly streams: StreamOptions;
  readonly clock: Clock;
  readonly random: Random;
  /** How messages are written; readers of ours read both. */
  readonly format?: PackFormat;
}

interface Way {
  readonly spool: Spool;
  readonly lane: Lane;
  readonly sender: Sender;
}

/** Part of the room on disk for what people decided; a full stream of events takes none of it. */
const auditShare = 1 / 16;
const ackMs = 5000;
const drainedLookMs = 20;
const declareAgainMs = 2000;
/** What the headers of a message may take beside its body. */
const mostHeaderBytes = 1024;

/** Opens the folder and begins to send what is in it. */
export async function openPublisher(options: PublisherOptions): Promise<EventPublisher> {
  const auditBytes = Math.floor(options.maxBytes * auditShare);
  const ways = { events: await openWay('events', options.maxBytes - auditBytes, options), audit: await openWay('audit', auditBytes, options) };
  return new LogPublisher(options, ways);
}

async function openWay(name: StreamName, maxBytes: number, { link, folder, clock, random, format = defaultFormat }: PublisherOptions): Promise<Way> {
  const spool = await openSpool(join(folder, name), { maxBytes, clock });
  const post = (connection: NatsConnection, letter: Letter) => postTo(streams[name].name, connection, letter).then(() => link.answered());
  return { spool, lane: new Lane(spool, format, (ms, task) => clock.after(ms, task)), sender: new Sender({ spool, link, post, clock, random }) };
}

/** The stream is named, so that no other one of the account takes the letter. */
async function postTo(streamName: string, connection: NatsConnection, { subject, id, contentType, count, body }: Letter): Promise<void> {
  if (connection.info !== undefined && body.length + mostHeaderBytes > connection.info.max_payload) {
    throw new PlatformError('NatsPayload', `a message of ${body.length} bytes is more than the server takes; raise its max_payload to 1 MiB`);
  }
  const heading = headers();
  heading.set(packHeaders.contentType, contentType);
  heading.set(packHeaders.count, String(count));
  await jetstream(connection).publish(subject, body, { msgID: id, headers: heading, timeout: ackMs, expect: { streamName } });
}

class LogPublisher implements EventPublisher {
  readonly #options: PublisherOptions;
  readonly #ways: Readonly<Record<StreamName, Way>>;
  readonly #stop = new AbortController();
  readonly #declaring: Promise<void>;
  #declareFault: string | undefined;

  constructor(options: PublisherOptions, ways: Readonly<Record<StreamName, Way>>) {
    this.#options = options;
    this.#ways = ways;
    this.#declaring = this.#keepDeclared();
  }

  async publish(events: readonly CloudEvent[]): Promise<Taken> {
    const audit = events.filter(isAudit);
    const others = audit.length === 0 ? events : events.filter((event) => !isAudit(event));
    const parts = [{ way: this.#ways.audit, own: audit }, { way: this.#ways.events, own: others }].filter(({ own }) => own.length > 0);
    const taken = await Promise.all(parts.map(({ way, own }) => way.lane.put(own)));
    return { kept: sum(taken.map(({ kept }) => kept)), dropped: sum(taken.map(({ dropped }) => dropped)) };
  }

  state(): PublisherState {
    const stats = this.#both.map(({ spool }) => spool.stats());
    const fault = this.#fault();
    return {
      isConnected: this.#options.link.now() !== undefined,
      pendingEvents: sum(stats.map(({ pendingCount }) => pendingCount)),
      pendingBytes: sum(stats.map(({ pendingBytes }) => pendingBytes)),
      oldestMs: Math.max(...stats.map(({ oldestMs }) => oldestMs)),
      dropped: sum(this.#both.map(({ lane }) => lane.dropped)),
      ...(fault === undefined ? {} : { fault }),
    };
  }

  async drained(signal: AbortSignal): Promise<boolean> {
    await Promise.all(this.#both.map(({ lane }) => lane.settled()));
    while (!signal.aborted && this.#pendingRecords() > 0) await delay(this.#options.clock, drainedLookMs, signal);
    return this.#pendingRecords() === 0;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#both.map(({ lane }) => lane.settled()));
    await Promise.all(this.#both.map(({ sender }) => sender.close()));
    await this.#declaring;
    await Promise.all(this.#both.map(({ spool }) => spool.close()));
  }

  get #both(): readonly Way[] {
    return [this.#ways.events, this.#ways.audit];
  }

  #pendingRecords(): number {
    return sum(this.#both.map(({ spool }) => spool.stats().pendingRecords));
  }

  /** A full disk is said first, as events are lost by it; then what is nearest to the cause. */
  #fault(): string | undefined {
    const { link } = this.#options;
    const disk = this.#both.map(({ spool }) => spool.stats().fault).find((fault) => fault !== undefined);
    const refused = this.#both.map(({ sender }) => sender.fault).find((fault) => fault !== undefined);
    // Streams that are not as declared matter when nothing is taken, and not before: the user may lack the right to declare them.
    return disk ?? link.fault() ?? (refused === undefined ? undefined : (this.#declareFault ?? refused));
  }

  /** Declares the streams on each connection, and again until nothing is refused. */
  async #keepDeclared(): Promise<void> {
    const { link, clock, random, streams: wanted } = this.#options;
    const { signal } = this.#stop;
    for (let connection = await link.ready(signal); connection !== undefined; connection = await link.ready(signal)) {
      const declared = await declareStreams(connection, wanted);
      this.#declareFault = declared.kind === 'refused' ? declared.fault : undefined;
      if (declared.kind === 'refused') await delay(clock, jittered(declareAgainMs, random), signal);
      else await Promise.race([connection.closed(), aborted(signal)]);
    }
  }
}

function isAudit({ type }: CloudEvent): boolean {
  const name = nameOf(type);
  return name !== undefined && streamOf(familyOf(name)) === 'audit';
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
