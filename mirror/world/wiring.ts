// The world model, made from the settings of the mirror.
import type { MirrorConfig } from '#api/config/mirror.ts';
import type { Clock } from '#platform/clock.ts';
import type { Random } from '#platform/ids.ts';
import { openRedis } from '#platform/redis/client.ts';
import type { Redis } from '#platform/redis/types.ts';
import type { EventReader } from '#platform/nats/types.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Metrics } from '#platform/telemetry/metrics.ts';
import type { Listener, Part, Truth } from '../ports.ts';
import type { WorldLimits } from './limits.ts';
import { createWorldMetrics } from './metrics.ts';
import { openWorld, type WorldModel, type WorldOptions } from './world.ts';

export interface WorldPorts {
  readonly config: MirrorConfig;
  readonly truth: Truth;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The world model, as a part, as one that is told of events, and as itself. */
export interface RunningWorld {
  readonly part: Part;
  readonly listener: Listener;
  readonly world: WorldModel;
}

/** The world model as a part that is told of events; `reader`, where there is a log, gives back the files that agents told of when Redis has lost them. */
export function startWorld({ config, metrics, clock, random, log, truth }: WorldPorts, reader?: Pick<EventReader, 'upToNow'>): RunningWorld {
  const redis = config.redisServers.length === 0 ? undefined : redisOf(config, { clock, random, log });
  const past = reader === undefined ? {} : { past: pastOf(reader) };
  const world = openWorld({ ...(redis === undefined ? {} : { redis }), ...past, truth, limits: limitsOf(config), metrics: createWorldMetrics(metrics), clock, log });
  const close = async (): Promise<void> => {
    await world.close();
    await redis?.close();
  };
  return { world, listener: world, part: { name: world.name, state: () => world.state(), close } };
}

function redisOf(config: MirrorConfig, environment: Pick<WorldPorts, 'clock' | 'random' | 'log'>): Redis {
  const { redisCaFile: caFile, redisCertificateFile: certificateFile, redisKeyFile: keyFile, redisUserFile: userFile, redisPasswordFile: passwordFile } = config;
  return openRedis({
    ...environment,
    addresses: config.redisServers.map(addressOf),
    kind: config.redisCluster ? 'cluster' : 'single',
    insecure: config.redisInsecure,
    files: { caFile, certificateFile, keyFile, userFile, passwordFile },
    commandTimeoutMs: 5000,
    connectTimeoutMs: 5000,
  });
}

const redisPort = 6379;

/** `host:port`, `host`, or an IPv6 address in brackets. */
export function addressOf(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain = text, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain, port: port === undefined ? redisPort : Number(port) };
}

function limitsOf({ worldMaxEntities, worldKeptSeconds, worldCheckSeconds }: MirrorConfig): Partial<WorldLimits> {
  return { entities: worldMaxEntities, keptMs: worldKeptSeconds * 1000, checkMs: worldCheckSeconds * 1000 };
}

function pastOf(reader: Pick<EventReader, 'upToNow'>): NonNullable<WorldOptions['past']> {
  return async function* (signal) {
    for await (const { events } of reader.upToNow({ stream: 'events', families: ['agent'], start: { kind: 'beginning' } }, signal)) yield events;
  };
}
