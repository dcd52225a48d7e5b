// History as a part of the mirror, and the listener on which people ask the parts: the mirror's own certificate, a bearer token on every call.
import type { ConnectRouter, Interceptor } from '@connectrpc/connect';
import type { Clock } from '#platform/clock.ts';
import type { Random } from '#platform/ids.ts';
import type { NatsLink } from '#platform/nats/connect.ts';
import { createReader } from '#platform/nats/reader.ts';
import { streamState } from '#platform/nats/state.ts';
import type { Credential } from '#platform/rpc/certificates.ts';
import type { Enrolment } from '#platform/rpc/enrolment-client.ts';
import { createRpcServer } from '#platform/rpc/servers.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { ArchiveReader } from '../archive/reader.ts';
import type { Part, PartState } from '../ports.ts';
import { historyRoutes, type HistoryOptions } from './routes.ts';

/** Services of one part, and what each of their calls has to pass. */
export interface Routes {
  readonly routes: (router: ConnectRouter) => void;
  readonly interceptors: readonly Interceptor[];
}

export interface HistoryPartOptions extends Omit<HistoryOptions, 'sources'> {
  /** A connection of its own to the log, which the part ends; undefined where no log is configured. */
  readonly link: NatsLink | undefined;
  /** Undefined where no archive is configured. */
  readonly archive: ArchiveReader | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** History over the event log and the archive. Without both its calls are answered with UNIMPLEMENTED. */
export function startHistory({ link, archive, random, log, ...options }: HistoryPartOptions): { readonly part: Part; readonly routes: Routes } {
  const { clock } = options;
  const reader = link === undefined ? undefined : createReader({ link, clock, random, log });
  let lost: number | undefined;
  const state = (): PartState => {
    if (link === undefined) return { kind: 'off' };
    if (link.now() !== undefined) {
      lost = undefined;
      return { kind: 'well', lagMs: 0 };
    }
    lost ??= clock.now();
    return { kind: 'down', sinceMs: lost, fault: link.fault() ?? 'not connected yet' };
  };
  const close = async () => {
    await reader?.close();
    await link?.close();
  };
  return { part: { name: 'history', state, close }, routes: historyRoutes({ ...options, sources: { archive, log: link === undefined || reader === undefined ? undefined : { reader, state: (stream, signal) => streamState(link, stream, signal) } } }) };
}

export interface DoorOptions {
  readonly services: readonly Routes[];
  readonly port: number;
  readonly bindAddress: string;
  readonly enrolment: Pick<Enrolment, 'current' | 'onRenewed'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface PeopleDoor {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the listener; there must be a certificate. Rejects when the port is taken. */
export async function startPeopleDoor({ services, enrolment, ...options }: DoorOptions): Promise<PeopleDoor> {
  const held = (): Credential => {
    const credential = enrolment.current();
    if (credential === undefined) throw new Error('cannot listen to people: there is no certificate yet; wait for the enrolment');
    return credential;
  };
  const routes = (router: ConnectRouter) => services.forEach((service) => service.routes(guarded(router, service.interceptors)));
  const server = await createRpcServer({ ...options, name: 'history', tls: held, clientCertificate: 'none', routes });
  const endRenewals = enrolment.onRenewed(() => server.updateTls());
  return {
    port: server.port,
    close: () => {
      endRenewals();
      return server.close();
    },
  };
}

/** The same router, for services whose calls pass these interceptors. */
function guarded(router: ConnectRouter, interceptors: readonly Interceptor[]): ConnectRouter {
  const own: ConnectRouter = {
    ...router,
    service: (type, implementation, options) => {
      router.service(type, implementation, { ...options, interceptors: [...interceptors] });
      return own;
    },
  };
  return own;
}
