// Reads the event log over the loss of connections and servers, for as long as the caller wants.
import type { NatsConnection } from '@nats-io/transport-node';
import { type Clock, delay } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { jittered, type Random } from '../ids.ts';
import type { Log } from '../telemetry/log.ts';
import type { NatsLink } from './connect.ts';
import { consumeDurably, type Durable } from './durable.ts';
import { Tail } from './tail.ts';
import type { EventReader, Received } from './types.ts';

export interface ReaderOptions {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const retry = { firstMs: 100, longestMs: 3000 } as const;

/** A reader on a connection; the connection is its owner's. */
export function createReader(options: ReaderOptions): EventReader {
  const closing = new AbortController();
  const either = (signal: AbortSignal) => AbortSignal.any([signal, closing.signal]);
  return {
    follow: (wanted, signal) => read(options, new Tail(wanted, false, () => options.clock.monotonic()), either(signal)),
    upToNow: (wanted, signal) => read(options, new Tail(wanted, true, () => options.clock.monotonic()), either(signal)),
    consume: (name, wanted, handle, signal) => consume(options, { name, options: wanted, handle: retried(options, handle, either(signal)), memory: {} }, either(signal)),
    close: async () => closing.abort(),
  };
}

async function* read(options: ReaderOptions, tail: Tail, signal: AbortSignal): AsyncGenerator<Received> {
  const pause = new Pause(options, signal);
  for (let connection = await options.link.ready(signal); connection !== undefined; connection = await options.link.ready(signal)) {
    try {
      for await (const received of tail.session(connection, signal)) {
        pause.reset();
        yield received;
      }
    } catch (error) {
      pause.note('read the event log', connection, error);
    }
    if (tail.isDone) return;
    await pause.wait();
  }
}

async function consume(options: ReaderOptions, durable: Durable, signal: AbortSignal): Promise<void> {
  const pause = new Pause(options, signal);
  for (let connection = await options.link.ready(signal); connection !== undefined; connection = await options.link.ready(signal)) {
    try {
      await consumeDurably(connection, durable, signal);
      pause.reset();
    } catch (error) {
      pause.note(`read the event log as ${durable.name}`, connection, error);
    }
    await pause.wait();
  }
}

/** The same messages until they are handled: what is behind them waits. */
function retried(options: ReaderOptions, handle: (messages: readonly Received[]) => Promise<void>, signal: AbortSignal): Durable['handle'] {
  return async (messages) => {
    const pause = new Pause(options, signal);
    while (!signal.aborted) {
      try {
        await handle(messages);
        return true;
      } catch (error) {
        options.log.warn(`events of the log are not handled and come again: ${messageOf(error)}`);
      }
      await pause.wait();
    }
    return false;
  };
}

/** Waits longer after each failure. */
class Pause {
  readonly #options: ReaderOptions;
  readonly #signal: AbortSignal;
  #ms: number = retry.firstMs;

  constructor(options: ReaderOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  reset(): void {
    this.#ms = retry.firstMs;
  }

  /** A lost connection is told by the link. */
  note(what: string, connection: NatsConnection, error: unknown): void {
    if (!connection.isClosed() && !this.#signal.aborted) this.#options.log.warn(`${what}: ${messageOf(error)}; it is tried again`);
  }

  async wait(): Promise<void> {
    await delay(this.#options.clock, jittered(this.#ms, this.#options.random), this.#signal);
    this.#ms = Math.min(this.#ms * 2, retry.longestMs);
  }
}
