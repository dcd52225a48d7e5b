// The whole way of what happened: API server, watch, disk, event log, replay, fold. What comes out is the status that the API server has.
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MirrorConfig } from '#api/config/mirror.ts';
import { nameOf, type CloudEvent } from '#api/events/envelope.ts';
import { roleUri } from '#api/identity.ts';
import { agentPools, approvals, missions, plans, tasks } from '#api/v1alpha1/kinds.ts';
import { historyCalls } from '#cli/access/history.ts';
import { Timeline } from '#domain/replay/timeline.ts';
import { startMirror, type Mirror } from '#mirror/service.ts';
import { openLog, type Running, startParts } from '#mirror/wiring.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { Bench, isMissing, ports, why } from '#platform/nats/testing.ts';
import { createAuthority, createLeaf } from '#platform/rpc/certificates.ts';
import { HistoryService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { dialOptions, mirrorName } from '#platform/rpc/tls.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { aMission } from '#testing/builders/mission.ts';
import { taskOf } from '#testing/builders/task.ts';
import { type FakeApiServer, startFakeApiServer } from '#testing/fake-apiserver/server.ts';
import { startPeopleDoor } from './wiring.ts';

const whole = aMission('examine').withTask('a').withTask('b', { after: ['a'] });
const objects = { mission: whole.build(), a: taskOf(whole.build(), 'a'), b: taskOf(whole.build(), 'b') };

let bench: Bench;
let closers: (() => unknown)[];
let server: FakeApiServer;
let mirror: Mirror;
let replay: () => Promise<CloudEvent[]>;

beforeEach(async () => {
  bench = new Bench();
  closers = [];
  if (isMissing) return;
  server = await startFakeApiServer({ types: [missions, tasks, plans, approvals, agentPools] });
  closers.push(() => server.stop());
  const { servers } = await bench.nats();
  const config = MirrorConfig.parse({ folder: bench.folder, natsServers: servers, natsInsecure: true, intakePort: 0, historyPort: 0, bindAddress: '127.0.0.1', tokenFile: 'none' });
  const client = createKubeClient(server.config, { userAgent: 'test' });
  closers.push(() => client.close());
  const authority = await createAuthority(Date.now());
  const credential = { ...(await createLeaf(authority, { uri: roleUri('mirror'), usage: 'server', lifetimeSeconds: 600, dnsNames: [mirrorName('sys')] }, Date.now())), caBundle: authority.certificate };
  const authenticator = { review: async (token: string) => (token === 'good' ? { username: 'u', uid: '', groups: [], extra: {} } : undefined), allowed: async () => true };
  let parts: readonly Running[] = [];
  const enrolment = { ready: Promise.resolve(), current: () => credential, onRenewed: () => () => {} };
  mirror = await startMirror({ ...ports, config, client, enrolment, publisher: await openLog({ ...ports, config }), authenticator, startParts: async (given) => (parts = await Promise.resolve(startParts(given))), metrics: createMetrics('mirror', '0') });
  closers.push(() => mirror.close());
  await vi.waitUntil(() => mirror.notReady().length === 0);
  // The mirror's own listener has a port that only the system knows: the same parts are asked at a second one.
  const door = await startPeopleDoor({ ...ports, services: parts.flatMap(({ routes }) => routes ?? []), port: 0, bindAddress: '127.0.0.1', enrolment });
  closers.push(() => door.close());
  const baseUrl = `https://127.0.0.1:${door.port}`;
  const sessionManager = new Http2SessionManager(baseUrl, {}, dialOptions(mirrorName('sys'), { caBundle: authority.certificate }));
  closers.push(() => sessionManager.abort());
  const history = historyCalls(createClient(HistoryService, createGrpcTransport({ baseUrl, sessionManager, interceptors: [(next) => (request) => (request.header.set('authorization', 'Bearer good'), next(request))] })), 'team-a');
  replay = async () => {
    const events: CloudEvent[] = [];
    for await (const told of history.replay('examine', {}, new AbortController().signal)) if (told.kind === 'event') events.push(told.event);
    return events;
  };
});
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
  await bench.end();
});

test.skipIf(isMissing)(`a replay folds to what the API server has${why}`, async () => {
  const versions = [objects.mission, objects.a.build(), objects.b.build(), objects.a.running().build(), objects.a.ended('Succeeded').build(), objects.b.running().build(), objects.b.ended('Failed').build(), whole.status({ runNumber: 1, goalsMet: '0/0' }).build()];
  const last = new Map<string, object>();
  for (const version of versions) {
    const { name, namespace, uid } = version.metadata;
    last.set(uid, server.put({ ...version, metadata: { name, namespace, uid } }));
  }
  const names = (events: readonly CloudEvent[]) => events.map(({ type }) => nameOf(type));
  const ended = (events: readonly CloudEvent[]) => names(events).filter((name) => name === 'task.ended').length;
  let events: CloudEvent[] = [];
  await vi.waitUntil(async () => ended((events = await replay())) === 2 && events.some(({ data }) => 'status' in data && data.status !== undefined && 'goalsMet' in data.status), { timeout: 15_000, interval: 100 });
  const timeline = new Timeline(events);
  expect(timeline.length).toBe(events.length);
  expect(timeline.goTo(timeline.length)).toEqual([]);
  const { missions: toldMissions, tasks: toldTasks } = timeline.picture();
  const now = new Map([...toldMissions, ...toldTasks].map(([uid, { spec, status }]) => [uid, { spec, status }]));
  expect(now).toEqual(new Map([...last].map(([uid, object]) => [uid, { spec: 'spec' in object ? object.spec : undefined, status: 'status' in object ? object.status : undefined }])));
}, 60_000);
