// Batches of messages: large enough for the server, young enough for the reader. A batch that was begun is made up again exactly as it was.
import type { Clock } from '#platform/clock.ts';
import type { Received } from '#platform/nats/types.ts';
import type { Inbox } from './inbox.ts';

/** Messages of the log without a gap between them, first to last. */
export interface Batch {
  /** Which log they are of; empty when that was not written down. */
  readonly log: string;
  readonly first: number;
  readonly last: number;
  readonly messages: readonly Received[];
}

export interface BatchLimits {
  /** A batch is full with so many events. */
  readonly rows: number;
  /** A batch is closed when its first message is this old, in milliseconds. */
  readonly ms: number;
}

/** The next batch; undefined when there are no more messages. */
export async function nextBatch(inbox: Inbox, { rows, ms }: BatchLimits, clock: Pick<Clock, 'monotonic'>): Promise<Batch | undefined> {
  const messages: Received[] = [];
  let events = 0;
  let until: number | undefined;
  while (events < rows) {
    const next = await inbox.next(until === undefined ? undefined : until - clock.monotonic());
    if (next.kind === 'ended') return undefined;
    if (next.kind === 'late') break;
    // A log that was lost and made anew: its messages are not of this batch.
    const before = messages.at(-1);
    if (before !== undefined && (next.message.log !== before.log || next.message.sequence <= before.sequence)) {
      inbox.giveBack(next.message);
      break;
    }
    messages.push(next.message);
    events += next.message.events.length;
    until ??= clock.monotonic() + ms;
  }
  return batchOf(messages);
}

/** The batch that was begun as `first` to `last`, as far as the log still has it; undefined when the reading ended before it was whole, or came to another log. */
export async function sameBatch(inbox: Inbox, { first, last, log }: Omit<Batch, 'messages'>): Promise<Batch | undefined> {
  const messages: Received[] = [];
  for (;;) {
    const next = await inbox.next(undefined);
    if (next.kind !== 'message' || isOther(next.message, log)) return undefined;
    if (next.message.sequence > last) {
      inbox.giveBack(next.message);
      break;
    }
    messages.push(next.message);
    if (next.message.sequence === last) break;
  }
  return { first, last, log, messages };
}

/** True for a message of another log than this one. */
export function isOther(message: Pick<Received, 'log'>, log: string): boolean {
  return log !== '' && message.log !== undefined && message.log !== log;
}

function batchOf(messages: readonly Received[]): Batch | undefined {
  const [first, last] = [messages[0], messages.at(-1)];
  return first === undefined || last === undefined ? undefined : { first: first.sequence, last: last.sequence, log: first.log ?? '', messages };
}

/** When the oldest event of a batch happened, by the first of each message; undefined when none can be read. */
export function oldestIn({ messages }: Batch): number | undefined {
  const times = messages.flatMap(({ events }) => events.slice(0, 1).map(({ time }) => Date.parse(time))).filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.min(...times);
}
