// Settings of the console.
import { z } from 'zod';
import { env, LogLevel, Port, whole } from './setting.ts';

export const ConsoleConfig = z.object({
  namespace: z.string().min(1).max(63).default('coditect-system').meta(env('CODITECT_NAMESPACE')).describe('Namespace of the installation.'),
  watchNamespace: z.string().max(63).default('').meta(env('CODITECT_WATCH_NAMESPACE')).describe('The one namespace to show. Empty: all, to each caller those that he may see.'),
  pageFolder: z.string().min(1).max(4096).optional().meta(env('CODITECT_CONSOLE_PAGE_FOLDER')).describe('Folder of the built page. Unset: console-page beside the program.'),
  requestsPerSecond: whole(1, 10_000).default(30).meta(env('CODITECT_CONSOLE_REQUESTS_PER_SECOND')).describe('Requests that one user may make in a second, for long; four times as many at once.'),
  streamsPerUser: whole(1, 1000).default(12).meta(env('CODITECT_CONSOLE_STREAMS_PER_USER')).describe('Streams of changes and histories that one user may have open.'),
  bindAddress: z.string().max(64).default('0.0.0.0').meta(env('CODITECT_BIND_ADDRESS')).describe('Address all listeners bind to.'),
  consolePort: Port.default(9450).meta(env('CODITECT_PORT_CONSOLE')).describe('Port of the page and its read API: HTTPS, a bearer token on every request.'),
  healthPort: Port.default(8080).meta(env('CODITECT_PORT_HEALTH')).describe('Port of /livez, /readyz and /metrics, plain HTTP.'),
  tokenFile: z.string().min(1).max(4096).meta(env('CODITECT_TOKEN_FILE')).describe('Projected ServiceAccount token with audience coditect, for the certificate.'),
  endpointsFile: z.string().max(4096).optional().meta(env('CODITECT_ENDPOINTS_FILE')).describe('File with the addresses of the operator and the mirror. Unset: their Services by DNS.'),
  logLevel: LogLevel.default('info').meta(env('CODITECT_LOG_LEVEL')).describe('error, warn, info or debug.'),
});
export type ConsoleConfig = z.infer<typeof ConsoleConfig>;
