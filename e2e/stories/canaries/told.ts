// What the mirror keeps: every message of the event log, of all tenants, read back by a reader of its own.
import { streams } from '#api/events/streams.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { linkNats } from '#platform/nats/connect.ts';
import { createReader } from '#platform/nats/reader.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import type { EventLog } from '#testing/world-stores.ts';
import { must } from '../../story.ts';
import type { Haystack, Piece } from './search.ts';

/** One place, whose pieces are the events of a message. */
export async function eventLogPlace({ access }: EventLog): Promise<Haystack> {
  const ports = { clock: systemClock, random: systemRandom, log: silentLog };
  const link = linkNats({ ...access, name: 'coditect-e2e-canaries' }, ports);
  const reader = createReader({ ...ports, link });
  const limit = AbortSignal.timeout(30_000);
  const pieces: Piece[] = [];
  try {
    for (const stream of Object.keys(streams) as (keyof typeof streams)[]) {
      for await (const { sequence, tenant, family, events, fault } of reader.upToNow({ stream, start: { kind: 'beginning' } }, limit)) {
        must(fault === undefined, `message ${sequence} of ${stream} cannot be read: ${fault}`);
        pieces.push({ place: `${stream}/${tenant}/${family}/${sequence}`, bytes: Buffer.from(JSON.stringify(events)) });
      }
    }
    must(!limit.aborted, `the log does not answer: ${link.fault() ?? 'it is connected, and says nothing'}`);
  } finally {
    await reader.close();
    await link.close();
  }
  return { name: 'event log', pieces };
}
