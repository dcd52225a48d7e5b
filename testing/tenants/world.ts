// Two tenants and the mirror between them, as it runs in a cluster: real doors with TLS, certificates and tokens. Each tenant has a word that no other may ever hear.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Interceptor } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { vi } from 'vitest';
import type { Authenticator } from '#api/access.ts';
import { MirrorConfig } from '#api/config/mirror.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import { type AgentIdentity, agentUri, roleUri } from '#api/identity.ts';
import { agentPools, approvals, missions, plans, tasks } from '#api/v1alpha1/kinds.ts';
import { wholeMission } from '#domain/replay/testing.ts';
import { MemoryLog as EventLog } from '#mirror/history/testing.ts';
import { historyRoutes } from '#mirror/history/routes.ts';
import { Courses } from '#mirror/memory/decide/courses.ts';
import { FakeChroma } from '#mirror/memory/fake-chroma.ts';
import { lessonsRoutes } from '#mirror/memory/routes.ts';
import { MemoryStore } from '#mirror/memory/store.ts';
import { mended } from '#mirror/memory/testing.ts';
import { type Mirror, startMirror } from '#mirror/service.ts';
import type { Question } from '#mirror/stats/decide/query.ts';
import { statsRoutes } from '#mirror/stats/routes.ts';
import { MemoryLog } from '#mirror/testing.ts';
import type { PartPorts, Running } from '#mirror/wiring.ts';
import { createRebuildAnswer, createWorldAnswer } from '#mirror/world/answer.ts';
import { noWorldMetrics } from '#mirror/world/metrics.ts';
import { auditTo } from '#mirror/world/reads.ts';
import { openWorld } from '#mirror/world/world.ts';
import { systemClock } from '#platform/clock.ts';
import { hashingEmbedder } from '#platform/embedding/hashing.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { createAuthority, createLeaf, type Credential, type KeyedCertificate } from '#platform/rpc/certificates.ts';
import { createEventsClient, type EventsClient } from '#platform/rpc/events-client.ts';
import { HistoryService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { MemoryService } from '#platform/rpc/generated/coditect/v1alpha1/memory_pb.ts';
import { StatsService } from '#platform/rpc/generated/coditect/v1alpha1/stats_pb.ts';
import { dialOptions, mirrorName } from '#platform/rpc/tls.ts';
import { type LogFields, wrap } from '#platform/telemetry/log.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { startFakeApiServer } from '#testing/fake-apiserver/server.ts';
import { aMission } from '../builders/mission.ts';
import { aTask } from '../builders/task.ts';

/** What nobody but its own tenant may hear. */
export const canaries = { 'team-a': 'canary-of-the-first', 'team-b': 'canary-of-the-second' } as const;
export type Tenant = keyof typeof canaries;

const environment = { clock: systemClock, random: { next: () => 0 } };
const authenticator: Authenticator = {
  review: (token) => Promise.resolve(token.startsWith('token-of-') ? { username: token.slice('token-of-'.length), uid: token, groups: [], extra: {} } : undefined),
  // As RBAC does: names are compared as they are, byte for byte.
  allowed: ({ username }, { namespace, verb }) => Promise.resolve(namespace === username && (verb === 'get' || verb === 'list')),
};

/** As ToldMission names it. */
const missionUid = (tenant: Tenant) => `uid-${tenant}-${canaries[tenant]}`;

const tellingOf = (tenant: Tenant): CloudEvent => {
  const [word, whole] = [canaries[tenant], wholeMission({ version: 1, at: Date.now(), status: {} })];
  return { ...whole, id: `${word}-1`, subject: `missions/${word}`, tenant, mission: word, missionuid: missionUid(tenant), data: { ...whole.data, name: word, uid: missionUid(tenant) } } as CloudEvent;
};

export interface TenantsWorld {
  /** Audit lines so far. */
  readonly audits: readonly LogFields[];
  /** Questions that reached the database. */
  readonly questions: readonly Question[];
  /** Events on disk for the log. */
  readonly kept: readonly CloudEvent[];
  people(headers: Readonly<Record<string, string>>): { history: ReturnType<typeof historyClient>; stats: ReturnType<typeof statsClient>; memory: ReturnType<typeof memoryClient> };
  agent(identity: AgentIdentity): Promise<EventsClient>;
  readonly authority: KeyedCertificate;
  /** The certificate by which the operator signs grants. */
  readonly operator: KeyedCertificate;
  close(): Promise<void>;
}

const historyClient = (transport: Parameters<typeof createClient>[1]) => createClient(HistoryService, transport);
const memoryClient = (transport: Parameters<typeof createClient>[1]) => createClient(MemoryService, transport);
const statsClient = (transport: Parameters<typeof createClient>[1]) => createClient(StatsService, transport);

/** A memory in which each tenant has a mission that its goals have checked. */
async function memoryOfBoth(): Promise<MemoryStore> {
  const store = new MemoryStore(new FakeChroma(), hashingEmbedder);
  await store.open();
  for (const [tenant, word] of Object.entries(canaries)) {
    const courses = new Courses();
    await store.keep(mended({ name: word, tenant, goal: `Mend ${word}.` }).events.flatMap((event, index) => courses.take(event, index)));
  }
  return store;
}

/** Rows of one's own, as the database would give them: it is told which tenant asks. */
function answering(questions: Question[]) {
  return (question: Question): Promise<readonly (readonly (string | number)[])[]> => {
    questions.push(question);
    return Promise.resolve([[canaries[question.params['tenant'] as Tenant] ?? '', ...question.columns.slice(1).map(() => 1)]]);
  };
}

function partsOf(eventLog: EventLog, questions: Question[]) {
  return async ({ truth, authenticator: who, clock, log }: PartPorts): Promise<readonly Running[]> => {
    const world = openWorld({ truth, metrics: noWorldMetrics, clock, log });
    const history = historyRoutes({ sources: { log: { reader: eventLog, state: async () => ({ created: 'now', first: 1, last: 1 }) }, archive: undefined }, truth, world: { world: createWorldAnswer({ world, truth, authenticator: who, audit: auditTo(log) }), rebuildWorlds: createRebuildAnswer({ world, authenticator: who, log }) }, authenticator: who, clock });
    const stats = statsRoutes({ authenticator: who, clock, database: 'coditect', ask: answering(questions), onFault: () => {} });
    const part = (name: string, close = () => Promise.resolve()) => ({ name, state: () => ({ kind: 'well' as const, lagMs: 0 }), close });
    const memory = lessonsRoutes({ authenticator: who, truth, store: await memoryOfBoth(), clock, onFault: () => {}, onRecalled: () => {} });
    return [{ part: part('world', () => world.close()), listener: world, routes: history, world: { world, audit: auditTo(log) } }, { part: part('stats'), routes: stats }, { part: part('memory'), routes: memory }];
  };
}

/** An API server with a mission and a task of each tenant, and a log with an event of each. */
async function startObjects() {
  const server = await startFakeApiServer({ types: [missions, tasks, plans, approvals, agentPools] });
  const eventLog = new EventLog();
  for (const [tenant, word] of Object.entries(canaries)) {
    server.put({ ...aMission(word).build(), metadata: { namespace: tenant, name: word, uid: missionUid(tenant as Tenant) } });
    server.put({ ...aTask(`${word}-task`).spec({ missionRef: { name: word, uid: missionUid(tenant as Tenant) }, taskName: word, run: 1 }).build(), metadata: { namespace: tenant, name: `${word}-task`, uid: `uid-${word}-task` } });
    eventLog.put([tellingOf(tenant as Tenant)]);
  }
  return { server, eventLog, client: createKubeClient(server.config, { userAgent: 'test' }) };
}

async function startCertificates() {
  const authority = await createAuthority(Date.now());
  const leaf = (uri: string, more: object) => createLeaf(authority, { uri, lifetimeSeconds: 600, usage: 'both', ...more }, Date.now());
  const own: Credential = { ...(await leaf(roleUri('mirror'), { usage: 'server', dnsNames: [mirrorName('sys')] })), caBundle: authority.certificate };
  return { authority, operator: await leaf(roleUri('operator'), {}), own };
}

/** Starts it; both tenants have a mission with a task, and events of both are in the log. */
export async function startTenants(): Promise<TenantsWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'tenants-'));
  const [{ server, eventLog, client }, { authority, operator, own }] = await Promise.all([startObjects(), startCertificates()]);
  const [records, kept, questions]: [LogFields[], MemoryLog, Question[]] = [[], new MemoryLog(), []];
  const mirror: Mirror = await startMirror({
    ...environment, client, authenticator,
    log: wrap((_, __, fields) => void records.push(fields), {}),
    config: MirrorConfig.parse({ folder, intakePort: 0, historyPort: 0, bindAddress: '127.0.0.1', tokenFile: 'none' }),
    enrolment: { ready: Promise.resolve(), current: () => own, onRenewed: () => () => {} },
    publisher: kept,
    startParts: partsOf(eventLog, questions),
    metrics: createMetrics('mirror', '0'),
  });
  await vi.waitUntil(() => mirror.notReady().length === 0 && kept.events.length >= 4, { timeout: 10_000 });
  const historyPort = records.find(({ listener }) => listener === 'history')?.['port'];
  const dial = dialled(`https://127.0.0.1:${historyPort}`, () => `127.0.0.1:${mirror.intakePort()}`, authority);
  return {
    get audits() {
      return records.filter(({ audit }) => audit !== undefined);
    },
    questions, authority, operator,
    kept: kept.events,
    people: dial.people,
    agent: dial.agent,
    async close() {
      dial.close();
      await mirror.close();
      await client.close();
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Clients of both doors. */
function dialled(baseUrl: string, intake: () => string, authority: KeyedCertificate): Pick<TenantsWorld, 'people' | 'agent'> & { readonly close: () => void } {
  const sessionManager = new Http2SessionManager(baseUrl, {}, dialOptions(mirrorName('sys'), { caBundle: authority.certificate }));
  const closers: (() => unknown)[] = [() => sessionManager.abort()];
  return {
    people(headers) {
      const named: Interceptor = (next) => (request) => {
        for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
        return next(request);
      };
      const transport = createGrpcTransport({ baseUrl, sessionManager, interceptors: [named] });
      return { history: historyClient(transport), stats: statsClient(transport), memory: memoryClient(transport) };
    },
    async agent(identity) {
      const credential = { ...(await createLeaf(authority, { uri: agentUri(identity), usage: 'client', lifetimeSeconds: 600 }, Date.now())), caBundle: authority.certificate };
      const events = createEventsClient({ address: { current: () => Promise.resolve(intake()) }, namespace: 'sys', credential: () => credential });
      closers.push(() => events.close());
      return events;
    },
    close: () => closers.forEach((close) => close()),
  };
}
