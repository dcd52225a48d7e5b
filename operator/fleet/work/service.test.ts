import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { agentUri, roleUri } from '#api/identity.ts';
import { systemClock } from '#platform/clock.ts';
import { createAuthority, createLeaf, type KeyedCertificate } from '#platform/rpc/certificates.ts';
import { type AgentHello, WorkRequestSchema, type WorkResponse, WorkService } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import { createOutbox } from '#platform/rpc/outbox.ts';
import { createRpcServer } from '#platform/rpc/servers.ts';
import { dialOptions, operatorName } from '#platform/rpc/tls.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { createWorkService, type Leadership } from './service.ts';
import { aHello, anEnd, digest } from './testing.ts';

type Message = MessageInitShape<typeof WorkRequestSchema>['message'];

const identity = { namespace: 'team-a', pool: 'crew', pod: 'p-1', uid: 'uid-p-1' };
const ref = { taskUid: 'uid-a', attempt: 1, epoch: { term: 7, counter: 1 } };
const name = operatorName('sys');
let authority: KeyedCertificate;
beforeAll(async () => void (authority = await createAuthority(Date.now())));

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A replica on a real port; `state` says what it is asked for. */
async function aReplica() {
  const heard: string[] = [];
  const waiters: { line: string; done: () => void }[] = [];
  const say = (line: string): void => {
    heard.push(line);
    for (const waiter of waiters) if (line.startsWith(waiter.line)) waiter.done();
  };
  const fleet: Fleet = createFleet({
    clock: systemClock,
    log: silentLog,
    leaseSeconds: 30,
    listener: { connected: (agent, claims) => say(`connected ${agent.pod} ${claims.length}`), disconnected: (uid) => say(`disconnected ${uid}`), silent: () => {} },
  });
  const leadership: Leadership = {
    term: 7,
    leaseSeconds: 30,
    fleet,
    listener: {
      started: (uid, { taskUid, attempt }) => say(`started ${uid} ${taskUid}/${attempt}`),
      finished: (uid, { taskUid, result }) => say(`finished ${uid} ${taskUid} ${result}`),
      refused: (uid, { taskUid, reason }) => say(`refused ${uid} ${taskUid} ${reason}`),
      progress: (uid, { taskUid, percent, message }) => say(`progress ${uid} ${taskUid} ${percent} ${message}`),
      log: (uid, { taskUid, offset, data }) => say(`log ${uid} ${taskUid} ${offset} ${Buffer.from(data).toString()}`),
    },
    deposedBy: (term) => say(`deposed by ${term}`),
  };
  const state = { leading: true, isLive: true, changed: Promise.withResolvers<void>(), afterAsked: () => {} };
  const asked = (): Leadership | undefined => {
    queueMicrotask(() => state.afterAsked());
    return state.leading ? leadership : undefined;
  };
  const service = createWorkService({ leadership: asked, leadershipChanged: () => state.changed.promise, knownTerm: () => 5, isLivePod: () => state.isLive, log: silentLog });
  const certificate = await createLeaf(authority, { uri: roleUri('operator'), dnsNames: [name], usage: 'server', lifetimeSeconds: 600 }, Date.now());
  const server = await createRpcServer({
    name: 'work',
    port: 0,
    bindAddress: '127.0.0.1',
    tls: () => ({ ...certificate, caBundle: authority.certificate }),
    clientCertificate: 'required',
    routes: (router) => router.service(WorkService, service),
    clock: systemClock,
    log: silentLog,
    limits: { closeMs: 50 },
  });
  closers.push(() => server.close());
  /** Resolves when a line that begins so has been heard. */
  const until = (line: string) => new Promise<void>((done) => (heard.some((said) => said.startsWith(line)) ? done() : waiters.push({ line, done })));
  return { port: server.port, fleet, heard, state, until };
}

/** A stream of the agent: `say` sends, `next` waits for the next answer, `end` for the way the stream ended. */
async function dial(port: number) {
  const credential = await createLeaf(authority, { uri: agentUri(identity), usage: 'client', lifetimeSeconds: 600 }, Date.now());
  const baseUrl = `https://127.0.0.1:${port}`;
  const sessionManager = new Http2SessionManager(baseUrl, {}, dialOptions(name, { ...credential, caBundle: authority.certificate }));
  closers.push(() => sessionManager.abort());
  const outbox = createOutbox<MessageInitShape<typeof WorkRequestSchema>>(10_000);
  const cut = new AbortController();
  const answers = createClient(WorkService, createGrpcTransport({ baseUrl, sessionManager })).work(outbox.messages, { signal: cut.signal })[Symbol.asyncIterator]();
  const next = async (): Promise<WorkResponse['message']> => {
    const answer = await answers.next();
    return answer.done === true ? { case: undefined } : answer.value.message;
  };
  return {
    say: (message: NonNullable<Message>) => void outbox.push(create(WorkRequestSchema, { message })),
    next,
    hangUp: () => outbox.end(),
    cut: () => cut.abort(),
    /** How the stream ends: a code, or undefined for good order. */
    end: async (): Promise<{ code: Code; message: string } | undefined> => {
      try {
        while ((await answers.next()).done !== true);
        return undefined;
      } catch (error) {
        const { code, rawMessage: message } = ConnectError.from(error);
        return { code, message };
      }
    },
  };
}

/** An agent that was greeted. */
async function introduced(port: number, hello: Partial<AgentHello> = {}) {
  const stream = await dial(port);
  stream.say({ case: 'hello', value: { ...aHello(), ...hello } });
  const greeting = await stream.next();
  return { ...stream, greeting };
}

describe('a leader', () => {
  test('greets with its term and lease, and knows the agent by its certificate', async () => {
    const { port, fleet, heard } = await aReplica();
    const { greeting } = await introduced(port);
    expect(greeting).toMatchObject({ case: 'hello', value: { protocol: 1, term: 7, leaseSeconds: 30 } });
    expect(fleet.view(identity.uid)).toMatchObject(identity);
    expect(heard).toEqual(['connected p-1 0']);
  });

  test('hears everything, in order, and answers heartbeats', async () => {
    const { port, heard, until } = await aReplica();
    const { say, next } = await introduced(port);
    say({ case: 'heartbeat', value: { sequence: 41n } });
    expect(await next()).toMatchObject({ case: 'heartbeatAck', value: { sequence: 41n } });
    say({ case: 'reissueAck', value: ref });
    say({ case: 'started', value: ref });
    say({ case: 'progress', value: { taskUid: 'uid-a', epoch: ref.epoch, percent: 400, message: 'half\u001b[2J' } });
    say({ case: 'log', value: { taskUid: 'uid-a', attempt: 1, offset: 3n, data: Buffer.from('hi') } });
    say({ case: 'refused', value: { ...ref, reason: 'Draining\u0007' } });
    say({ case: 'finished', value: anEnd() });
    await until('finished');
    expect(heard.slice(1)).toEqual([
      'started uid-p-1 uid-a/1',
      'started uid-p-1 uid-a/1',
      'progress uid-p-1 uid-a 100 half\\u001b[2J',
      'log uid-p-1 uid-a 3 hi',
      'refused uid-p-1 uid-a Draining\\u0007',
      'finished uid-p-1 uid-a Succeeded',
    ]);
  });

  test('sends orders at any time', async () => {
    const { port, fleet } = await aReplica();
    const { next } = await introduced(port);
    fleet.confirm(identity.uid, ref);
    fleet.drain(identity.uid, 'fewer');
    expect([(await next()).case, (await next()).case]).toEqual(['confirm', 'drain']);
  });

  test.each(['hangs up', 'is cut'])('notes that an agent is gone when it %s', async (how) => {
    const { port, until } = await aReplica();
    const { hangUp, cut } = await introduced(port);
    if (how === 'is cut') cut();
    else hangUp();
    await expect(until('disconnected uid-p-1')).resolves.toBeUndefined();
  });

  test('ends a stream that is replaced, and hears the new one only', async () => {
    const { port, heard, until } = await aReplica();
    const first = await introduced(port);
    const second = await introduced(port);
    expect(await first.end()).toBeUndefined();
    second.say({ case: 'started', value: ref });
    await until('started');
    expect(heard).toEqual(['connected p-1 0', 'connected p-1 0', 'started uid-p-1 uid-a/1']);
  });

  test('is deposed by an agent that has seen a higher term', async () => {
    const { port, heard, fleet } = await aReplica();
    const stream = await dial(port);
    stream.say({ case: 'hello', value: { ...aHello(), highestTerm: 8 } });
    expect(await stream.end()).toBeUndefined();
    expect(heard).toEqual(['deposed by 8']);
    expect(fleet.view(identity.uid)).toBeUndefined();
  });

  test('ends the stream of an agent that does not read: its memory has an end', async () => {
    const { port, fleet, heard, until } = await aReplica();
    const { next } = await introduced(port);
    for (let count = 0; count < 3000; count++) fleet.confirm(identity.uid, ref);
    let received = 0;
    while ((await next()).case !== undefined) received++;
    expect(received).toBeLessThan(3000);
    await until('disconnected');
    expect(heard).toEqual(['connected p-1 0', 'disconnected uid-p-1']);
  });
});

describe('a follower', () => {
  test('says whom it knows, and ends the stream when leadership changes', async () => {
    const { port, state, fleet } = await aReplica();
    state.leading = false;
    const { greeting, end } = await introduced(port);
    expect(greeting).toMatchObject({ case: 'notLeader', value: { knownTerm: 5 } });
    expect(fleet.view(identity.uid)).toBeUndefined();
    state.changed.resolve();
    expect(await end()).toBeUndefined();
  });

  test('does not miss a change while its answer is on the way', async () => {
    const { port, state } = await aReplica();
    state.leading = false;
    state.afterAsked = () => {
      state.leading = true;
      state.changed.resolve();
      state.changed = Promise.withResolvers<void>();
    };
    const { greeting, end } = await introduced(port);
    expect(greeting.case).toBe('notLeader');
    expect(await end()).toBeUndefined();
  });
});

describe('what is refused', () => {
  const cases: Record<string, { messages: readonly NonNullable<Message>[]; code: Code; says: string }> = {
    'a stream that does not begin with a hello': { messages: [{ case: 'heartbeat', value: {} }], code: Code.InvalidArgument, says: 'the first message must be a hello' },
    'a hello that is broken': { messages: [{ case: 'hello', value: { ...aHello(), slots: 0 } }], code: Code.InvalidArgument, says: 'hello.slots' },
    'an agent that is too new': { messages: [{ case: 'hello', value: { ...aHello(), protocolMin: 2, protocolMax: 3 } }], code: Code.FailedPrecondition, says: 'upgrade the older one' },
    'an agent that is too old': { messages: [{ case: 'hello', value: { ...aHello(), protocolMin: 0, protocolMax: 0 } }], code: Code.FailedPrecondition, says: 'upgrade the older one' },
    'a second hello': { messages: [{ case: 'hello', value: aHello() }, { case: 'hello', value: aHello() }], code: Code.InvalidArgument, says: 'a second hello' },
    'a start without a number': { messages: [{ case: 'hello', value: aHello() }, { case: 'started', value: { taskUid: 'a', attempt: 1 } }], code: Code.InvalidArgument, says: 'started.epoch: is missing' },
    'an end without a result': { messages: [{ case: 'hello', value: aHello() }, { case: 'finished', value: { ...ref, resultDigest: digest } }], code: Code.InvalidArgument, says: 'finished.result: is missing' },
  };
  test.each(Object.entries(cases))('%s', async (_, { messages, code, says }) => {
    const { port, fleet } = await aReplica();
    const { say, end } = await dial(port);
    for (const message of messages) say(message);
    expect(await end()).toMatchObject({ code, message: expect.stringContaining(says) as string });
    expect(fleet.members()).toEqual([]);
  });

  test('a pod that does not exist any more', async () => {
    const { port, state, heard } = await aReplica();
    state.isLive = false;
    const { say, end } = await dial(port);
    say({ case: 'hello', value: aHello() });
    expect(await end()).toMatchObject({ code: Code.PermissionDenied });
    expect(heard).toEqual([]);
  });
});

test('an empty message means nothing', async () => {
  const { port } = await aReplica();
  const { say, next } = await introduced(port);
  say({ case: undefined } as never);
  say({ case: 'heartbeat', value: { sequence: 1n } });
  expect((await next()).case).toBe('heartbeatAck');
});
