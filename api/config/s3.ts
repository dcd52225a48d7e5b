// Settings of the bucket with the archive, for every process that speaks to it.
import { z } from 'zod';
import { env, Flag } from './setting.ts';

const File = z.string().min(1).max(4096);

export const s3Settings = {
  s3Bucket: z.string().regex(/^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$/).default('').meta(env('CODITECT_S3_BUCKET')).describe('Bucket of the archive. Empty: there is no archive.'),
  s3Endpoint: z.union([z.literal(''), z.url({ protocol: /^https?$/ }).max(512)]).default('').meta(env('CODITECT_S3_ENDPOINT')).describe('Where S3 is, as `https://host:port`. Empty: the one of AWS for the region.'),
  s3Region: z.string().regex(/^[a-z0-9-]{1,64}$/).default('us-east-1').meta(env('CODITECT_S3_REGION')).describe('Region of the bucket. Stores that know no regions take the default.'),
  s3Prefix: z.string().regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/).max(200).default('coditect').meta(env('CODITECT_S3_PREFIX')).describe('Beginning of all names in the bucket. One installation, one prefix.'),
  s3CaFile: File.optional().meta(env('CODITECT_S3_CA_FILE')).describe('File with the CA certificates that S3 must prove itself by. Unset: those of the system.'),
  s3CertificateFile: File.optional().meta(env('CODITECT_S3_CERTIFICATE_FILE')).describe('File with the client certificate for S3. Unset: none is shown.'),
  s3KeyFile: File.optional().meta(env('CODITECT_S3_KEY_FILE')).describe('File with the key of that certificate.'),
  s3AccessKeyFile: File.optional().meta(env('CODITECT_S3_ACCESS_KEY_FILE')).describe('File with the access key of S3. Needed with a bucket.'),
  s3SecretKeyFile: File.optional().meta(env('CODITECT_S3_SECRET_KEY_FILE')).describe('File with the secret key of S3. Needed with a bucket.'),
  s3Insecure: Flag.default(false).meta(env('CODITECT_S3_INSECURE')).describe('true: allow plain http to S3. Whoever is on the way reads what missions say then.'),
} as const;

/** What these settings hold. */
export type S3Config = z.infer<z.ZodObject<typeof s3Settings>>;
