// Hands events on, in the order in which they were found: to those who listen, and to the disk. What finds no room is told anew later.
import { familyOf } from '#api/events/catalogue.ts';
import { type CloudEvent, nameOf } from '#api/events/envelope.ts';
import { streamOf } from '#api/events/streams.ts';
import { type Clock, delay } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { EventPublisher } from '#platform/nats/types.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Listener } from '#mirror/ports.ts';

/** Something that is to be told. Its events are made when its turn comes, so that they build on what was really told before. */
export interface Telling {
  make(): readonly CloudEvent[];
  /** False: there was no room for all of them. Called before the next one is made. */
  done(isKept: boolean): void;
}

export interface Teller {
  tell(telling: Telling): void;
  /** Tellings that wait for the disk. */
  readonly waiting: number;
  /** Why the disk takes nothing now. */
  fault(): string | undefined;
  /** Stops taking, and waits until what was taken is on disk, unless the disk fails. */
  close(): Promise<void>;
}

export interface TellerOptions {
  readonly publisher: Pick<EventPublisher, 'publish'>;
  readonly listeners: readonly Listener[];
  readonly onTold: (events: readonly CloudEvent[]) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Most events that go to the disk at once. */
const mostAtOnce = 500;
const retryMs = 1000;

/** A teller with nothing to tell yet. */
export function createTeller(options: TellerOptions): Teller {
  return new OrderedTeller(options);
}

class OrderedTeller implements Teller {
  readonly #options: TellerOptions;
  readonly #queue: Telling[] = [];
  readonly #stop = new AbortController();
  #fault: string | undefined;
  #isRunning = false;
  #run: Promise<void> = Promise.resolve();

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  fault(): string | undefined {
    return this.#fault;
  }

  tell(telling: Telling): void {
    if (this.#stop.signal.aborted) return;
    this.#queue.push(telling);
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#run = this.#pump();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#run;
  }

  async #pump(): Promise<void> {
    // What is found at the same moment goes to the disk together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const { tellings, events } = nextOf(this.#queue);
      for (const listener of this.#options.listeners) listener.tell(events);
      const kept = await this.#keep(events);
      if (kept === undefined) break;
      for (const { telling, through } of tellings) telling.done(through <= kept);
      this.#options.onTold(events.slice(0, kept));
    }
    this.#isRunning = false;
  }

  /** How many of them are on disk; undefined when the process ends and the disk fails. */
  async #keep(events: readonly CloudEvent[]): Promise<number | undefined> {
    const { publisher, clock, log } = this.#options;
    for (;;) {
      try {
        const kept = await publishInOrder(publisher, events);
        this.#fault = undefined;
        return kept;
      } catch (error) {
        this.#fault = messageOf(error);
        log.error('cannot write events to the disk; trying again', { error: this.#fault, waiting: this.#queue.length });
        if (this.#stop.signal.aborted) return undefined;
        await delay(clock, retryMs, this.#stop.signal);
      }
    }
  }
}

/** Hands them on stream by stream, as they follow each other: each stream has room of its own, and what comes after something that found none is not told either. */
async function publishInOrder(publisher: TellerOptions['publisher'], events: readonly CloudEvent[]): Promise<number> {
  let done = 0;
  while (done < events.length) {
    const stream = streamOfEvent(events[done]);
    const next = events.findIndex((event, index) => index > done && streamOfEvent(event) !== stream);
    const run = events.slice(done, next === -1 ? events.length : next);
    const { kept } = await publisher.publish(run);
    done += kept;
    if (kept < run.length) break;
  }
  return done;
}

function streamOfEvent(event: CloudEvent | undefined): string | undefined {
  const name = nameOf(event?.type ?? '');
  return name === undefined ? undefined : streamOf(familyOf(name));
}

interface Batch {
  readonly tellings: readonly { readonly telling: Telling; readonly through: number }[];
  readonly events: readonly CloudEvent[];
}

/** Takes as many as go to the disk at once. A telling that builds on another one of the same batch sees it as told. */
function nextOf(queue: Telling[]): Batch {
  const events: CloudEvent[] = [];
  const tellings: { telling: Telling; through: number }[] = [];
  for (const telling of queue) {
    if (events.length >= mostAtOnce) break;
    events.push(...telling.make());
    tellings.push({ telling, through: events.length });
  }
  queue.splice(0, tellings.length);
  return { tellings, events };
}
