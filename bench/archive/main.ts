// Measures how fast events become files and files become events again: node bench/archive/main.ts. The bucket is a real S3 server behind TLS on loopback.
import { performance } from 'node:perf_hooks';
import { zstdCompressSync } from 'node:zlib';
import { keepRows, rowTable } from '#bench/report.ts';
import type { BenchRow } from '#bench/row.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import { packLimits } from '#api/events/streams.ts';
import { rememberManifests } from '#mirror/archive/manifests.ts';
import { createArchiveReader } from '#mirror/archive/reader.ts';
import { all, FakeLog, run } from '#mirror/archive/testing.ts';
import { someEvents } from '#platform/nats/testing.ts';
import { isS3Missing, S3Bench, whyNoS3 } from '#platform/s3/testing.ts';

const command = 'node bench/archive/main.ts';
const many = 100_000;
const prefix = 'bench';
const signal = new AbortController().signal;

if (isS3Missing) {
  process.stderr.write(`the archive is not measured${whyNoS3}\n`);
  process.exitCode = 1;
} else {
  const bench = new S3Bench();
  await bench.start();
  try {
    const rows = await measured(bench);
    await keepRows(rows);
    process.stdout.write(`${rowTable(rows, {})}\n`);
  } finally {
    await bench.end();
  }
}

async function measured(bench: S3Bench): Promise<readonly BenchRow[]> {
  const log = new FakeLog();
  for (let from = 0; from < many; from += packLimits.events) log.put(someEvents(from, from + packLimits.events));
  const messages = await all(log.reader.upToNow({ stream: 'events', start: { kind: 'beginning' } }, signal));
  const texts = messages.map(({ events }) => events.map((event) => JSON.stringify(event)));
  const place = { store: bench.client(), prefix };
  const write = await perSecond(() => run(place, log, { mostBytes: 16 * 1_048_576 }));
  const leastWrite = await perSecond(async () => void messages.map(({ events }) => zstdCompressSync(JSON.stringify(events))));
  let told = 0;
  const read = await perSecond(async () => {
    for await (const { events } of createArchiveReader(place, rememberManifests(place)).messages({ stream: 'events', tenant: 'team-a' }, signal)) told += events.length;
  });
  if (told !== many) throw new Error(`cannot believe this figure: ${told} events came of ${many}`);
  const leastRead = await perSecond(async () => void texts.map((own) => own.map((text) => (JSON.parse(text) as CloudEvent).id)));
  const bytes = (await all(place.store.list(`${prefix}/team-a/`))).reduce((sum, listed) => sum + listed.bytes, 0);
  const plain = texts.flat().reduce((sum, text) => sum + text.length, 0);
  return [row('archive_events_per_s', write, leastWrite), row('archive_read_events_per_s', read, leastRead), { ...row('archive_bytes_per_event', bytes / many, plain / many), unit: 'bytes' }];
}

function row(id: string, value: number, floor: number): BenchRow {
  return { id, value, floor, unit: 'events/s', ratio: value / floor, command };
}

async function perSecond(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return (many * 1000) / (performance.now() - begin);
}
