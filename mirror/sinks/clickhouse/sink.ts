// Follows the event log and keeps the tables of ClickHouse equal to it. While the server is away nothing is read and nothing is spooled:
// the log keeps what is not stored yet, and the position is a row beside the rows, so that there is no second place that could disagree.
// Exactness: a batch is begun (its range is recorded) before it is stored, and only one is open. After any death, of this process, of the server
// or of a reply, the open batch is made up from the same messages and stored under the same token, which the server knows if it has stored it.
import type { Clock } from '#platform/clock.ts';
import { isClickHouseError } from '#platform/clickhouse/error.ts';
import type { ClickHouse } from '#platform/clickhouse/types.ts';
import { messageOf } from '#platform/errors.ts';
import type { EventReader, Start } from '#platform/nats/types.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Part } from '../../ports.ts';
import { Backoff } from '../backoff.ts';
import { type Batch, type BatchLimits, isOther, nextBatch, oldestIn, sameBatch } from '../batch.ts';
import { Health } from '../health.ts';
import { Inbox } from '../inbox.ts';
import { type Delivered, deliver, type DeliveryDeps, eventEncoder } from './deliver.ts';
import { migrate } from './migrate.ts';
import type { Migration } from './migrations.ts';
import { begin, type Begun, lastBegun } from './position.ts';

export interface SinkOptions {
  readonly server: ClickHouse;
  readonly reader: Pick<EventReader, 'follow' | 'upToNow'>;
  readonly database: string;
  readonly migrations: readonly Migration[];
  readonly limits: BatchLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each batch that is stored. */
  readonly onDelivered: (delivered: Delivered) => void;
}

const stream = 'events';

/** Starts the sink; only one may write to a database at a time. */
export function startClickHouseSink(options: SinkOptions): Part {
  const stop = new AbortController();
  const health = new Health(options.clock);
  const running = run(options, health, stop.signal);
  return {
    name: 'clickhouse',
    state: () => health.state(),
    async close() {
      stop.abort();
      await running;
      await options.server.close();
    },
  };
}

/** Begins anew for as long as it is wanted: what waiting does not mend is mended from the start, tables included. */
async function run(options: SinkOptions, health: Health, signal: AbortSignal): Promise<void> {
  const waits = new Backoff(options.clock, signal);
  while (!signal.aborted) {
    try {
      await migrate(options.server, options.database, options.migrations);
      health.works();
      await follow(options, health, signal);
      waits.reset();
    } catch (error) {
      if (signal.aborted) return;
      health.fails(messageOf(error));
      options.log.warn('the sink to ClickHouse begins anew', { fault: messageOf(error) });
    }
    await waits.wait();
  }
}

async function follow(options: SinkOptions, health: Health, signal: AbortSignal): Promise<void> {
  const { server, reader, database, clock } = options;
  const known = await lastBegun(server, database, stream);
  const open = known === undefined || (await isReplaced(reader, known, signal)) ? undefined : known;
  const start: Start = open === undefined ? { kind: 'beginning' } : { kind: 'sequence', sequence: open.first, ...(open.log === '' ? {} : { log: open.log }) };
  const reading = new AbortController();
  const inbox = new Inbox(reader.follow({ stream, start }, AbortSignal.any([signal, reading.signal])), clock);
  const deps: DeliveryDeps = { server, database, stream, encoder: eventEncoder(), persist: persisting(options, health, signal) };
  try {
    let number = known?.number ?? 0;
    let batch = open === undefined ? await nextBegun(options, deps, { inbox, number: (number += 1) }) : await sameBatch(inbox, open);
    while (batch !== undefined) {
      health.waits(oldestIn(batch));
      options.onDelivered(await deliver(deps, batch, number));
      health.waits(undefined);
      batch = await nextBegun(options, deps, { inbox, number: (number += 1) });
    }
  } finally {
    // A reader that waits for a message ends by its signal only.
    reading.abort();
    await inbox.close();
  }
}

async function nextBegun({ server, database, clock, limits }: SinkOptions, { persist }: DeliveryDeps, { inbox, number }: { readonly inbox: Inbox; readonly number: number }): Promise<Batch | undefined> {
  const batch = await nextBatch(inbox, limits, clock);
  if (batch !== undefined) await persist(() => begin(server, database, { stream, number, first: batch.first, last: batch.last, log: batch.log, now: clock.now() }));
  return batch;
}

/** True for a log that is not the one of this batch any more: it is another one, or ends before it. It is read from its beginning, and what was told before is left out by its ids. */
async function isReplaced(reader: SinkOptions['reader'], { last, log }: Begun, signal: AbortSignal): Promise<boolean> {
  for await (const message of reader.upToNow({ stream, start: { kind: 'beginning' } }, signal)) return isOther(message, log) || message.sequence + message.pending < last;
  return true;
}

/** Tries a call until it works. What is refused or gone is not mended by waiting; what is denied may be, by whoever replaces the files. */
function persisting({ clock, log }: SinkOptions, health: Health, signal: AbortSignal): DeliveryDeps['persist'] {
  return async (call) => {
    const waits = new Backoff(clock, signal);
    for (;;) {
      try {
        const result = await call();
        health.works();
        return result;
      } catch (error) {
        const isPassing = isClickHouseError(error) && (error.errorClass === 'retry' || error.errorClass === 'denied');
        if (!isPassing || signal.aborted) throw error;
        health.fails(messageOf(error));
        log.debug('ClickHouse does not take a batch', { fault: messageOf(error) });
        await waits.wait();
        signal.throwIfAborted();
      }
    }
  };
}
