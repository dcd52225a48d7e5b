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
  logLevel: LogLevel.default('info').meta(env('CODITECT_LOG_LEVEL')).describe('error, warn, info or debug.'),
});
export type OperatorConfig = z.infer<typeof OperatorConfig>;
