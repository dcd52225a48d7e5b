// The whole way of a replay: the plugin's client over TLS to the mirror's listener, with certificates that are renewed meanwhile.
import { createClient } from '@connectrpc/connect';
import type { NatsConnection } from '@nats-io/transport-node';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { roleUri } from '#api/identity.ts';
import { historyCalls, type Told } from '#cli/access/history.ts';
import { errorLine } from '#cli/failure.ts';
import { t0, wholeMission } from '#domain/replay/testing.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import type { NatsLink } from '#platform/nats/connect.ts';
import { createAuthority, createLeaf, type Credential, type KeyedCertificate } from '#platform/rpc/certificates.ts';
import { EventIntakeService, HistoryService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { createListeners } from '#platform/rpc/listeners.ts';
import { dialOptions, mirrorName } from '#platform/rpc/tls.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { historyRoutes, type HistoryOptions } from './routes.ts';
import { MemoryLog } from './testing.ts';
import { type Routes, startHistory, startPeopleDoor } from './wiring.ts';

const closers: (() => unknown)[] = [];
afterEach(() => Promise.all(closers.splice(0).map((close) => close())));
let authority: KeyedCertificate;
beforeAll(async () => void (authority = await createAuthority(Date.now())));

const credentialBy = async (issuer: KeyedCertificate): Promise<Credential> => ({ ...(await createLeaf(issuer, { uri: roleUri('operator'), dnsNames: [mirrorName('sys')], usage: 'server', lifetimeSeconds: 600 }, Date.now())), caBundle: issuer.certificate });

/** A part whose calls pass nothing: it must not open those of the others. */
const open: Routes = { routes: (router) => void router.service(EventIntakeService, { tell: () => ({ kept: 7 }) }), interceptors: [] };

async function aDoor(options: Partial<HistoryOptions> = {}) {
  const log = new MemoryLog();
  log.put([wholeMission({ version: 1, at: t0, status: {} })]);
  let credential = await credentialBy(authority);
  const renewals = createListeners();
  const authenticator = { review: async (token: string) => (token === 'good' ? { username: 'u', uid: 'u', groups: [], extra: {} } : undefined), allowed: async () => true };
  const door = await startPeopleDoor({ services: [historyRoutes({ authenticator, sources: { log: { reader: log, state: async () => ({ created: 'now', first: 1, last: 1 }) }, archive: undefined }, truth: { missions: () => [] }, clock: systemClock, ...options }), open], port: 0, bindAddress: '127.0.0.1', enrolment: { current: () => credential, onRenewed: (listener) => renewals.add(listener) }, clock: systemClock, log: silentLog });
  closers.push(() => door.close());
  const dialled = (token: string, ca: KeyedCertificate) => {
    const baseUrl = `https://127.0.0.1:${door.port}`;
    const sessionManager = new Http2SessionManager(baseUrl, {}, dialOptions(mirrorName('sys'), { caBundle: ca.certificate }));
    closers.push(() => sessionManager.abort());
    return createGrpcTransport({ baseUrl, sessionManager, interceptors: [(next) => (request) => (request.header.set('authorization', `Bearer ${token}`), next(request))] });
  };
  const ask = async (token = 'good', ca = authority): Promise<Told['kind'][]> => {
    const kinds: Told['kind'][] = [];
    for await (const { kind } of historyCalls(createClient(HistoryService, dialled(token, ca)), 'team-a').replay('examine', {}, new AbortController().signal)) kinds.push(kind);
    return kinds;
  };
  return { ask, tell: () => createClient(EventIntakeService, dialled('bad', authority)).tell({}), renew: (next: Credential) => ((credential = next), renewals.call()) };
}

test('what the log tells reaches the plugin', async () => expect(await (await aDoor()).ask()).toEqual(['event', 'synced']));

test('a caller without a valid token is told what to do', async () => {
  expect(await (await aDoor()).ask('bad').catch(errorLine)).toMatch(/^error: ask the mirror: Unauthenticated: .* ; next: log in again/);
});

test('each part has its own check: one that lets everybody in opens no other', async () => {
  const { ask, tell } = await aDoor();
  expect((await tell()).kept).toBe(7);
  await expect(ask('bad')).rejects.toThrow('Unauthenticated');
});

test('a mirror without an event log is told as such', async () => {
  expect(await (await aDoor({ sources: { log: undefined, archive: undefined } })).ask().catch(errorLine)).toMatch(/^error: ask the mirror: Unimplemented: .* ; next: give the mirror the servers of an event log/);
});

test('a renewed certificate is shown from then on', async () => {
  const { ask, renew } = await aDoor();
  const next = await createAuthority(Date.now());
  await expect(ask('good', next)).rejects.toThrow('self-signed certificate');
  renew(await credentialBy(next));
  expect(await ask('good', next)).toEqual(['event', 'synced']);
});

test('without a certificate there is no listener', async () => {
  await expect(startPeopleDoor({ services: [], port: 0, bindAddress: '127.0.0.1', enrolment: { current: () => undefined, onRenewed: () => () => {} }, clock: systemClock, log: silentLog })).rejects.toThrow('there is no certificate yet');
});

test('history is off without a log, and else as its connection is', async () => {
  const ports = { authenticator: { review: async () => undefined, allowed: async () => false }, truth: { missions: () => [] }, clock: new ManualClock(), random: systemRandom, log: silentLog };
  expect(startHistory({ ...ports, link: undefined, archive: undefined }).part.state()).toEqual({ kind: 'off' });
  let closed = 0;
  let connection: NatsConnection | undefined;
  const link: NatsLink = { now: () => connection, ready: async () => connection, fault: () => 'connection refused', answered: () => {}, close: async () => void (closed += 1) };
  const { part } = startHistory({ ...ports, link, archive: undefined });
  const began = ports.clock.now();
  part.state();
  await ports.clock.advance(500);
  expect(part.state()).toEqual({ kind: 'down', sinceMs: began, fault: 'connection refused' });
  connection = {} as NatsConnection;
  expect(part.state()).toEqual({ kind: 'well', lagMs: 0 });
  await part.close();
  expect(closed).toBe(1);
});
