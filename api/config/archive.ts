// Settings of the archive program.
import { z } from 'zod';
import { Day } from '../archive.ts';
import { LabelName } from '../v1alpha1/schema.ts';
import { MirrorConfig } from './mirror.ts';
import { s3Settings } from './s3.ts';
import { env, LogLevel, whole } from './setting.ts';

/** The log is named in the same words as for the mirror. */
const { natsServers, natsCaFile, natsCertificateFile, natsKeyFile, natsUserFile, natsPasswordFile, natsCredentialsFile, natsInsecure, natsReplicas, natsEventDays, natsEventsMaxMiB, natsAuditDays, natsAuditMaxMiB } = MirrorConfig.shape;

export const ArchiveConfig = z.object({
  natsServers, natsCaFile, natsCertificateFile, natsKeyFile, natsUserFile, natsPasswordFile, natsCredentialsFile, natsInsecure, natsReplicas, natsEventDays, natsEventsMaxMiB, natsAuditDays, natsAuditMaxMiB,
  ...s3Settings,
  keepDays: whole(0, 36_500).default(0).meta(env('CODITECT_ARCHIVE_KEEP_DAYS')).describe('For `expire`: how many days events are kept, counted from the day on which they happened. 0: for ever.'),
  from: Day.optional().meta(env('CODITECT_ARCHIVE_FROM')).describe('For `restore`: the first day to put back, as 2026-01-31, UTC.'),
  until: Day.optional().meta(env('CODITECT_ARCHIVE_UNTIL')).describe('For `restore`: the last day to put back.'),
  tenant: LabelName.optional().meta(env('CODITECT_ARCHIVE_TENANT')).describe('For `restore`, `list` and `verify`: only this namespace.'),
  folder: z.string().min(1).max(4096).default('/tmp/coditect-archive').meta(env('CODITECT_ARCHIVE_FOLDER')).describe('For `restore`: folder of the events that the log has not acknowledged yet; one process at a time.'),
  logLevel: LogLevel.default('info').meta(env('CODITECT_LOG_LEVEL')).describe('error, warn, info or debug.'),
});
export type ArchiveConfig = z.infer<typeof ArchiveConfig>;
