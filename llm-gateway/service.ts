// The parts of the gateway, put together: certificate, watches, money, the way to the provider, listener.
import type { LlmGatewayConfig } from '#api/config/llm-gateway.ts';
import { LlmGrant } from '#api/llm.ts';
import type { Upstream } from '#platform/anthropic/upstream.ts';
import type { Clock } from '#platform/clock.ts';
import { newUuid, type Random } from '#platform/ids.ts';
import type { Credential } from '#platform/rpc/certificates.ts';
import type { Enrolment } from '#platform/rpc/enrolment-client.ts';
import { createVerifier } from '#platform/rpc/grant.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Metrics } from '#platform/telemetry/metrics.ts';
import { createAnswerCache } from './answer-cache.ts';
import { createBatchDesk } from './batch-desk.ts';
import { createBreaker } from './breaker.ts';
import { type Budget, openBudget } from './budget.ts';
import type { Watches } from './fence.ts';
import { createFlights } from './flights.ts';
import { createGatewayMetrics } from './metrics.ts';
import { createRetryPolicy } from './retry.ts';
import { createLlmServer, type LlmServerOptions } from './server.ts';
import type { SlowLane } from './slow.ts';
import { createWaiting } from './waiting.ts';

export interface LlmServiceOptions {
  readonly config: Pick<LlmGatewayConfig, 'bindAddress' | 'llmPort' | 'folder' | 'missionMaxUsd' | 'tenantMaxUsd' | 'tenantPeriodSeconds' | 'callSeconds' | 'batchWindowSeconds' | 'cacheMaxBytes' | 'singleFlight'>;
  readonly enrolment: Enrolment;
  /** Missions, Tasks and AgentPools; whoever made them closes them. */
  readonly watches: Watches;
  readonly upstream: Upstream;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface LlmService {
  readonly port: number;
  /** Why the process must be started anew; undefined while all is well. */
  fault(): string | undefined;
  close(): Promise<void>;
}

/** Serves once there is a certificate and Missions, Tasks and AgentPools are known; rejects when the port is taken or the journal cannot be read. */
export async function startLlmService({ config, enrolment, watches, metrics, ...options }: LlmServiceOptions): Promise<LlmService> {
  await enrolment.ready;
  const { log } = options;
  await watches.synced;
  const { folder, missionMaxUsd, tenantMaxUsd, tenantPeriodSeconds, bindAddress, llmPort: port } = config;
  const budget = await openBudget({ folder, missionMaxUsd, tenantMaxUsd, tenantPeriodSeconds, living: watches.living(), newId: newUuid, clock: options.clock, log });
  const lane = laneOf(config, options);
  let verify = createVerifier(held(enrolment).caBundle, LlmGrant);
  const server = await createLlmServer({
    port,
    bindAddress,
    tls: () => held(enrolment),
    access: { verifyGrant: (text, agent, now) => verify(text, agent, now), clock: options.clock },
    callMs: config.callSeconds * 1000,
    sources: watches,
    budget,
    waiting: createWaiting(options.clock),
    ...sendingParts(options, budget, metrics),
    cache: createAnswerCache(config.cacheMaxBytes, options.clock),
    flights: config.singleFlight === 'on' ? createFlights() : undefined,
    lane,
    clock: options.clock,
    log,
  });
  const endRenewals = enrolment.onRenewed(() => {
    verify = createVerifier(held(enrolment).caBundle, LlmGrant);
    server.updateTls();
  });
  return {
    port: server.port,
    fault: () => budget.fault(),
    close: async () => {
      endRenewals();
      // Whoever waits for a batch is told to come again, and finds the next process.
      lane?.desk.close();
      await server.close();
      await budget.close();
    },
  };
}

function laneOf({ batchWindowSeconds, callSeconds }: LlmServiceOptions['config'], { upstream: { batches }, clock, log }: Pick<LlmServiceOptions, 'upstream' | 'clock' | 'log'>): SlowLane | undefined {
  if (batchWindowSeconds === 0) return undefined;
  // Callers give up a request after callSeconds themselves: half of it leaves no doubt who was first.
  return { desk: createBatchDesk({ batches, clock, log, newId: newUuid, windowMs: batchWindowSeconds * 1000 }), clock, holdMs: callSeconds * 500 };
}

function sendingParts({ upstream, clock, random }: Pick<LlmServiceOptions, 'upstream' | 'clock' | 'random'>, budget: Budget, registry: Metrics): Pick<LlmServerOptions, 'metrics' | 'sender'> {
  const breaker = createBreaker(clock);
  const metrics = createGatewayMetrics(registry, { reservedMicroUsd: () => budget.reservedMicroUsd(), isBreakerOpen: () => breaker.isOpen() });
  return { metrics, sender: { upstream, breaker, retries: createRetryPolicy(random), clock, onTry: (outcome, seconds) => metrics.tried(outcome, seconds) } };
}

function held(enrolment: Enrolment): Credential {
  const credential = enrolment.current();
  if (credential === undefined) throw new Error('cannot serve models: there is no certificate yet; wait for the enrolment');
  return credential;
}
