// Batches of messages: large enough for the server, young enough for the reader. A batch that was begun is made up again exactly as it was.
import type { Clock } from '#platform/clock.ts';
import type { Received } from '#platform/nats/types.ts';
import type { Inbox } from './inbox.ts';

/** Messages of the log without a gap between them, first to last. */
export interface Batch {
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
    // A log that was lost and made anew counts from 1 again: its messages are not of this batch.
    if (next.message.sequence <= (messages.at(-1)?.sequence ?? -1)) {
      inbox.giveBack(next.message);
      break;
    }
    messages.push(next.message);
    events += next.message.events.length;
    until ??= clock.monotonic() + ms;
  }
  return batchOf(messages);
}

/** The batch that was begun as `first` to `last`, as far as the log still has it; undefined when the reading ended before it was whole. */
export async function sameBatch(inbox: Inbox, { first, last }: Pick<Batch, 'first' | 'last'>): Promise<Batch | undefined> {
  const messages: Received[] = [];
  for (;;) {
    const next = await inbox.next(undefined);
    if (next.kind !== 'message') return undefined;
    if (next.message.sequence > last) {
      inbox.giveBack(next.message);
      break;
    }
    messages.push(next.message);
    if (next.message.sequence === last) break;
  }
  return { first, last, messages };
}

function batchOf(messages: readonly Received[]): Batch | undefined {
  const [first, last] = [messages[0], messages.at(-1)];
  return first === undefined || last === undefined ? undefined : { first: first.sequence, last: last.sequence, messages };
}
