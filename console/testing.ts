// A console for tests: the real one over a double of the API server, with callers, an operator and a mirror that a test knows.
import { gzipSync } from 'node:zlib';
import type { Authenticator } from '#api/access.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import { roleUri } from '#api/identity.ts';
import type { StatsAnswer } from '#api/stats.ts';
import { agentPools, missions, plans, tasks } from '#api/v1alpha1/kinds.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import type { KubeObject } from '#platform/kube/types.ts';
import { createAuthority, createLeaf, type Credential } from '#platform/rpc/certificates.ts';
import { consoleName } from '#platform/rpc/tls.ts';
import { silentLog, type Log } from '#platform/telemetry/log.ts';
import { createMetrics, type Metrics } from '#platform/telemetry/metrics.ts';
import { type FakeApiServer, startFakeApiServer } from '#testing/fake-apiserver/server.ts';
import type { Answer, Others, Question, StatsQuestion } from './ask/ports.ts';
import type { Assets } from './assets.ts';
import { startConsole } from './service.ts';
import { startWatch } from './wiring.ts';

/** Who may read what: by token, the namespaces; `*` is all. */
export type Callers = Readonly<Record<string, readonly string[]>>;

export interface TestConsole {
  readonly cluster: FakeApiServer;
  readonly port: number;
  readonly ca: string;
  readonly serverName: string;
  readonly metrics: Metrics;
  /** What others were asked, as `<what> <authorization> <namespace>/<mission>`. */
  readonly asked: string[];
  close(): Promise<void>;
}

export interface TestOptions {
  readonly callers: Callers;
  readonly objects?: readonly (KubeObject & object)[];
  readonly others?: Partial<Others>;
  readonly assets?: Assets;
  readonly log?: Log;
  readonly requestsPerSecond?: number;
  readonly streamsPerUser?: number;
  /** In place of the callers. */
  readonly authenticator?: Authenticator;
}

const noMirror = { kind: 'off', why: 'this installation has no mirror, so nothing is kept of what happened', next: 'install the chart with mirror.enabled=true and the servers of an event log, see docs/events.md' } as const;

/** Starts it, and waits until it knows all objects. */
export async function startTestConsole(options: TestOptions): Promise<TestConsole> {
  const { callers, objects = [], others = {}, assets = new Map(), log = silentLog, requestsPerSecond = 1000, streamsPerUser = 20 } = options;
  const cluster = await startFakeApiServer({ types: [missions, tasks, plans, agentPools] });
  for (const object of objects) cluster.put(object as Parameters<FakeApiServer['put']>[0]);
  const client = createKubeClient(cluster.config, { userAgent: 'test' });
  const watch = startWatch({ client, namespace: '', clock: systemClock, random: systemRandom, log: silentLog });
  while (!watch.world.isKnown()) await new Promise((resolve) => setImmediate(resolve));
  const { credential, ca } = await certificate();
  const asked: string[] = [];
  const metrics = createMetrics('console', 'test');
  const server = await startConsole({
    config: { requestsPerSecond, streamsPerUser, bindAddress: '127.0.0.1', consolePort: 0 },
    watch, assets, metrics, log,
    others: recorded({ waits: () => answered([]), history: () => Promise.resolve(noMirror), stats: () => Promise.resolve(noMirror), ...others }, asked),
    enrolment: { ready: Promise.resolve(), current: () => credential, onRenewed: () => () => {} },
    authenticator: options.authenticator ?? authenticatorOf(callers),
    clock: systemClock,
  });
  const close = async () => {
    await server.close();
    await watch.stop();
    await client.close();
    await cluster.stop();
  };
  return { cluster, port: server.port, ca, serverName: consoleName('sys'), metrics, asked, close };
}

async function certificate(): Promise<{ readonly credential: Credential; readonly ca: string }> {
  const authority = await createAuthority(Date.now());
  const leaf = await createLeaf(authority, { uri: roleUri('console'), dnsNames: [consoleName('sys')], usage: 'server', lifetimeSeconds: 3600 }, Date.now());
  return { credential: { ...leaf, caBundle: authority.certificate }, ca: authority.certificate };
}

/** An answer at once. */
export function answered<T>(value: T): Promise<Answer<T>> {
  return Promise.resolve({ kind: 'answer', value });
}

function recorded(others: Others, asked: string[]): Others {
  const note = (what: string, { authorization, namespace, mission = '' }: Partial<Question & StatsQuestion>) => void asked.push(`${what} ${authorization} ${namespace}/${mission}`);
  return {
    waits: (question) => (note('waits', question), others.waits(question)),
    history: (question) => (note('history', question), others.history(question)),
    stats: (question) => (note('stats', question), others.stats(question)),
  };
}

/** Users are called as their tokens. */
export function authenticatorOf(callers: Callers): Authenticator {
  return {
    review: (token) => Promise.resolve(Object.hasOwn(callers, token) ? { username: token, uid: token, groups: [], extra: {} } : undefined),
    allowed: ({ username }, { namespace }) => {
      const may = callers[username] ?? [];
      return Promise.resolve(may.includes('*') || (namespace !== '' && may.includes(namespace)));
    },
  };
}

/** A mirror with this history, which then goes silent. */
export function mirrorWith(events: readonly CloudEvent[]): Pick<Others, 'history' | 'stats'> {
  return {
    history: ({ signal }) =>
      answered(
        (async function* () {
          yield { kind: 'events', texts: events.map((event) => JSON.stringify(event)) } as const;
          yield { kind: 'synced' } as const;
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
        })(),
      ),
    stats: ({ template, parameters }) => answered(statsOf(template, parameters.by ?? '')),
  };
}

function statsOf(template: string, by: string): StatsAnswer {
  const days = Array.from({ length: 8 }, (_, index) => `2026-11-${String(16 + index)}T00:00:00Z`);
  const answer = (columns: StatsAnswer['columns'], rows: StatsAnswer['rows']): StatsAnswer => ({ template, columns, rows, from: days[0] ?? '', until: days.at(-1) ?? '' });
  if (template === 'cost' && by === 'day') return answer([{ name: 'day', unit: 'time' }, { name: 'cost_usd', unit: 'usd' }, { name: 'calls', unit: 'count' }], days.map((day, index) => [day, [3.1, 4.7, 2.2, 6.4, 5.9, 0.8, 1.1, 7.3][index] ?? 0, 100 + index]));
  if (template === 'cost') return answer([{ name: 'model', unit: 'text' }, { name: 'cost_usd', unit: 'usd' }, { name: 'calls', unit: 'count' }, { name: 'input_tokens', unit: 'count' }], [['claude-sonnet-5-5', 1.41, 160, 1_012_000], ['claude-haiku-5', 0.45, 54, 272_000]]);
  if (template === 'trends') return answer([{ name: by, unit: 'time' }, { name: 'type', unit: 'text' }, { name: 'events', unit: 'count' }], days.flatMap((day, index) => [[day, 'task.created', 40 + ((index * 31) % 50)], [day, 'task.ended', 36 + ((index * 29) % 50)], [day, 'mission.ended', 4 + (index % 5)]] as StatsAnswer['rows']));
  if (template === 'failures') return answer([{ name: 'reason', unit: 'text' }, { name: 'failed', unit: 'count' }, { name: 'share', unit: 'share' }], [['ActionFailed', 14, 0.61], ['DeadlineExceeded', 6, 0.26], ['AgentLost', 3, 0.13]]);
  return answer([{ name: 'task_type', unit: 'text' }, { name: 'ended', unit: 'count' }, { name: 'p50_ms', unit: 'ms' }, { name: 'p99_ms', unit: 'ms' }], [['Analyzer', 212, 61_000, 184_000], ['Coder', 96, 142_000, 611_000], ['Tester', 140, 88_000, 402_000]]);
}

/** Bytes of a text when it is sent compressed. */
export function compressedSize(content: Uint8Array): number {
  return gzipSync(content, { level: 9 }).length;
}
