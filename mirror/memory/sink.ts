// Follows the event log and keeps the memory equal to it. While Chroma is away nothing is read: the log keeps what is not kept yet.
// How far it got lies in Chroma too: a Chroma that is lost, emptied or restored takes the position with it, and is filled again from there.
// Every id is made from the log, so whatever is done twice after a crash leaves the same records.
import { messageOf } from '#platform/errors.ts';
import type { EventReader, Start } from '#platform/nats/types.ts';
import type { Part } from '../ports.ts';
import { Backoff } from '../sinks/backoff.ts';
import { isOther, nextBatch, oldestIn } from '../sinks/batch.ts';
import { Health } from '../sinks/health.ts';
import { Inbox } from '../sinks/inbox.ts';
import { families } from './decide/courses.ts';
import { Keeper, type KeeperOptions } from './keeper.ts';
import type { Position } from './store.ts';

export interface SinkOptions extends KeeperOptions {
  readonly reader: Pick<EventReader, 'follow' | 'upToNow'>;
}

const stream = 'events';
const batchLimits = { rows: 250, ms: 1000 } as const;
/** How often Chroma is asked whether it still has what was kept: where nothing happens nobody else would notice. */
const pulseMs = 10_000;

/** Starts the memory; only one may write to a Chroma at a time. */
export function startMemorySink(options: SinkOptions): Part {
  const stop = new AbortController();
  const health = new Health(options.clock);
  const running = run(options, health, stop.signal);
  return {
    name: 'memory',
    state: () => health.state(),
    async close() {
      stop.abort();
      await running;
      await options.store.close();
    },
  };
}

/** Begins anew for as long as it is wanted. */
async function run(options: SinkOptions, health: Health, signal: AbortSignal): Promise<void> {
  const waits = new Backoff(options.clock, signal);
  while (!signal.aborted) {
    try {
      await follow(options, health, { signal, onProgress: () => waits.reset() });
    } catch (error) {
      if (signal.aborted) return;
      health.fails(messageOf(error));
      options.log.warn('the memory begins anew', { fault: messageOf(error) });
    }
    await waits.wait();
  }
}

interface Following {
  readonly signal: AbortSignal;
  readonly onProgress: () => void;
}

async function follow(options: SinkOptions, health: Health, { signal, onProgress }: Following): Promise<void> {
  const { store, reader, clock } = options;
  await store.open();
  const known = await store.position();
  const position = known === undefined || (await isReplaced(reader, known, signal)) ? { from: 0, through: 0, log: '' } : known;
  const start: Start = position.from === 0 ? { kind: 'beginning' } : { kind: 'sequence', sequence: position.from, ...(position.log === '' ? {} : { log: position.log }) };
  const reading = new AbortController();
  const inbox = new Inbox(reader.follow({ stream, families, start }, AbortSignal.any([signal, reading.signal])), clock);
  const keeper = new Keeper(options, position, signal);
  let endPulse = () => {};
  try {
    await keeper.begin();
    health.works();
    onProgress();
    endPulse = pulse(options, health, () => reading.abort());
    for (let batch = await nextBatch(inbox, batchLimits, clock); batch !== undefined; batch = await nextBatch(inbox, batchLimits, clock)) {
      health.waits(oldestIn(batch));
      await keeper.take(batch, health);
      health.waits(undefined);
    }
  } finally {
    endPulse();
    // A reader that waits for a message ends by its signal only.
    reading.abort();
    await inbox.close();
  }
}

/** True for a log that is not the one that was read any more: it is another one, or ends before that. */
async function isReplaced(reader: SinkOptions['reader'], { through, log }: Position, signal: AbortSignal): Promise<boolean> {
  for await (const message of reader.upToNow({ stream, start: { kind: 'beginning' } }, signal)) return isOther(message, log) || message.sequence + message.pending < through;
  return through > 0;
}

/** Asks again and again whether what was kept is still there; `lost` is told when it is not. Gives what ends it. */
function pulse({ store, clock }: SinkOptions, health: Health, lost: () => void): () => void {
  let isOver = false;
  let cancel = (): void => {};
  const beat = async (): Promise<void> => {
    try {
      const isThere = (await store.position()) !== undefined;
      if (isOver) return;
      if (!isThere) return lost();
      health.works();
    } catch (error) {
      if (!isOver) health.fails(messageOf(error));
    }
    if (!isOver) later();
  };
  const later = (): void => {
    cancel = clock.after(pulseMs, () => void beat());
  };
  later();
  return () => {
    isOver = true;
    cancel();
  };
}
