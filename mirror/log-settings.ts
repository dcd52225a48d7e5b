// Where the event log is, as settings say: for the mirror, and for every program beside it that reads or fills the log.
import type { MirrorConfig } from '#api/config/mirror.ts';
import type { NatsSettings } from '#platform/nats/settings.ts';
import type { StreamOptions } from '#platform/nats/streams.ts';

type LogConfig = Pick<MirrorConfig, 'natsServers' | 'natsCaFile' | 'natsCertificateFile' | 'natsKeyFile' | 'natsUserFile' | 'natsPasswordFile' | 'natsCredentialsFile' | 'natsInsecure'>;

/** What a connection to the log needs to know. */
export function natsSettings(config: LogConfig, name = 'coditect-mirror'): NatsSettings {
  const files = { caFile: config.natsCaFile, certificateFile: config.natsCertificateFile, keyFile: config.natsKeyFile, userFile: config.natsUserFile, passwordFile: config.natsPasswordFile, credentialsFile: config.natsCredentialsFile };
  const given = Object.fromEntries(Object.entries(files).filter(([, file]) => file !== undefined)) as Partial<NatsSettings>;
  return { ...given, servers: config.natsServers, insecure: config.natsInsecure, name };
}

const daySeconds = 86_400;
const mebibyte = 1_048_576;

/** How the streams are declared: the same by whoever declares them, else each would change what the other made. */
export function streamOptions(config: Pick<MirrorConfig, 'natsReplicas' | 'natsEventDays' | 'natsEventsMaxMiB' | 'natsAuditDays' | 'natsAuditMaxMiB'>): StreamOptions {
  return {
    replicas: config.natsReplicas,
    bounds: {
      events: { maxAgeSeconds: config.natsEventDays * daySeconds, maxBytes: config.natsEventsMaxMiB * mebibyte },
      audit: { maxAgeSeconds: config.natsAuditDays * daySeconds, maxBytes: config.natsAuditMaxMiB * mebibyte },
    },
  };
}
