// The console, put together: what it watches, whom it asks, whom it lets in, and the listener in front.
import type { Authenticator } from '#api/access.ts';
import type { ConsoleConfig } from '#api/config/console.ts';
import type { Clock } from '#platform/clock.ts';
import type { Credential } from '#platform/rpc/certificates.ts';
import type { Enrolment } from '#platform/rpc/enrolment-client.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Metrics } from '#platform/telemetry/metrics.ts';
import { createApp } from './app.ts';
import type { Others } from './ask/ports.ts';
import type { Assets } from './assets.ts';
import type { World } from './caches.ts';
import { createGate } from './gate.ts';
import { createConsoleMetrics } from './metrics.ts';
import { type ConsoleServer, startServer } from './server.ts';
import { createSeats } from './streams.ts';

export interface ConsoleOptions {
  readonly config: Pick<ConsoleConfig, 'requestsPerSecond' | 'streamsPerUser' | 'bindAddress' | 'consolePort'>;
  readonly watch: { readonly world: World; lastEventAgeMs(): number };
  readonly others: Others;
  readonly assets: Assets;
  readonly enrolment: Pick<Enrolment, 'ready' | 'current' | 'onRenewed'>;
  readonly authenticator: Authenticator;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

const mostStreams = 512;

/** Starts it when there is a certificate. */
export async function startConsole(options: ConsoleOptions): Promise<ConsoleServer> {
  const { config, watch, enrolment, clock, log } = options;
  const seats = createSeats(config.streamsPerUser, mostStreams);
  const counts = createConsoleMetrics(options.metrics, { streams: () => seats.open(), watchAgeMs: () => watch.lastEventAgeMs() });
  const gate = createGate({ authenticator: options.authenticator, requestsPerSecond: config.requestsPerSecond, clock, log, onRefusal: counts.refused });
  const app = createApp({ world: watch.world, gate, others: options.others, assets: options.assets, seats, clock, log, onAnswer: counts.answered });
  await enrolment.ready;
  const held = (): Credential => {
    const credential = enrolment.current();
    if (credential === undefined) throw new Error('cannot listen to people: there is no certificate yet; wait for the enrolment');
    return credential;
  };
  const server = await startServer({ app, port: config.consolePort, bindAddress: config.bindAddress, tls: held, log });
  const endRenewals = enrolment.onRenewed(() => server.updateTls());
  return {
    ...server,
    close: () => {
      endRenewals();
      return server.close();
    },
  };
}
