// A whole gateway for tests: certificates, a cluster with one mission, a provider, a folder; callers of every kind.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { LlmGatewayConfig } from '#api/config/llm-gateway.ts';
import { agentUri, roleUri } from '#api/identity.ts';
import { type Account, llmHeaders, type LlmGrant, type Usage, usagePath } from '#api/llm.ts';
import { agentPools, missions, tasks } from '#api/v1alpha1/kinds.ts';
import { createUpstream } from '#platform/anthropic/upstream.ts';
import { systemClock } from '#platform/clock.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { createAuthority, createLeaf, type Credential, type KeyedCertificate } from '#platform/rpc/certificates.ts';
import { createGrantSigner } from '#platform/rpc/grant.ts';
import { createListeners } from '#platform/rpc/listeners.ts';
import { dialOptions, llmGatewayName } from '#platform/rpc/tls.ts';
import { type Log, wrap } from '#platform/telemetry/log.ts';
import { createMetrics, type Metrics } from '#platform/telemetry/metrics.ts';
import { type FakeApiServer, startFakeApiServer } from '#testing/fake-apiserver/server.ts';
import { type FakeProvider, startFakeProvider } from './fake-provider.ts';
import { type LlmService, startLlmService } from './service.ts';
import { watchMissions } from './wiring.ts';

export const agent = { namespace: 'team-a', pool: 'p', pod: 'p-1', uid: 'u-1' };
export const account: Account = { namespace: 'team-a', namespaceUid: 'ns-1', mission: 'm', missionUid: 'm-1', purpose: 'plan' };
export const question = { model: 'claude-opus-5', max_tokens: 1000, messages: [{ role: 'user', content: 'a secret prompt' }] } as const;
export const providerKey = 'sk-very-secret';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** How to call; unless told, the operator asks `question` for `account`. */
export interface Ask {
  readonly as?: Credential;
  readonly method?: 'GET' | 'POST';
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string;
  readonly signal?: AbortSignal;
}

/** Makes certificates once for many gateways. */
export async function makePeople() {
  const [authority, foreign] = await Promise.all([createAuthority(Date.now()), createAuthority(Date.now())]);
  const leaf = async (by: KeyedCertificate, uri: string, usage: 'client' | 'server', dnsNames: string[] = []): Promise<Credential> => ({ ...(await createLeaf(by, { uri, usage, dnsNames, lifetimeSeconds: 600 }, Date.now())), caBundle: authority.certificate });
  return {
    authority,
    foreign,
    leaf,
    gateway: await leaf(authority, roleUri('llm-gateway'), 'server', [llmGatewayName('sys')]),
    operator: await leaf(authority, roleUri('operator'), 'client'),
    agent: await leaf(authority, agentUri(agent), 'client'),
  };
}
export type People = Awaited<ReturnType<typeof makePeople>>;

export interface World {
  readonly provider: FakeProvider;
  readonly cluster: FakeApiServer;
  readonly metrics: Metrics;
  readonly folder: string;
  readonly logged: string[];
  readonly port: () => number;
  /** Ends the process without a word and starts another one over the same folder. */
  readonly crash: () => Promise<void>;
  readonly renew: (credential: Credential) => void;
  readonly ask: (ask?: Ask) => Promise<Reply>;
  readonly asAgent: (change?: Partial<LlmGrant>) => Pick<Ask, 'as' | 'headers'>;
  readonly usage: () => Promise<Usage>;
  readonly close: () => Promise<void>;
}

/** What differs in the cluster from that of most tests. */
interface Cluster {
  /** What the mission may spend. */
  readonly maxCostUsd?: string;
  readonly mission?: object;
  readonly task?: object;
  readonly pool?: object;
  /** Another provider than the one that answers by script. */
  readonly upstreamUrl?: string;
}

/** Starts it all. */
export async function startWorld(people: People, { maxCostUsd = '1.00', mission = {}, task = {}, pool = {}, upstreamUrl, ...change }: Cluster & Change = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'llm-gateway-'));
  const provider = await startFakeProvider();
  const cluster = await startFakeApiServer({ types: [missions, tasks, agentPools] });
  for (const object of [missionObject({ budget: { maxCostUsd }, ...mission }), taskObject({}, task), poolObject(pool)]) cluster.put(object);
  await writeFile(join(folder, 'key'), `${providerKey}\n`);
  const logged: string[] = [];
  const log = wrap((level, message, fields) => void logged.push(JSON.stringify({ level, message, ...fields })), {});
  const { enrolment, renew } = enrolled(people.gateway);
  const start = () => startGateway({ folder, url: upstreamUrl ?? provider.url, cluster, enrolment, log }, change);
  let running = await start();
  const ask = (wish: Ask = {}) => askGateway(running.service.port, people, wish);
  const crash = async () => {
    const before = running;
    running = await start();
    await before.close();
  };
  const close = async () => {
    await running.close();
    await Promise.all([provider.close(), cluster.stop()]);
    await rm(folder, { recursive: true });
  };
  const asAgent = (change = {}) => ({ as: people.agent, headers: { [llmHeaders.grant]: grantOf(people, change) } });
  const usage = async () => JSON.parse((await ask({ method: 'GET', path: usagePath(account.missionUid) })).text) as Usage;
  return { folder, provider, cluster, logged, metrics: running.metrics, port: () => running.service.port, crash, renew, ask, asAgent, usage, close };
}

/** An enrolment that holds this certificate until it is given another. */
function enrolled(first: Credential) {
  const renewals = createListeners();
  let credential = first;
  const renew = (next: Credential) => {
    credential = next;
    renewals.call();
  };
  return { renew, enrolment: { ready: Promise.resolve(), current: () => credential, onRenewed: (listener: () => void) => renewals.add(listener), close: () => {} } };
}

export const missionObject = (spec: object, status: object = {}) => ({ apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', metadata: { namespace: 'team-a', name: 'm', uid: 'm-1' }, spec: { goal: 'g', ...spec }, status });
export const taskObject = (status: object = {}, spec: object = {}) => ({ apiVersion: 'coditect.ai/v1alpha1', kind: 'Task', metadata: { namespace: 'team-a', name: 't', uid: 't-1' }, spec, status });
export const poolObject = (spec: object) => ({ apiVersion: 'coditect.ai/v1alpha1', kind: 'AgentPool', metadata: { namespace: 'team-p', name: 'p', uid: 'p-1' }, spec });

/** A grant for `agent`, signed by this operator. */
export function grantOf({ operator }: Pick<People, 'operator'>, change: Partial<LlmGrant> = {}): string {
  return createGrantSigner(operator)({ agent: agentUri(agent), account: { ...account, taskUid: 't-1', purpose: 'work' }, attempt: 1, epoch: { term: 1, counter: 1 }, expiresAt: Date.now() + 60_000, ...change });
}

interface Surroundings extends Pick<World, 'folder' | 'cluster'> {
  /** Of the provider. */
  readonly url: string;
  readonly enrolment: Parameters<typeof startLlmService>[0]['enrolment'];
  readonly log: Log;
}

/** Settings that differ from those of most tests. */
type Change = Partial<Pick<LlmGatewayConfig, 'tenantMaxUsd' | 'tenantPeriodSeconds' | 'callSeconds' | 'batchWindowSeconds' | 'cacheMaxBytes' | 'singleFlight'>>;

async function startGateway({ folder, url, cluster, enrolment, log }: Surroundings, change: Change): Promise<{ readonly service: LlmService; readonly metrics: Metrics; readonly close: () => Promise<void> }> {
  const client = createKubeClient(cluster.config, { userAgent: 'test' });
  const environment = { clock: systemClock, random: { next: () => 0 }, log };
  const watches = watchMissions({ ...environment, client });
  const upstream = createUpstream({ baseUrl: url, keyFile: join(folder, 'key'), callMs: 60_000, idleMs: 60_000 });
  const metrics = createMetrics('llm-gateway', '0');
  const config = { bindAddress: '127.0.0.1', llmPort: 0, folder: join(folder, 'journal'), missionMaxUsd: '1.00', tenantMaxUsd: undefined, tenantPeriodSeconds: undefined, callSeconds: 60, batchWindowSeconds: 0, cacheMaxBytes: 67_108_864, singleFlight: 'on' as const, ...change };
  const service = await startLlmService({ ...environment, config, enrolment, watches, upstream, metrics });
  const close = async () => {
    await service.close();
    await Promise.all([watches.close(), upstream.close()]);
    await client.close();
  };
  return { service, metrics, close };
}

function askGateway(port: number, people: People, { as = people.operator, method = 'POST', path = '/v1/messages', headers, body = question, signal }: Ask): Promise<Reply> {
  const bytes = method === 'GET' ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const sent = headers ?? { [llmHeaders.account]: Buffer.from(JSON.stringify(account)).toString('base64url') };
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest({ ...dialOptions(llmGatewayName('sys'), as), agent: false, host: '127.0.0.1', port, method, path, headers: { ...sent, 'content-length': Buffer.byteLength(bytes) }, ...(signal === undefined ? {} : { signal }) }, (response) => {
      text(response).then((all) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: all }), reject);
    });
    outgoing.once('error', reject).end(bytes);
  });
}
