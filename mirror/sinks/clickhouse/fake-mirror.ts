// A process that is nothing but the sink, for a test to kill: it reads a log that is the same in every life of it.
import { createClickHouse } from '#platform/clickhouse/client.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { migrationsOf } from './migrations.ts';
import { startClickHouseSink } from './sink.ts';
import { aLog, aThought } from './testing.ts';

/** What the process is told, as JSON in its first argument. */
export interface FakeMirror {
  readonly url: string;
  readonly userFile: string;
  readonly passwordFile: string;
  readonly database: string;
  readonly messages: number;
}

const { url, userFile, passwordFile, database, messages } = JSON.parse(process.argv[2] ?? '{}') as FakeMirror;
const log = aLog();
for (let message = 0; message < messages; message += 1) log.add(Array.from({ length: 50 }, (_, index) => aThought(`u.1.1-1.${message * 50 + index}`)));
startClickHouseSink({
  server: createClickHouse({ url, insecure: true, timeoutMs: 5000, userFile, passwordFile }, systemClock),
  reader: log.reader,
  database,
  migrations: migrationsOf(database, { eventDays: 3650, rollupDays: 3650 }),
  limits: { rows: 500, ms: 20 },
  clock: systemClock,
  log: silentLog,
  onDelivered: () => process.stdout.write('stored\n'),
});
// A reader that waits keeps no process alive.
setInterval(() => {}, 1000);
