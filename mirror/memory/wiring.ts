// The memory made from the settings of the mirror: what follows the log, and what is answered from it.
import type { Authenticator } from '#api/access.ts';
import type { MirrorConfig } from '#api/config/mirror.ts';
import { type ChromaSettings, createChroma } from '#platform/chroma/client.ts';
import type { Clock } from '#platform/clock.ts';
import { createEndpointEmbedder } from '#platform/embedding/endpoint.ts';
import { hashingEmbedder } from '#platform/embedding/hashing.ts';
import { createLocalEmbedder } from '#platform/embedding/local.ts';
import type { Embedder } from '#platform/embedding/types.ts';
import { messageOf, PlatformError } from '#platform/errors.ts';
import type { EventReader } from '#platform/nats/types.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Metrics } from '#platform/telemetry/metrics.ts';
import type { Routes } from '../history/wiring.ts';
import type { Part, Truth } from '../ports.ts';
import { createMemoryMetrics } from './metrics.ts';
import { lessonsRoutes, recallRoutes } from './routes.ts';
import type { MemoryDeps } from './service.ts';
import { startMemorySink } from './sink.ts';
import { MemoryStore } from './store.ts';

export interface MemoryPorts {
  readonly config: MirrorConfig;
  readonly truth: Pick<Truth, 'missions'>;
  readonly authenticator: Authenticator;
  /** Undefined where no event log is configured: then there is nothing to learn from. */
  readonly reader: Pick<EventReader, 'follow' | 'upToNow'> | undefined;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

export interface MemoryPart {
  readonly part: Part;
  /** For people. */
  readonly routes: Routes;
  /** For the operator, on the listener with mutual TLS. */
  readonly operatorRoutes: Routes;
}

const timeoutMs = 10_000;

/** Starts the memory; without a Chroma it is off and says so. Throws for settings that would send texts or credentials in the open. */
export function startMemory({ config, truth, authenticator, reader, metrics, clock, log }: MemoryPorts): MemoryPart {
  const counts = createMemoryMetrics(metrics);
  const isOff = config.chromaUrl === '' || reader === undefined;
  const store = isOff ? undefined : new MemoryStore(createChroma(settingsOf(config), clock), embedderOf(config));
  const part = store === undefined || reader === undefined ? off : startMemorySink({ store, reader, limits: { most: config.memoryMaxEpisodes, days: config.memoryDays }, clock, log, onKept: counts.kept, onForgotten: counts.forgotten });
  const deps: MemoryDeps = { authenticator, truth, store, clock, onFault: (error) => log.warn('a question to the memory failed', { error: messageOf(error) }), onRecalled: counts.recalled };
  return { part, routes: lessonsRoutes(deps), operatorRoutes: recallRoutes(deps) };
}

const off: Part = { name: 'memory', state: () => ({ kind: 'off' }), close: () => Promise.resolve() };

function settingsOf(config: MirrorConfig): ChromaSettings {
  const { chromaCaFile: caFile, chromaCertificateFile: certificateFile, chromaKeyFile: keyFile, chromaTokenFile: passwordFile } = config;
  return { url: config.chromaUrl, insecure: config.chromaInsecure, tenant: config.chromaTenant, timeoutMs, caFile, certificateFile, keyFile, passwordFile };
}

function embedderOf({ embedder, embeddingUrl: url, embeddingModel: model, embeddingCaFile: caFile, embeddingTokenFile: passwordFile, embeddingInsecure: insecure }: MirrorConfig): Embedder {
  if (embedder === 'local') return createLocalEmbedder();
  if (embedder === 'hashing') return hashingEmbedder;
  if (url === '' || model === '') throw new PlatformError('Settings', 'start the memory: embedder endpoint needs embeddingUrl and embeddingModel; set both, or choose another embedder');
  return createEndpointEmbedder({ url, model, insecure, timeoutMs, caFile, passwordFile });
}
