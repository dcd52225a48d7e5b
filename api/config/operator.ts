// Settings of the operator process.
import { z } from 'zod';
import { env, LogLevel, Port, whole } from './setting.ts';

export const OperatorConfig = z.object({
  namespace: z.string().min(1).max(63).default('coditect-system').meta(env('CODITECT_NAMESPACE')).describe('Namespace of the installation.'),
  podName: z.string().min(1).max(253).default('coditect-operator').meta(env('CODITECT_POD_NAME')).describe('Name of this pod; part of the identity in the leader lease.'),
  watchNamespace: z.string().max(63).default('').meta(env('CODITECT_WATCH_NAMESPACE')).describe('The one namespace to serve. Empty: all.'),
  bindAddress: z.string().max(64).default('0.0.0.0').meta(env('CODITECT_BIND_ADDRESS')).describe('Address all listeners bind to.'),
  apiPort: Port.default(9443).meta(env('CODITECT_PORT_API')).describe('Port for people and programs: server TLS, bearer token.'),
  workPort: Port.default(9444).meta(env('CODITECT_PORT_WORK')).describe('Port for agents: mutual TLS.'),
  enrolmentPort: Port.default(9445).meta(env('CODITECT_PORT_ENROLMENT')).describe('Port for certificate requests: server TLS.'),
  healthPort: Port.default(8080).meta(env('CODITECT_PORT_HEALTH')).describe('Port of /livez, /readyz and /metrics, plain HTTP.'),
  leaderElection: z.enum(['default', 'fast']).default('default').meta(env('CODITECT_LEADER_ELECTION')).describe('Lease, renew deadline and retry: default is 15/10/2 s, fast is 6/4/1 s.'),
  leaseSeconds: whole(3, 600).default(30).meta(env('CODITECT_LEASE_SECONDS')).describe('How long an agent may go on without hearing from the operator, in seconds.'),
  reconcileWorkers: whole(1, 64).default(8).meta(env('CODITECT_RECONCILE_WORKERS')).describe('Objects of a kind reconciled at once.'),
  podCreationsPerSecond: whole(1, 1000).default(20).meta(env('CODITECT_POD_CREATIONS_PER_SECOND')).describe('Most agent pods created per second, with a burst of the same size.'),
  certificateSeconds: whole(60, 86_400).default(3600).meta(env('CODITECT_CERTIFICATE_SECONDS')).describe('Life of an agent\'s certificate, in seconds; renewed at half.'),
  llm: z.enum(['None', 'Gateway']).default('None').meta(env('CODITECT_LLM')).describe('Gateway: the installation has an LLM gateway, so missions may ask for a planner. None: it has none.'),
  plannerModel: z.string().min(1).max(128).default('claude-sonnet-5-5').meta(env('CODITECT_PLANNER_MODEL')).describe('Model that makes plans of missions that name none.'),
  plannerMaxTokens: whole(1000, 64_000).default(16_000).meta(env('CODITECT_PLANNER_MAX_TOKENS')).describe('Longest answer of the planner\'s model, in tokens.'),
  memory: z.enum(['None', 'Mirror']).default('None').meta(env('CODITECT_MEMORY')).describe('Mirror: planners are told lessons of earlier missions, which the mirror keeps in Chroma; a plan waits at most two seconds for them. None: they are told nothing.'),
  endpointsFile: z.string().max(4096).optional().meta(env('CODITECT_ENDPOINTS_FILE')).describe('File with the addresses of the LLM gateway and of the mirror. Unset: their Services by DNS.'),
  logLevel: LogLevel.default('info').meta(env('CODITECT_LOG_LEVEL')).describe('error, warn, info or debug.'),
});
export type OperatorConfig = z.infer<typeof OperatorConfig>;
