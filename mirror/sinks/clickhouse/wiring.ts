// The sink and the questions to its tables, made from the settings of the mirror.
import type { MirrorConfig } from '#api/config/mirror.ts';
import { type ClickHouseSettings, createClickHouse } from '#platform/clickhouse/client.ts';
import type { Clock } from '#platform/clock.ts';
import type { EventReader } from '#platform/nats/types.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Metrics } from '#platform/telemetry/metrics.ts';
import type { Part } from '../../ports.ts';
import { type AskStats, askingStats } from '../../stats/queries.ts';
import { countDeliveries } from './metrics.ts';
import { migrationsOf } from './migrations.ts';
import { replicatedOf } from './replicated.ts';
import { startClickHouseSink } from './sink.ts';

export interface AnalyticsPorts {
  readonly config: MirrorConfig;
  readonly reader: Pick<EventReader, 'follow' | 'upToNow'>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Analytics {
  readonly part: Part;
  /** For the stats service. */
  readonly ask: AskStats;
}

/** Large enough that the server makes few parts, young enough that a page shows what happened two seconds ago. */
const limits = { rows: 100_000, ms: 1000 } as const;
const timeoutMs = 60_000;

/** Starts the sink; undefined when no ClickHouse is configured. Throws for settings that would send credentials in the open. */
export function startAnalytics({ config, reader, metrics, clock, log }: AnalyticsPorts): Analytics | undefined {
  if (config.clickhouseUrl === '') return undefined;
  const { clickhouseDatabase: database, clickhouseCluster: cluster } = config;
  const server = createClickHouse(settingsOf(config), clock);
  const plain = migrationsOf(database, { eventDays: config.clickhouseEventDays, rollupDays: config.clickhouseRollupDays });
  const part = startClickHouseSink({ server, reader, database, migrations: cluster === '' ? plain : replicatedOf(plain, cluster), limits, clock, log, onDelivered: countDeliveries(metrics) });
  return { part, ask: askingStats(server) };
}

function settingsOf(config: MirrorConfig): ClickHouseSettings {
  const files = { caFile: config.clickhouseCaFile, certificateFile: config.clickhouseCertificateFile, keyFile: config.clickhouseKeyFile, userFile: config.clickhouseUserFile, passwordFile: config.clickhousePasswordFile };
  const given = Object.fromEntries(Object.entries(files).filter(([, file]) => file !== undefined)) as Partial<ClickHouseSettings>;
  return { ...given, url: config.clickhouseUrl, insecure: config.clickhouseInsecure, timeoutMs };
}
