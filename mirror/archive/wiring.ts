// The archive, made from settings: a bucket, and the log as it is read into it.
import type { S3Config } from '#api/config/s3.ts';
import type { Clock } from '#platform/clock.ts';
import type { NatsLink } from '#platform/nats/connect.ts';
import { streamState } from '#platform/nats/state.ts';
import type { EventReader } from '#platform/nats/types.ts';
import { createS3, type S3Settings } from '#platform/s3/client.ts';
import type { LogSource, Place } from './ports.ts';

/** The bucket; undefined when none is configured. Throws for settings that would send anything in the open. */
export function openPlace(config: S3Config, clock: Clock, limits: Pick<S3Settings, 'timeoutMs' | 'tries'> = {}): Place | undefined {
  if (config.s3Bucket === '') return undefined;
  const { s3Endpoint: endpoint, s3Region: region, s3Bucket: bucket, s3Insecure: insecure, s3Prefix: prefix } = config;
  const files = { caFile: config.s3CaFile, certificateFile: config.s3CertificateFile, keyFile: config.s3KeyFile, userFile: config.s3AccessKeyFile, passwordFile: config.s3SecretKeyFile };
  return { store: createS3({ ...files, ...limits, region, bucket, insecure, ...(endpoint === '' ? {} : { endpoint }) }, clock), prefix };
}

/** How long a program waits for a log that does not answer: whoever runs it every night wants to hear of it. */
const patienceMs = 30_000;

/** The log as the archive reads it. */
export function logSource(link: NatsLink, reader: Pick<EventReader, 'upToNow'>, longestMs = patienceMs): LogSource {
  return { reader, state: (stream, signal) => streamState(link, stream, AbortSignal.any([signal, AbortSignal.timeout(longestMs)])) };
}
