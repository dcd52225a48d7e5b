// Streams to pages (server-sent events): what changes, and what happened. Each one asks again from time to time whether its caller still may.
import { type Clock, delay } from '#platform/clock.ts';

/** One message of a stream. */
export interface Message {
  readonly event: string;
  readonly data: string;
}

export interface StreamOptions {
  readonly clock: Clock;
  /** False as soon as the caller may not see this any more. */
  readonly still: () => Promise<boolean>;
  /** Aborts when the page has gone. */
  readonly signal: AbortSignal;
}

/** A change is told after so long, together with those that came meanwhile. */
const gatherMs = 300;
/** Proxies end connections that say nothing. */
const beatMs = 15_000;

/** Something that may have changed, and how to say it. Undefined: nothing worth a message. */
export interface Source {
  onChange(listener: () => void): () => void;
  next(): Message | undefined;
}

/** Messages of a source until the page has gone or its right has. */
export async function* changes(source: Source, { clock, still, signal }: StreamOptions): AsyncGenerator<Message> {
  let isDue = true;
  let wake = () => {};
  const end = source.onChange(() => {
    isDue = true;
    wake();
  });
  let checkedAt = clock.monotonic();
  try {
    while (!signal.aborted) {
      if (clock.monotonic() - checkedAt >= beatMs) {
        if (!(await still())) return;
        checkedAt = clock.monotonic();
        yield beat;
      }
      const message = isDue ? source.next() : undefined;
      isDue = false;
      if (message !== undefined) yield message;
      await delay(clock, gatherMs, signal);
      const woken = new AbortController();
      wake = () => woken.abort();
      if (!isDue) await delay(clock, beatMs, AbortSignal.any([signal, woken.signal]));
    }
  } finally {
    end();
  }
}

/** Messages as they come, as long as their reader may have them. */
export async function* whileAllowed(messages: AsyncIterable<Message>, { clock, still, signal }: StreamOptions): AsyncGenerator<Message> {
  let checkedAt = clock.monotonic();
  for await (const message of messages) {
    if (signal.aborted) return;
    if (clock.monotonic() - checkedAt >= beatMs) {
      if (!(await still())) return;
      checkedAt = clock.monotonic();
    }
    yield message;
  }
}

const beat: Message = { event: 'beat', data: '' };

/** Messages as bytes. Whoever stops reading ends it. */
export function bytesOf(messages: AsyncGenerator<Message>, end: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      try {
        const next = await messages.next();
        if (next.done !== true) return controller.enqueue(encoder.encode(encode(next.value)));
        end();
        controller.close();
      } catch (error) {
        end();
        controller.error(error);
      }
    },
    cancel: () => end(),
  });
}

/** The wire form. Lines of data cannot end a message early. */
export function encode({ event, data }: Message): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `event: ${event}\n${lines.join('')}\n`;
}

/** Counts open streams: so many a user, and so many in all. */
export interface Seats {
  /** A function that gives the seat back; undefined when there is none left. */
  take(user: string): (() => void) | undefined;
  open(): number;
}

export function createSeats(perUser: number, all: number): Seats {
  const taken = new Map<string, number>();
  let open = 0;
  return {
    open: () => open,
    take: (user) => {
      const own = taken.get(user) ?? 0;
      if (own >= perUser || open >= all) return undefined;
      taken.set(user, own + 1);
      open += 1;
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        open -= 1;
        const left = (taken.get(user) ?? 1) - 1;
        if (left === 0) taken.delete(user);
        else taken.set(user, left);
      };
    },
  };
}
