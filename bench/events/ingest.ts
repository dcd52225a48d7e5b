// How many events a second reach the event log, by the outbox and by one message each, in turns in one run on one real server.
// The floor is full packs that are ready beforehand: only sent and acknowledged, nothing packed and nothing put on disk by us.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { ensureNats, startNats } from '#devcluster/services/nats/index.ts';
import { settingsFrom } from '#devcluster/settings.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { linkNats } from '#platform/nats/connect.ts';
import { defaultFormat } from '#platform/nats/pack.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import type { BenchRow } from '../row.ts';
import { latencies, type Latencies } from './latency.ts';
import { makeEvents } from './load.ts';
import { awaited, bare, outbox, windowed } from './ways.ts';

const rounds = 3;
const sizes = { awaited: 1500, windowed: 8000, packs: 120, outbox: 60_000 } as const;
const ports = { clock: systemClock, random: systemRandom, log: silentLog } as const;
const names = ['awaited', 'windowed', 'json', 'records', 'bare'] as const;
type Rates = Readonly<Record<(typeof names)[number], number>>;

/** Measures `ingest_vs_single_message`, `ingest_events_per_s` and `ingest_latency_p99_ms`. Takes less than a minute. */
export async function benchIngest(): Promise<BenchRow[]> {
  const found = await ensureNats(settingsFrom(process.env));
  if (found.kind === 'missing') throw new Error(`measure the event log: ${found.why}`);
  const folder = mkdtempSync(join(tmpdir(), 'ingest-'));
  const nats = await startNats({ file: found.file, folder });
  const link = linkNats({ servers: nats.servers, insecure: true, name: 'bench' }, ports);
  try {
    const connection = await link.ready(AbortSignal.timeout(5000));
    if (connection === undefined) throw new Error(`measure the event log: ${link.fault() ?? 'no connection'}`);
    await (await jetstreamManager(connection)).streams.add({ name: 'SINGLE', subjects: ['single.>'], storage: StorageType.File });
    const options = { link, maxBytes: 1_073_741_824, streams: { replicas: 1 }, ...ports };
    const client = jetstream(connection);
    const turns: Rates[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const events = makeEvents(round * 1e6, sizes.outbox);
      const rates: Rates = {
        awaited: await awaited(client, events.slice(0, sizes.awaited)),
        windowed: await windowed(client, events.slice(sizes.awaited, sizes.awaited + sizes.windowed)),
        json: await outbox(options, join(folder, `round-${round}`), 'json', events),
        records: await outbox(options, join(folder, `round-${round}`), 'records', events),
        bare: await bare(client, events, sizes.packs),
      };
      // The first round warms up.
      if (round > 0) turns.push(rates);
    }
    return report(turns, await latencies(options, join(folder, 'latency')));
  } finally {
    await link.close();
    await nats.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(turns: readonly Rates[], { ours, single }: Latencies): BenchRow[] {
  for (const name of names) console.log(`ingest  ${name.padEnd(8)} ${Math.round(median(turns.map((turn) => turn[name]))).toString().padStart(8)} events/s`);
  console.log(`ingest  from publish to a reader: p50 ${ours.p50.toFixed(1)} ms, p99 ${ours.p99.toFixed(1)} ms; one awaited message: p50 ${single.p50.toFixed(1)} ms, p99 ${single.p99.toFixed(1)} ms`);
  // Paired by round: a noisy neighbour slows all of them.
  const over = (way: keyof Rates, base: keyof Rates) => median(turns.map((turn) => turn[way] / turn[base]));
  const row = (id: string, unit: string, value: number, floor: number): BenchRow => ({ id, value, unit, floor, ratio: value / floor, command: 'node bench/events/main.ts' });
  const rate = (way: keyof Rates) => median(turns.map((turn) => turn[way]));
  return [
    row('ingest_vs_single_message', 'ratio', over(defaultFormat, 'awaited'), over('bare', 'awaited')),
    row('ingest_vs_windowed_message', 'ratio', over(defaultFormat, 'windowed'), over('bare', 'windowed')),
    row('ingest_records_vs_json', 'ratio', over('records', 'json'), 1),
    row('ingest_events_per_s', 'events/s', rate(defaultFormat), rate('bare')),
    row('ingest_latency_p99_ms', 'ms', ours.p99, single.p99),
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
