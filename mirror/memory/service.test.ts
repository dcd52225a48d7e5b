// Who may ask the memory, and what of it: the operator by its certificate, people by their rights, and nobody beyond one namespace.
import { Code, ConnectError, createClient, type Client } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Authenticator } from '#api/access.ts';
import { agentUri, roleUri } from '#api/identity.ts';
import { LessonsAnswer, RecalledLesson } from '#api/memory.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { systemClock } from '#platform/clock.ts';
import { hashingEmbedder } from '#platform/embedding/hashing.ts';
import { createAuthority, createLeaf, type Credential, type KeyedCertificate } from '#platform/rpc/certificates.ts';
import { MemoryService } from '#platform/rpc/generated/coditect/v1alpha1/memory_pb.ts';
import { createMemoryClient } from '#platform/rpc/memory-client.ts';
import { dialOptions, mirrorName } from '#platform/rpc/tls.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { startPeopleDoor } from '../history/wiring.ts';
import { type Intake, startIntake } from '../intake/wiring.ts';
import { Courses } from './decide/courses.ts';
import { FakeChroma } from './fake-chroma.ts';
import { lessonsRoutes, recallRoutes } from './routes.ts';
import type { MemoryDeps } from './service.ts';
import { MemoryStore } from './store.ts';
import { mended, ToldMission } from './testing.ts';

const namespace = 'sys';
const closers: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closers.toReversed()) await close();
});

let authority: KeyedCertificate;
let stranger: KeyedCertificate;
const leaf = async (uri: string, issuer = authority, usage: 'client' | 'server' = 'client'): Promise<Credential> => ({ ...(await createLeaf(issuer, { uri, ...(usage === 'server' ? { dnsNames: [mirrorName(namespace)] } : {}), usage, lifetimeSeconds: 600 }, Date.now())), caBundle: authority.certificate });

const chroma = new FakeChroma();
const store = new MemoryStore(chroma, hashingEmbedder);
const faults: unknown[] = [];
const recalled: string[] = [];
/** Tokens are `<namespace>`, whose missions they may get, or `<namespace>/<mission>` for one alone. */
const authenticator: Authenticator = {
  review: async (token) => (token === 'nobody' ? undefined : { username: token, uid: token, groups: [], extra: {} }),
  allowed: async ({ username }, request) => request.verb === 'get' && request.resource === 'missions' && (username === request.namespace || username === `${request.namespace}/${request.name}`),
};
const present: Mission[] = [];
const depsWith = (more: Partial<MemoryDeps> = {}): MemoryDeps => ({ authenticator, truth: { missions: () => present }, store, clock: { after: (ms, run) => systemClock.after(ms / 20, run) }, onFault: (error) => faults.push(error), onRecalled: (outcome) => recalled.push(outcome), ...more });

let intake: Intake;
let people: Client<typeof MemoryService>;

beforeAll(async () => {
  authority = await createAuthority(Date.now());
  stranger = await createAuthority(Date.now());
  await store.open();
  const second = new ToldMission({ name: 'second', goal: 'Mend the parser.' }).plan({ mend: 'WriteCode' }, { lessons: ['uid-team-a-first-mend-1', 'uid-team-b-theirs-mend-1', 'gone'] });
  for (const mission of [mended({ name: 'first', goal: 'Mend the parser.' }), second, mended({ name: 'theirs', tenant: 'team-b', goal: 'Mend the parser.' })]) {
    const courses = new Courses();
    await store.keep(mission.events.flatMap((event, index) => courses.take(event, index)));
  }
  const held = await leaf(roleUri('mirror'), authority, 'server');
  const enrolment = { current: () => held, onRenewed: () => () => {} };
  const base = { port: 0, bindAddress: '127.0.0.1', enrolment, clock: systemClock, log: silentLog };
  intake = await startIntake({ ...base, services: [recallRoutes(depsWith())], task: () => undefined, publisher: { publish: async () => ({ kept: 0, dropped: 0 }) }, listeners: [], onTold: () => {}, onRefused: () => {} });
  const door = await startPeopleDoor({ ...base, services: [lessonsRoutes(depsWith())] });
  people = clientTo(door.port, { caBundle: authority.certificate });
  closers.push(() => intake.close(), () => door.close());
});

function clientTo(port: number, trust: Parameters<typeof dialOptions>[1]): Client<typeof MemoryService> {
  const baseUrl = `https://127.0.0.1:${port}`;
  const sessionManager = new Http2SessionManager(baseUrl, {}, dialOptions(mirrorName(namespace), trust));
  closers.push(() => sessionManager.abort());
  return createClient(MemoryService, createGrpcTransport({ baseUrl, sessionManager }));
}

const codeOf = (error: unknown) => Code[ConnectError.from(error).code];
const request = { namespace: 'team-a', text: 'Mend the parser.\nworks', most: 3 };
const agent = agentUri({ namespace: 'team-a', pool: 'p', pod: 'p-1', uid: 'u' });

describe('a recall', () => {
  test('by the operator gives the lessons of one namespace, nearest first', async () => {
    const operator = await leaf(roleUri('operator'));
    const client = createMemoryClient({ address: { current: async () => `127.0.0.1:${intake.port}` }, namespace, credential: () => operator });
    closers.push(() => client.close());
    const answer = await client.recall('team-a', request.text, 3, new AbortController().signal);
    const lessons = answer.kind === 'told' ? answer.lessonsJson.map((text) => RecalledLesson.parse(JSON.parse(text))) : [];
    expect(lessons.map(({ lesson: { id, verdict } }) => `${id} ${verdict}`).toSorted()).toEqual(['uid-team-a-first-mend-1 Failed', 'uid-team-a-first-tests Worked']);
    expect(lessons.map(({ distance }) => distance)).toEqual(lessons.map(({ distance }) => distance).toSorted((a, b) => a - b));
    expect((await client.recall('nobody', request.text, 3, new AbortController().signal)).kind).toBe('told');
    expect(recalled).toEqual(['told', 'told']);
  });

  const others: Record<string, () => Promise<Credential>> = {
    'an agent': () => leaf(agent),
    'the blob service': () => leaf(roleUri('blobs')),
  };
  test.each(Object.entries(others))('by %s is refused', async (_, credential) => expect(await clientTo(intake.port, await credential()).recall(request).catch(codeOf)).toBe('PermissionDenied'));

  test('under the name of the operator from another authority gets no connection', async () => {
    await expect(clientTo(intake.port, await leaf(roleUri('operator'), stranger)).recall(request)).rejects.toThrow(/alert|closed|reset|certificate|session/i);
    expect(recalled).toEqual(['told', 'told']);
  });

  const wrong: Record<string, Partial<typeof request>> = {
    'no namespace': { namespace: '' },
    'two namespaces': { namespace: 'team-a/team-b' },
    'a wildcard': { namespace: '*' },
    'another place': { namespace: '../coditect-team-b' },
    'no text': { text: ' ' },
    'a text without end': { text: 'x'.repeat(4097) },
    'no lessons': { most: 0 },
    'all lessons': { most: 1000 },
  };
  test.each(Object.entries(wrong))('of %s is refused', async (_, more) => {
    expect(await clientTo(intake.port, await leaf(roleUri('operator'))).recall({ ...request, ...more }).catch(codeOf)).toBe('InvalidArgument');
  });

  test('that gets no answer in time is told so, without what went wrong inside', async () => {
    chroma.hold = new Promise(() => {});
    try {
      const error = await clientTo(intake.port, await leaf(roleUri('operator'))).recall(request).catch((thrown: unknown) => ConnectError.from(thrown));
      expect(error).toMatchObject({ code: Code.Unavailable, rawMessage: expect.not.stringContaining('Chroma or') });
      expect(recalled.at(-1)).toBe('lost');
      expect(String(faults.at(-1))).toContain('did not answer within');
    } finally {
      chroma.hold = Promise.resolve();
    }
  });
});

describe('lessons', () => {
  const ask = async (user: string, name = 'second', tenant = 'team-a') => LessonsAnswer.parse(JSON.parse((await people.lessons({ mission: { namespace: tenant, name } }, { headers: { authorization: `Bearer ${user}` } })).answerJson));

  test('of a mission are those that its plans were given and those that it left', async () => {
    const second = await ask('team-a');
    expect(second.given).toEqual([{ plan: 'second-plan-1', ids: ['uid-team-a-first-mend-1', 'uid-team-b-theirs-mend-1', 'gone'], lessons: [expect.objectContaining({ id: 'uid-team-a-first-mend-1' })] }]);
    expect([second.left, second.episodes]).toEqual([[], 0]);
    expect(await ask('team-a/first', 'first')).toMatchObject({ given: [], left: [{ verdict: 'Failed' }, { verdict: 'Worked' }], episodes: 3, unchecked: 0 });
  });

  test('of a mission that is there now are its own, not those of an older one of its name', async () => {
    present.push({ metadata: { namespace: 'team-a', name: 'first', uid: 'a-new-one' } } as Mission);
    expect(await ask('team-a', 'first')).toMatchObject({ left: [], episodes: 0 });
    present.pop();
  });

  const refused: Record<string, { user: string; name?: string; tenant?: string; want: string }> = {
    'nobody': { user: 'nobody', want: 'Unauthenticated' },
    'another tenant': { user: 'team-b', want: 'PermissionDenied' },
    'somebody who may get another mission': { user: 'team-a/first', want: 'PermissionDenied' },
    'somebody in another namespace': { user: 'team-a', tenant: 'team-b', name: 'theirs', want: 'PermissionDenied' },
    'somebody who asks for a place': { user: 'team-a', tenant: '../team-a', want: 'InvalidArgument' },
  };
  test.each(Object.entries(refused))('are not for %s', async (_, { user, name, tenant, want }) => expect(await ask(user, name, tenant).catch(codeOf)).toBe(want));

  test('are not told on the listener of agents, nor recalls on that of people', async () => {
    expect(await clientTo(intake.port, await leaf(agent)).lessons({ mission: { namespace: 'team-a', name: 'first' } }).catch(codeOf)).toBe('Unimplemented');
    expect(await people.recall(request, { headers: { authorization: 'Bearer team-a' } }).catch(codeOf)).toBe('Unimplemented');
  });
});

test('where there is no memory it is said how to have one', async () => {
  const held = await leaf(roleUri('mirror'), authority, 'server');
  const door = await startPeopleDoor({ port: 0, bindAddress: '127.0.0.1', enrolment: { current: () => held, onRenewed: () => () => {} }, clock: systemClock, log: silentLog, services: [lessonsRoutes(depsWith({ store: undefined }))] });
  closers.push(() => door.close());
  expect(await clientTo(door.port, { caBundle: authority.certificate }).lessons({ mission: { namespace: 'team-a', name: 'first' } }, { headers: { authorization: 'Bearer team-a' } }).catch((error: unknown) => ConnectError.from(error).message)).toMatch(/failed_precondition.*chromaUrl/);
});
