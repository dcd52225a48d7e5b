// The mirror as a whole: a double of the API server on one side, agents with certificates on the other, the log in memory.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { MirrorConfig } from '#api/config/mirror.ts';
import { type CloudEvent, nameOf, parseEvent } from '#api/events/envelope.ts';
import { type AgentLearn, thoughtVersion } from '#api/events/thought.ts';
import { agentUri, roleUri } from '#api/identity.ts';
import { agentPools, approvals, missions, plans, tasks } from '#api/v1alpha1/kinds.ts';
import { systemClock } from '#platform/clock.ts';
import { createKubeClient, type WatchingClient } from '#platform/kube/client.ts';
import { createAuthority, createLeaf, type Credential, type KeyedCertificate } from '#platform/rpc/certificates.ts';
import { createEventsClient, type EventsClient } from '#platform/rpc/events-client.ts';
import { createGrantSigner } from '#platform/rpc/grant.ts';
import { createListeners } from '#platform/rpc/listeners.ts';
import { mirrorName } from '#platform/rpc/tls.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { createMetrics, type Metrics } from '#platform/telemetry/metrics.ts';
import { aTask } from '#testing/builders/task.ts';
import { type FakeApiServer, startFakeApiServer } from '#testing/fake-apiserver/server.ts';
import type { Part } from './ports.ts';
import { type Mirror, startMirror } from './service.ts';
import { MemoryLog } from './testing.ts';

const agent = { namespace: 'team-pools', pool: 'crew', pod: 'crew-1', uid: 'u-1' };
const environment = { clock: systemClock, random: { next: () => 0 }, log: silentLog };

let authority: KeyedCertificate;
let operator: KeyedCertificate;
let server: FakeApiServer;
let client: WatchingClient;
let log: MemoryLog;
let heard: CloudEvent[];
let mirror: Mirror;
let metrics: Metrics;
let renew: (credential: Credential) => void;
let folder: string;
let closers: (() => void)[];

const leaf = (uri: string, usage: 'client' | 'server' | 'both', by = authority) => createLeaf(by, { uri, usage, lifetimeSeconds: 600, ...(usage === 'server' ? { dnsNames: [mirrorName('sys')] } : {}) }, Date.now());
const grantFor = (taskUid: string, change: object = {}) => createGrantSigner(operator)({ agent: agentUri(agent), namespaceUid: 'ns', ownerUid: 'o', taskUid, expiresAt: Date.now() + 60_000, ...change });
const learned = (seq: number, change: object = {}): AgentLearn => ({ version: thoughtVersion, type: 'agent.learn', taskUid: 'uid-x', attempt: 2, epoch: { term: 3, counter: 7 }, seq, turn: 1, filesChanged: false, idleTurns: 0, ...change });
const texts = (...events: readonly object[]) => events.map((event) => JSON.stringify(event));
const put = (name: string) => server.put({ ...aTask(name).build(), metadata: { namespace: 'team-a', name, uid: `uid-${name}` } });

beforeAll(async () => {
  authority = await createAuthority(Date.now());
  operator = await leaf(roleUri('operator'), 'both');
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mirror-'));
  server = await startFakeApiServer({ types: [missions, tasks, plans, approvals, agentPools] });
  client = createKubeClient(server.config, { userAgent: 'test' });
  log = new MemoryLog();
  heard = [];
  closers = [];
  metrics = createMetrics('mirror', '0');
  let credential: Credential = { ...(await leaf(roleUri('mirror'), 'server')), caBundle: authority.certificate };
  const renewals = createListeners();
  renew = (next) => {
    credential = next;
    renewals.call();
  };
  const part: Part = { name: 'ear', state: () => ({ kind: 'well', lagMs: 1500 }), close: () => Promise.resolve() };
  mirror = await startMirror({
    ...environment,
    config: MirrorConfig.parse({ folder, intakePort: 0, historyPort: 0, bindAddress: '127.0.0.1', tokenFile: 'none' }),
    client,
    enrolment: { ready: Promise.resolve(), current: () => credential, onRenewed: (listener) => renewals.add(listener) },
    publisher: log,
    authenticator: { review: () => Promise.resolve(undefined), allowed: () => Promise.resolve(false) },
    startParts: () => Promise.resolve([{ part, listener: { tell: (events) => void heard.push(...events) } }]),
    metrics,
  });
  await vi.waitUntil(() => mirror.notReady().length === 0);
});

afterEach(async () => {
  for (const close of closers) close();
  await mirror.close();
  await client.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

async function asAgent(identity = agent, by = authority): Promise<EventsClient> {
  const credential = { ...(await leaf(agentUri(identity), 'client', by)), caBundle: authority.certificate };
  const events = createEventsClient({ address: { current: () => Promise.resolve(`127.0.0.1:${mirror.intakePort()}`) }, namespace: 'sys', credential: () => credential });
  closers.push(() => events.close());
  return events;
}

test('what an agent tells is kept as events of the task, in the namespace that the API server says', async () => {
  put('x');
  const told = await (await asAgent()).tell(grantFor('uid-x'), texts(learned(1), learned(2)));
  expect(told).toEqual({ kind: 'taken', dropped: 0 });
  const events = log.events.filter(({ type }) => nameOf(type) === 'agent.learn');
  expect(events.map((event) => parseEvent(event).kind)).toEqual(['event', 'event']);
  expect(events.map(({ id, tenant, source, subject }) => ({ id, tenant, source, subject }))).toEqual([1, 2].map((seq) => ({ id: `uid-x.2.3-7.${seq}`, tenant: 'team-a', source: '/agents/team-pools/crew/crew-1', subject: 'tasks/x' })));
  expect(heard).toEqual(expect.arrayContaining(events));
});

test('an agent may be quicker than the watch', async () => {
  const telling = (await asAgent()).tell(grantFor('uid-x'), texts(learned(1)));
  put('x');
  expect(await telling).toEqual({ kind: 'taken', dropped: 0 });
});

const refusals: Record<string, { grant: () => string; events: readonly string[]; want: object }> = {
  'without a grant': { grant: () => '', events: texts(learned(1)), want: { kind: 'refused', message: 'the grant is not well formed' } },
  'with the grant of another agent': { grant: () => grantFor('uid-x', { agent: agentUri({ ...agent, pod: 'crew-2' }) }), events: texts(learned(1)), want: { kind: 'refused', message: 'the grant is for another agent' } },
  'with a grant that has expired': { grant: () => grantFor('uid-x', { expiresAt: Date.now() - 1 }), events: texts(learned(1)), want: { kind: 'refused', message: 'the grant has expired' } },
  'of another task': { grant: () => grantFor('uid-x'), events: texts(learned(1), learned(2, { taskUid: 'uid-y' })), want: { kind: 'refused', message: 'events_json[1].taskUid: the grant is for another task' } },
  'of another attempt than the grant is for': { grant: () => grantFor('uid-x', { attempt: 1 }), events: texts(learned(1)), want: { kind: 'refused', message: 'events_json[0].attempt: the grant is for another attempt' } },
  'of two attempts': { grant: () => grantFor('uid-x'), events: texts(learned(1), learned(2, { attempt: 1 })), want: { kind: 'refused', message: 'events_json[1].attempt: one request is of one attempt' } },
  'with a text in the place of a name': { grant: () => grantFor('uid-x'), events: texts({ ...learned(1), type: 'agent.act', tool: 'the password is hunter2', sideEffect: 'none', outcome: 'done', inputBytes: 1, outputBytes: 1 }), want: { kind: 'refused', message: expect.stringContaining('events_json[0].tool') } },
  'in words that are no JSON': { grant: () => grantFor('uid-x'), events: ['{'], want: { kind: 'refused', message: expect.stringContaining('events_json[0].') } },
  'too much at once': { grant: () => grantFor('uid-x'), events: texts(...Array.from({ length: 201 }, (_, index) => learned(index + 1))), want: { kind: 'refused', message: '201 events, the limit is 200' } },
  'of a task that nobody knows': { grant: () => grantFor('uid-gone'), events: texts(learned(1, { taskUid: 'uid-gone' })), want: { kind: 'refused', message: 'no task with uid uid-gone is known here' } },
};
test.each(Object.entries(refusals))('what is told %s is refused, and nothing of it is kept', async (_, { grant, events, want }) => {
  put('x');
  expect(await (await asAgent()).tell(grant(), events)).toEqual(want);
  expect(log.events.filter(({ type }) => nameOf(type) === 'agent.learn')).toEqual([]);
  expect(await metrics.text()).toMatch(/coditect_mirror_refusals_total\{reason="\w+"\} 1/);
});

test('a field that no event has is dropped: a newer agent may tell more, and texts are never kept', async () => {
  put('x');
  expect(await (await asAgent()).tell(grantFor('uid-x'), texts(learned(1, { said: 'a secret' })))).toMatchObject({ kind: 'taken' });
  const kept = log.events.filter(({ type }) => nameOf(type) === 'agent.learn');
  expect(kept).toHaveLength(1);
  expect(JSON.stringify(kept)).not.toContain('a secret');
});

test('who has no certificate of ours is not heard; neither is a server of ours', async () => {
  put('x');
  const foreign = await createAuthority(Date.now());
  expect(await (await asAgent(agent, foreign)).tell(grantFor('uid-x'), texts(learned(1)))).toMatchObject({ kind: 'later' });
  const credential = { ...operator, caBundle: authority.certificate };
  const server = createEventsClient({ address: { current: () => Promise.resolve(`127.0.0.1:${mirror.intakePort()}`) }, namespace: 'sys', credential: () => credential });
  closers.push(() => server.close());
  expect(await server.tell(grantFor('uid-x'), texts(learned(1)))).toMatchObject({ kind: 'refused', message: expect.stringContaining('only agents may call this') });
});

test('a disk that fails is answered with later; one that is full with what was dropped', async () => {
  put('x');
  await expect.poll(() => log.events.length).toBe(1);
  const events = await asAgent();
  log.fault = 'input/output error';
  expect(await events.tell(grantFor('uid-x'), texts(learned(1)))).toMatchObject({ kind: 'later', message: expect.stringContaining('input/output error') });
  log.fault = undefined;
  log.room = 1;
  expect(await events.tell(grantFor('uid-x'), texts(learned(1), learned(2)))).toEqual({ kind: 'taken', dropped: 1 });
});

test('a renewed certificate is shown to agents that come then', async () => {
  put('x');
  const next = await createAuthority(Date.now());
  renew({ ...(await leaf(roleUri('mirror'), 'server', next)), caBundle: `${authority.certificate}\n${next.certificate}` });
  const credential = { ...(await leaf(agentUri(agent), 'client')), caBundle: next.certificate };
  const events = createEventsClient({ address: { current: () => Promise.resolve(`127.0.0.1:${mirror.intakePort()}`) }, namespace: 'sys', credential: () => credential });
  closers.push(() => events.close());
  expect(await events.tell(grantFor('uid-x'), texts(learned(1)))).toEqual({ kind: 'taken', dropped: 0 });
});

test('what it does is shown in metrics', async () => {
  put('x');
  await expect.poll(() => log.events.length).toBe(1);
  const text = await metrics.text();
  for (const line of ['coditect_mirror_events_total{family="task"} 1', 'coditect_mirror_log_connected 1', 'coditect_mirror_part_up{part="ear"} 1', 'coditect_mirror_part_lag_seconds{part="ear"} 1.5', 'coditect_mirror_waiting_changes 0']) expect(text).toContain(line);
});
