// The parts of the blob service, put together: certificate, rules, listener, sweeper around a store.
import type { Authenticator } from '#api/access.ts';
import type { BlobsConfig } from '#api/config/blobs.ts';
import type { Clock } from '#platform/clock.ts';
import type { WatchingClient } from '#platform/kube/client.ts';
import type { ObjectStore } from '#platform/objectstore/local.ts';
import { rememberReviews } from '#platform/rpc/auth.ts';
import type { Credential } from '#platform/rpc/certificates.ts';
import type { Enrolment } from '#platform/rpc/enrolment-client.ts';
import { createGrantVerifier } from '#platform/rpc/grant.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Metrics } from '#platform/telemetry/metrics.ts';
import { createBlobAccess } from './access.ts';
import { countAnswers } from './metrics.ts';
import { livingOwners, ownersOf } from './owners.ts';
import { createBlobServer } from './server.ts';
import { createSweeper } from './sweeper.ts';

export interface BlobServiceOptions {
  readonly config: Pick<BlobsConfig, 'bindAddress' | 'blobsPort' | 'sweepSeconds' | 'watchNamespace'>;
  readonly store: ObjectStore;
  readonly enrolment: Enrolment;
  readonly client: Pick<WatchingClient, 'get' | 'listPage'>;
  readonly authenticator: Authenticator;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

export interface BlobService {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves once there is a certificate; rejects when the port is taken. */
export async function startBlobService({ config, store, enrolment, client, authenticator, metrics, clock, log }: BlobServiceOptions): Promise<BlobService> {
  await enrolment.ready;
  let verifyGrant = createGrantVerifier(held(enrolment).caBundle);
  const access = createBlobAccess({
    verifyGrant: (text, agent, now) => verifyGrant(text, agent, now),
    authenticator: rememberReviews(authenticator, clock),
    ownersOf: (object) => ownersOf(client, object),
    clock,
  });
  const server = await createBlobServer({ port: config.blobsPort, bindAddress: config.bindAddress, tls: () => held(enrolment), access, store, onAnswer: countAnswers(metrics), clock, log });
  const endRenewals = enrolment.onRenewed(() => {
    verifyGrant = createGrantVerifier(held(enrolment).caBundle);
    server.updateTls();
  });
  const stop = new AbortController();
  const swept = createSweeper({ store, livingOwners: () => livingOwners(client, config.watchNamespace), clock, log }).run(config.sweepSeconds, stop.signal);
  return {
    port: server.port,
    close: async () => {
      endRenewals();
      stop.abort();
      await Promise.all([server.close(), swept]);
    },
  };
}

function held(enrolment: Enrolment): Credential {
  const credential = enrolment.current();
  if (credential === undefined) throw new Error('cannot serve blobs: there is no certificate yet; wait for the enrolment');
  return credential;
}
