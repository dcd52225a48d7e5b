// The doors of the archive program to the event log, made from its settings when a command needs them.
import { join } from 'node:path';
import type { ArchiveConfig } from '#api/config/archive.ts';
import type { Clock } from '#platform/clock.ts';
import { PlatformError } from '#platform/errors.ts';
import type { Random } from '#platform/ids.ts';
import { linkNats, type NatsLink } from '#platform/nats/connect.ts';
import { openPublisher } from '#platform/nats/publisher.ts';
import { createReader } from '#platform/nats/reader.ts';
import type { EventPublisher } from '#platform/nats/types.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { natsSettings, streamOptions } from '../log-settings.ts';
import type { LogSource } from './ports.ts';
import { logSource } from './wiring.ts';

export interface Environment {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The doors of the program to the log; closed together. */
export function logDoors(config: ArchiveConfig, environment: Environment) {
  let link: NatsLink | undefined;
  const linked = (): NatsLink => {
    if (config.natsServers.length === 0) throw new PlatformError('ArchiveUsage', 'there are no servers of the event log; set CODITECT_NATS_SERVERS');
    link ??= linkNats(natsSettings(config, 'coditect-archive'), environment);
    return link;
  };
  return {
    openLog: (): LogSource => logSource(linked(), createReader({ link: linked(), ...environment })),
    openPublisher: (): Promise<EventPublisher> => openPublisher({ ...environment, link: linked(), folder: join(config.folder, 'outbox'), maxBytes: outboxBytes, streams: streamOptions(config) }),
    close: async (): Promise<void> => link?.close(),
  };
}

/** More than is handed in before the log has taken it. */
const outboxBytes = 256 * 1_048_576;
