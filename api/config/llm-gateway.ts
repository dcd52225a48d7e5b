// Settings of the LLM gateway.
import { z } from 'zod';
import { env, LogLevel, Port, whole } from './setting.ts';

const Usd = z.string().regex(/^[0-9]{1,9}\.[0-9]{2,6}$/);

export const LlmGatewayConfig = z.object({
  namespace: z.string().min(1).max(63).default('coditect-system').meta(env('CODITECT_NAMESPACE')).describe('Namespace of the installation.'),
  watchNamespace: z.string().max(63).default('').meta(env('CODITECT_WATCH_NAMESPACE')).describe('The one namespace whose missions may ask. Empty: all.'),
  folder: z.string().min(1).max(4096).meta(env('CODITECT_LLM_FOLDER')).describe('Folder of the journal of reservations; one process at a time.'),
  keyFile: z.string().min(1).max(4096).meta(env('CODITECT_LLM_KEY_FILE')).describe('File with the API key of the model provider; read anew for each call, so it may be replaced.'),
  upstreamUrl: z.url({ protocol: /^https?$/ }).max(512).default('https://api.anthropic.com').meta(env('CODITECT_LLM_UPSTREAM_URL')).describe('Where the Messages API of the provider is.'),
  missionMaxUsd: Usd.default('5.00').meta(env('CODITECT_MISSION_MAX_USD')).describe('Most that a mission without a budget of its own may spend, in US dollars.'),
  tenantMaxUsd: Usd.optional().meta(env('CODITECT_TENANT_MAX_USD')).describe('Most that all missions of a namespace may spend, in US dollars. Unset: no limit.'),
  tenantPeriodSeconds: whole(600, 2_678_400).optional().meta(env('CODITECT_TENANT_PERIOD_SECONDS')).describe('How long back the limit of a namespace is counted, in seconds; the period rolls. Unset: as long as the journal lives.'),
  callSeconds: whole(1, 3600).default(600).meta(env('CODITECT_LLM_CALL_SECONDS')).describe('Longest call to a model, in seconds; what is lost then is counted at the most it can have cost.'),
  batchWindowSeconds: whole(0, 300).default(5).meta(env('CODITECT_LLM_BATCH_WINDOW_SECONDS')).describe('How long calls of missions with a modelPolicy.slackSeconds of 3600 and more are collected for one batch, in seconds. 0: none go by batch.'),
  cacheMaxBytes: whole(0, 4_294_967_296).default(67_108_864).meta(env('CODITECT_LLM_CACHE_MAX_BYTES')).describe('Most memory for answers that equal calls of the same namespace may have again within an hour, in bytes. 0: none are kept.'),
  singleFlight: z.enum(['on', 'off']).default('on').meta(env('CODITECT_LLM_SINGLE_FLIGHT')).describe('on: equal calls of a namespace that are in flight share one call to the provider. off: each makes its own.'),
  bindAddress: z.string().max(64).default('0.0.0.0').meta(env('CODITECT_BIND_ADDRESS')).describe('Address all listeners bind to.'),
  llmPort: Port.default(9447).meta(env('CODITECT_PORT_LLM')).describe('Port of the service: mutual TLS, for the operator and agents.'),
  healthPort: Port.default(8080).meta(env('CODITECT_PORT_HEALTH')).describe('Port of /livez, /readyz and /metrics, plain HTTP.'),
  tokenFile: z.string().min(1).max(4096).meta(env('CODITECT_TOKEN_FILE')).describe('Projected ServiceAccount token with audience coditect, for the certificate.'),
  endpointsFile: z.string().max(4096).optional().meta(env('CODITECT_ENDPOINTS_FILE')).describe('File with the addresses of the operator. Unset: its Service by DNS.'),
  logLevel: LogLevel.default('info').meta(env('CODITECT_LOG_LEVEL')).describe('error, warn, info or debug.'),
});
export type LlmGatewayConfig = z.infer<typeof LlmGatewayConfig>;
