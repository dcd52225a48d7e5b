import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { OperatorAddress } from '#api/endpoints.ts';
import { agentUri, roleUri } from '#api/identity.ts';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { systemClock } from '../clock.ts';
import { silentLog, wrap } from '../telemetry/log.ts';
import { type AgentChannel, createAgentChannel } from './agent-channel.ts';
import { createAuthority, createLeaf, issueLeaf, type KeyedCertificate } from './certificates.ts';
import { EnrolmentService } from './generated/coditect/v1alpha1/enrolment_pb.ts';
import { type WorkResponse, WorkService } from './generated/coditect/v1alpha1/task_queue_pb.ts';
import { callingAgent, createRpcServer } from './servers.ts';
import { operatorName } from './tls.ts';

const agent = { namespace: 'team-a', pool: 'p', pod: 'p-1', uid: 'u-1' };
const closers: (() => unknown)[] = [];
let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'channel-'))));
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
  await rm(folder, { recursive: true });
});

/** An operator in miniature: enrols whoever brings the token, answers heartbeats, and says by which certificate it knows the caller. */
async function startOperator() {
  const state = { authority: await createAuthority(Date.now()), bundle: '', tokens: [] as string[], failing: 0, deaf: false, ends: [] as string[] };
  state.bundle = state.authority.certificate;
  const leaf = (by: KeyedCertificate) => createLeaf(by, { uri: roleUri('operator'), dnsNames: [operatorName('sys')], usage: 'server', lifetimeSeconds: 600 }, Date.now());
  let own = await leaf(state.authority);
  const common = { bindAddress: '127.0.0.1', port: 0, tls: () => ({ ...own, caBundle: state.bundle }), limits: { closeMs: 20 }, clock: systemClock, log: silentLog };
  const enrolment = await createRpcServer({
    ...common,
    name: 'enrolment',
    clientCertificate: 'none',
    routes: (router) =>
      router.service(EnrolmentService, {
        enrol: async ({ token, certificateRequest }) => {
          state.tokens.push(token);
          if (state.failing-- > 0) throw new ConnectError('not known here yet', Code.PermissionDenied);
          const issued = await issueLeaf(state.authority, certificateRequest, { uri: agentUri({ ...agent, uid: `u-${state.tokens.length}` }), usage: 'client', lifetimeSeconds: 600 }, Date.now());
          return { certificate: issued.kind === 'issued' ? issued.certificate : '', caBundle: state.bundle, renewAfterSeconds: 300 };
        },
      }),
  });
  const work = await createRpcServer({
    ...common,
    name: 'work',
    clientCertificate: 'required',
    routes: (router) =>
      router.service(WorkService, {
        work: async function* (requests, context) {
          yield { message: { case: 'drain', value: { reason: callingAgent(context).uid } } };
          for await (const { message } of requests) if (message.case === 'heartbeat') yield { message: { case: 'heartbeatAck', value: { sequence: message.value.sequence } } };
          state.ends.push('half-closed');
          if (state.deaf) await new Promise(() => {});
        },
      }),
  });
  closers.push(() => enrolment.close(), () => work.close());
  const distribute = (next: KeyedCertificate) => {
    state.bundle = state.authority.certificate + next.certificate;
    for (const server of [enrolment, work]) server.updateTls();
  };
  const promote = async (next: KeyedCertificate) => {
    state.authority = next;
    own = await leaf(next);
    for (const server of [enrolment, work]) server.updateTls();
  };
  return { state, distribute, promote, address: { pod: 'op-0', api: '', enrolment: `127.0.0.1:${enrolment.port}`, work: `127.0.0.1:${work.port}` } };
}

async function startChannel(operator: Awaited<ReturnType<typeof startOperator>>, { caBundle = operator.state.bundle, log = silentLog } = {}) {
  const clock = new ManualClock(Date.now());
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'token-1\n');
  const channel = createAgentChannel({
    config: { tokenFile, caBundle, operatorNamespace: 'sys' },
    addresses: { current: () => Promise.resolve([operator.address]) },
    clock,
    random: { next: () => 0 },
    log,
  });
  closers.push(() => channel.close());
  const renewed = () => new Promise<void>((resolve) => channel.onRenewed(resolve));
  return { channel, clock, tokenFile, renewed };
}

/** Opens a stream; `beat` sends a heartbeat and gives the number that came back. */
async function open(channel: AgentChannel, address: OperatorAddress) {
  const connection = await channel.connect(address);
  const messages = connection.messages[Symbol.asyncIterator]();
  const next = async () => ((await messages.next()).value as WorkResponse | undefined)?.message;
  const hello = await next();
  const beat = async (sequence: bigint) => {
    connection.send({ message: { case: 'heartbeat', value: { sequence } } });
    const answer = await next();
    return answer?.case === 'heartbeatAck' ? answer.value.sequence : undefined;
  };
  return { connection, uid: hello?.case === 'drain' ? hello.value.reason : undefined, beat, next };
}

function poll(isDone: () => boolean, then: () => void): void {
  if (isDone()) then();
  else setImmediate(() => poll(isDone, then));
}

/** Moves the clock until the promise is settled: network answers take real time. */
async function advanceUntil(clock: ManualClock, ms: number, goal: Promise<unknown>): Promise<void> {
  let done = false;
  void goal.finally(() => (done = true));
  while (!done) {
    if (clock.pending > 0) await clock.advance(ms);
    await settle();
  }
}

test('an agent enrols with its token and works with the certificate it got', async () => {
  const operator = await startOperator();
  const { channel } = await startChannel(operator);
  const { uid, beat } = await open(channel, operator.address);
  expect(uid).toBe('u-1');
  expect(await beat(7n)).toBe(7n);
  expect(operator.state.tokens).toEqual(['token-1']);
});

test('a renewed certificate serves new streams and leaves the old one alone, also across a change of the CA', async () => {
  const operator = await startOperator();
  const { channel, clock, tokenFile, renewed } = await startChannel(operator);
  const old = await open(channel, operator.address);
  const next = await createAuthority(Date.now());
  operator.distribute(next);
  await writeFile(tokenFile, 'token-2');
  await clock.advance(299_999);
  expect(operator.state.tokens).toEqual(['token-1']);
  await Promise.all([renewed(), clock.advance(1)]);
  expect(operator.state.tokens).toEqual(['token-1', 'token-2']);
  await operator.promote(next);
  const fresh = await open(channel, operator.address);
  expect([old.uid, fresh.uid]).toEqual(['u-1', 'u-2']);
  expect([await old.beat(1n), await fresh.beat(2n)]).toEqual([1n, 2n]);
});

test('no token is sent to a server that another CA vouches for', async () => {
  const operator = await startOperator();
  const foreign = await createAuthority(Date.now());
  const warnings: string[] = [];
  const log = wrap((_, message, { error }) => void warnings.push(`${message}: ${String(error)}`), {});
  const { clock } = await startChannel(operator, { caBundle: foreign.certificate, log });
  const twice = new Promise<void>((resolve) => poll(() => warnings.length >= 2, resolve));
  await advanceUntil(clock, 1000, twice);
  expect(operator.state.tokens).toEqual([]);
  expect(warnings[0]).toMatch(/cannot get a certificate, trying again.*op-0/);
});

test('what was sent before the close arrives, and the reason is ours', async () => {
  const operator = await startOperator();
  const { channel } = await startChannel(operator);
  const { connection, beat } = await open(channel, operator.address);
  const answer = beat(9n);
  connection.close('a newer stream replaces this one');
  expect(await answer).toBe(9n);
  for await (const _ of { [Symbol.asyncIterator]: () => connection.messages[Symbol.asyncIterator]() });
  expect(await connection.closed).toBe('a newer stream replaces this one');
  expect(operator.state.ends).toEqual(['half-closed']);
});

test('a peer that answers no close is cut after two seconds', async () => {
  const operator = await startOperator();
  operator.state.deaf = true;
  const { channel, clock } = await startChannel(operator);
  const { connection } = await open(channel, operator.address);
  connection.close('shutting down');
  await clock.advance(1999);
  expect(await Promise.race([connection.closed, settle().then(() => 'open')])).toBe('open');
  await clock.advance(1);
  expect(await connection.closed).toBe('shutting down');
});

test('a replica that is not there is an error at connect', async () => {
  const operator = await startOperator();
  const { channel } = await startChannel(operator);
  await expect(channel.connect({ ...operator.address, work: operator.address.enrolment.replace(/:\d+$/, ':1') })).rejects.toMatchObject({ code: Code.Unavailable });
});

test('refusals are tried again until the pod is known', async () => {
  const operator = await startOperator();
  operator.state.failing = 3;
  const { channel, clock } = await startChannel(operator);
  await advanceUntil(clock, 500, channel.ready);
  expect(operator.state.tokens).toHaveLength(4);
});

test('a stream that was cut leaves no ping behind: one on a dead connection would end the process', async () => {
  const operator = await startOperator();
  operator.state.deaf = true;
  const { channel, clock } = await startChannel(operator);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  closers.push(() => Promise.resolve(void vi.useRealTimers()));
  const { connection, beat, next } = await open(channel, operator.address);
  await beat(1n);
  connection.close('enough');
  await clock.advance(2000);
  await next().catch(() => undefined);
  await settle();
  expect(() => vi.advanceTimersByTime(20_000)).not.toThrow();
});
