// The listener for agents: mutual TLS with the certificate that the operator issued to the mirror.
import type { ConnectRouter } from '@connectrpc/connect';
import { agentUri } from '#api/identity.ts';
import type { Credential } from '#platform/rpc/certificates.ts';
import type { Enrolment } from '#platform/rpc/enrolment-client.ts';
import { EventIntakeService, MissionWorldService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { createGrantVerifier } from '#platform/rpc/grant.ts';
import { callingAgent, createRpcServer } from '#platform/rpc/servers.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { auditRefusals, refusals } from '../audit.ts';
import type { Routes } from '../history/wiring.ts';
import { createLookService, type LookOptions } from './look.ts';
import { createIntakeService, type IntakeOptions } from './service.ts';

export interface ListenerOptions extends Omit<IntakeOptions, 'verifyGrant'> {
  /** What agents may look at; absent where nobody keeps a world. */
  readonly world?: Pick<LookOptions, 'world' | 'audit'>;
  /** What other parts serve to those whose certificates are checked here. */
  readonly services?: readonly Pick<Routes, 'routes'>[];
  readonly port: number;
  readonly bindAddress: string;
  readonly enrolment: Pick<Enrolment, 'current' | 'onRenewed'>;
  readonly log: Log;
}

export interface Intake {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the listener; there must be a certificate. Rejects when the port is taken. */
export async function startIntake({ port, bindAddress, enrolment, log, world, services = [], ...options }: ListenerOptions): Promise<Intake> {
  const held = (): Credential => {
    const credential = enrolment.current();
    if (credential === undefined) throw new Error('cannot listen to agents: there is no certificate yet; wait for the enrolment');
    return credential;
  };
  let verifyGrant = createGrantVerifier(held().caBundle);
  const ports = { ...options, verifyGrant: (...asked: Parameters<typeof verifyGrant>) => verifyGrant(...asked) };
  const routes = (router: ConnectRouter) => {
    router.service(EventIntakeService, createIntakeService(ports));
    if (world !== undefined) router.service(MissionWorldService, createLookService({ ...ports, ...world }));
    for (const other of services) other.routes(router);
  };
  const server = await createRpcServer({ name: 'intake', port, bindAddress, tls: held, clientCertificate: 'required', routes, interceptors: [auditRefusals(log, refusals.agents, (values) => agentUri(callingAgent({ values })))], clock: options.clock, log });
  const endRenewals = enrolment.onRenewed(() => {
    verifyGrant = createGrantVerifier(held().caBundle);
    server.updateTls();
  });
  return {
    port: server.port,
    close: () => {
      endRenewals();
      return server.close();
    },
  };
}
