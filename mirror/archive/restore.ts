// Puts archived events back into the log. Their ids stay, so whoever has them drops them.
import type { CloudEvent } from '#api/events/envelope.ts';
import { parseTime } from '#api/time.ts';
import type { EventPublisher } from '#platform/nats/types.ts';
import type { ArchiveReader } from './reader.ts';
import { ArchiveError } from './ports.ts';

export interface RestoreDeps {
  readonly reader: ArchiveReader;
  readonly publisher: EventPublisher;
  /** Longest wait for the log to take what was handed in, in milliseconds. */
  readonly patienceMs: number;
  readonly onProgress: (events: number) => void;
}

export interface RestoreWish {
  /** Days in UTC, both counted. */
  readonly from: string;
  readonly until: string;
  /** Absent: all tenants. */
  readonly tenant?: string;
}

export interface Restored {
  readonly events: number;
  /** What could not be put back, and why. */
  readonly faults: readonly string[];
}

const dayMs = 86_400_000;
/** Events that are handed in before the log has to have taken them. */
const atOnce = 5000;

/** Restores the events of some days. Rejects when the log does not take them; what it took stays, and a repeat is harmless. */
export async function restore({ reader, publisher, patienceMs, onProgress }: RestoreDeps, wish: RestoreWish, signal: AbortSignal): Promise<Restored> {
  const { tenant } = wish;
  const [from, until] = [parseTime(wish.from) ?? 0, (parseTime(wish.until) ?? 0) + dayMs - 1];
  const faults: string[] = [];
  let events = 0;
  const send = async (batch: readonly CloudEvent[]): Promise<void> => {
    const { dropped } = await publisher.publish(batch);
    if (dropped > 0) throw new ArchiveError(`restore events: the folder of this program has no room for ${dropped} of them; give it more, and run again`);
    if (!(await publisher.drained(AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])))) throw new ArchiveError(`restore events: the log has not taken them for ${patienceMs / 1000} s: ${publisher.state().fault ?? 'it is slow'}; mend that, and run again`);
    events += batch.length;
    onProgress(events);
  };
  for (const stream of ['audit', 'events'] as const) {
    let waiting: CloudEvent[] = [];
    for await (const message of reader.messages({ stream, from, until, ...(tenant === undefined ? {} : { tenant }) }, signal)) {
      for (const text of [message.gap, message.fault]) if (text !== undefined) faults.push(text);
      // An event goes to the subject of its tenant, so it has to be the tenant that it came from.
      waiting.push(...message.events.filter((event) => event.tenant === message.tenant && isWithin(event.time, from, until)));
      if (waiting.length < atOnce) continue;
      await send(waiting);
      waiting = [];
    }
    if (waiting.length > 0) await send(waiting);
  }
  return { events, faults };
}

/** A file holds one day, but a wish may begin and end within files of several days. */
function isWithin(time: string, from: number, until: number): boolean {
  const at = parseTime(time) ?? 0;
  return at >= from && at <= until;
}
