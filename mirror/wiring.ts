// The back-ends of the mirror, made from its settings. A further one is one more line in `startParts`.
import { join } from 'node:path';
import type { Authenticator } from '#api/access.ts';
import type { MirrorConfig } from '#api/config/mirror.ts';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Random } from '#platform/ids.ts';
import { linkNats } from '#platform/nats/connect.ts';
import { openPublisher } from '#platform/nats/publisher.ts';
import { createReader } from '#platform/nats/reader.ts';
import type { EventPublisher } from '#platform/nats/types.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Metrics } from '#platform/telemetry/metrics.ts';
import { startArchive } from './archive/wiring-mirror.ts';
import { type Routes, startHistory } from './history/wiring.ts';
import { natsSettings, streamOptions } from './log-settings.ts';
import { withoutLog } from './no-log.ts';
import { startMemory } from './memory/wiring.ts';
import type { Listener, Part, Truth } from './ports.ts';
import { type Analytics, startAnalytics } from './sinks/clickhouse/wiring.ts';
import { statsRoutes } from './stats/routes.ts';
import { createRebuildAnswer, createWorldAnswer } from './world/answer.ts';
import { auditTo, type ReadOptions } from './world/reads.ts';
import { startWorld } from './world/wiring.ts';

export interface PartPorts {
  readonly config: MirrorConfig;
  readonly truth: Truth;
  /** Who people are, and what they may read. */
  readonly authenticator: Authenticator;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A back-end, who of it is told of events as they are found, and what of it people may ask. */
export interface Running {
  readonly part: Part;
  readonly listener?: Listener;
  readonly routes?: Routes;
  /** What the operator may ask, where certificates say who calls. */
  readonly operatorRoutes?: Routes;
  /** What agents may look at. */
  readonly world?: Pick<ReadOptions, 'world' | 'audit'>;
}

/** All back-ends. None may fail for a store that is away. */
export function startParts(ports: PartPorts): Promise<readonly Running[]> {
  const { config, clock, random, log } = ports;
  // Readers have a connection of their own: a replay must not stand in the way of what is told.
  const link = config.natsServers.length === 0 ? undefined : linkNats(natsSettings(config), ports);
  const reader = link === undefined ? undefined : createReader({ link, clock, random, log });
  const { part, listener, world } = startWorld(ports, reader);
  const { truth, authenticator } = ports;
  const audit = auditTo(log);
  const worldAnswers = { world: createWorldAnswer({ world, truth, authenticator, audit }), rebuildWorlds: createRebuildAnswer({ world, authenticator, log }) };
  const analytics = reader === undefined ? undefined : startAnalytics({ ...ports, reader });
  const archive = startArchive(ports);
  return Promise.resolve([
    { part, listener, world: { world, audit } },
    startHistory({ ...ports, link, archive: archive?.reader, world: worldAnswers }),
    { part: archive?.part ?? offPart('archive') },
    { part: analytics?.part ?? offPart('clickhouse'), routes: statsOf(ports, analytics) },
    startMemory({ ...ports, reader }),
  ]);
}

/** Asked for in an installation without it, the service says so. */
function statsOf({ config, authenticator, clock, log }: PartPorts, analytics: Analytics | undefined): Routes {
  return statsRoutes({ authenticator, clock, database: config.clickhouseDatabase, ask: analytics?.ask, onFault: (error) => log.warn('a question to ClickHouse failed', { error: messageOf(error) }) });
}

function offPart(name: string): Part {
  return { name, state: () => ({ kind: 'off' }), close: () => Promise.resolve() };
}

/** The way to the log; without servers events are shown to the other parts alone. */
export async function openLog({ config, ...environment }: Pick<PartPorts, 'config' | 'clock' | 'random' | 'log'>): Promise<EventPublisher> {
  if (config.natsServers.length === 0) return withoutLog;
  const link = linkNats(natsSettings(config), environment);
  const publisher = await openPublisher({ ...environment, link, folder: join(config.folder, 'outbox'), maxBytes: config.outboxMaxMiB * 1_048_576, streams: streamOptions(config) });
  const close = async () => {
    await publisher.close();
    await link.close();
  };
  return { ...bound(publisher), close };
}

function bound(publisher: EventPublisher): Omit<EventPublisher, 'close'> {
  return { publish: (events) => publisher.publish(events), state: () => publisher.state(), drained: (signal) => publisher.drained(signal) };
}
