// Settings of the blob service.
import { z } from 'zod';
import { env, LogLevel, Port, whole } from './setting.ts';

export const BlobsConfig = z.object({
  namespace: z.string().min(1).max(63).default('coditect-system').meta(env('CODITECT_NAMESPACE')).describe('Namespace of the installation.'),
  watchNamespace: z.string().max(63).default('').meta(env('CODITECT_WATCH_NAMESPACE')).describe('The one namespace whose missions and tasks may own blobs; blobs of others are removed. Empty: all.'),
  folder: z.string().min(1).max(4096).meta(env('CODITECT_BLOBS_FOLDER')).describe('Folder the blobs are kept in.'),
  bindAddress: z.string().max(64).default('0.0.0.0').meta(env('CODITECT_BIND_ADDRESS')).describe('Address all listeners bind to.'),
  blobsPort: Port.default(9446).meta(env('CODITECT_PORT_BLOBS')).describe('Port of the service: TLS; agents show a certificate, people a bearer token.'),
  healthPort: Port.default(8080).meta(env('CODITECT_PORT_HEALTH')).describe('Port of /livez, /readyz and /metrics, plain HTTP.'),
  tokenFile: z.string().min(1).max(4096).meta(env('CODITECT_TOKEN_FILE')).describe('Projected ServiceAccount token with audience coditect, for the certificate.'),
  endpointsFile: z.string().max(4096).optional().meta(env('CODITECT_ENDPOINTS_FILE')).describe('File with the addresses of the operator. Unset: its Service by DNS.'),
  sweepSeconds: whole(5, 3600).default(20).meta(env('CODITECT_SWEEP_SECONDS')).describe('How often blobs whose owner is gone are looked for, in seconds.'),
  logLevel: LogLevel.default('info').meta(env('CODITECT_LOG_LEVEL')).describe('error, warn, info or debug.'),
});
export type BlobsConfig = z.infer<typeof BlobsConfig>;
