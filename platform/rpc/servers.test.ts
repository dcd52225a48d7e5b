import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { agentUri, roleUri } from '#api/identity.ts';
import { systemClock } from '../clock.ts';
import { silentLog } from '../telemetry/log.ts';
import { createAuthority, createLeaf, type Credential, type KeyedCertificate } from './certificates.ts';
import { EnrolmentService } from './generated/coditect/v1alpha1/enrolment_pb.ts';
import { WorkService } from './generated/coditect/v1alpha1/task_queue_pb.ts';
import { callingAgent, createRpcServer, type RpcServer, type RpcServerOptions } from './servers.ts';
import { dialOptions, operatorName } from './tls.ts';

const agent = { namespace: 'team-a', pool: 'p', pod: 'p-1', uid: 'u-1' };
const name = operatorName('sys');
let authority: KeyedCertificate;
let foreign: KeyedCertificate;
beforeAll(async () => void ([authority, foreign] = await Promise.all([createAuthority(Date.now()), createAuthority(Date.now())])));

const closers: (() => unknown)[] = [];
afterEach(() => Promise.all(closers.splice(0).map((close) => close())));

const serverLeaf = (issuer = authority) => createLeaf(issuer, { uri: roleUri('operator'), dnsNames: [name], usage: 'server', lifetimeSeconds: 600 }, Date.now());
const agentLeaf = (issuer = authority, uri = agentUri(agent), at = Date.now()) => createLeaf(issuer, { uri, usage: 'client', lifetimeSeconds: 600 }, at);

async function start(options: Partial<RpcServerOptions> = {}): Promise<RpcServer> {
  const credential: Credential = { ...(await serverLeaf()), caBundle: authority.certificate };
  const server = await createRpcServer({
    name: 'work',
    port: 0,
    bindAddress: '127.0.0.1',
    tls: () => credential,
    clientCertificate: 'required',
    routes: (router) =>
      router.service(WorkService, {
        // Says who calls, then echoes heartbeats until the caller or the server ends.
        work: async function* (requests, context) {
          yield { message: { case: 'drain', value: { reason: callingAgent(context).uid } } };
          for await (const { message } of requests) if (message.case === 'heartbeat') yield { message: { case: 'heartbeatAck', value: { sequence: message.value.sequence } } };
        },
      }).service(EnrolmentService, { enrol: ({ token }) => ({ certificate: String(token.length) }) }),
    clock: systemClock,
    log: silentLog,
    ...options,
  });
  closers.push(() => server.close());
  return server;
}

function transportTo(port: number, trust: Pick<Credential, 'caBundle'> & Partial<Credential>, serverName = name) {
  const baseUrl = `https://127.0.0.1:${port}`;
  const sessionManager = new Http2SessionManager(baseUrl, {}, dialOptions(serverName, trust));
  closers.push(() => sessionManager.abort());
  return createGrpcTransport({ baseUrl, sessionManager, defaultTimeoutMs: 5000 });
}

const enrol = (port: number, trust: Pick<Credential, 'caBundle'> & Partial<Credential>, { token = '', serverName = name } = {}) =>
  createClient(EnrolmentService, transportTo(port, trust, serverName))
    .enrol({ token })
    .then(({ certificate }) => certificate, (error: unknown) => ConnectError.from(error));

describe('who gets in', () => {
  const cases: Record<string, { caller: () => Promise<Partial<Credential>>; in: boolean }> = {
    'an agent with a certificate of our CA': { caller: () => agentLeaf(), in: true },
    'nobody without a certificate': { caller: () => Promise.resolve({}), in: false },
    'nobody with a certificate of another CA': { caller: () => agentLeaf(foreign), in: false },
    'nobody with a certificate that has expired': { caller: () => agentLeaf(authority, agentUri(agent), Date.now() - 3_600_000), in: false },
    'nobody with a certificate from tomorrow': { caller: () => agentLeaf(authority, agentUri(agent), Date.now() + 86_400_000), in: false },
    'nobody with a certificate made for servers': { caller: () => serverLeaf(), in: false },
  };
  test.each(Object.entries(cases))('%s', async (_, wanted) => {
    const { port } = await start();
    const answer = await enrol(port, { caBundle: authority.certificate, ...(await wanted.caller()) }, { token: 'abc' });
    expect(answer instanceof ConnectError ? 'refused' : answer).toBe(wanted.in ? '3' : 'refused');
  });

  test('a connection without a certificate is refused in the handshake: no HTTP/2 is spoken', async () => {
    const { port } = await start();
    const socket = connectTls({ host: '127.0.0.1', port, ...dialOptions(name, { caBundle: authority.certificate }), ALPNProtocols: ['h2'] });
    const heard: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => heard.push(chunk));
    const error = await new Promise<unknown>((resolve) => socket.once('error', resolve).once('end', () => resolve('end')));
    expect(error).toMatchObject({ code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' });
    expect(heard).toEqual([]);
  });

  test('a certificate that names no agent gets into no handler for agents', async () => {
    const { port } = await start();
    const trust = { caBundle: authority.certificate, ...(await agentLeaf(authority, roleUri('blobs'))) };
    const stream = createClient(WorkService, transportTo(port, trust)).work((async function* () {})());
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: Code.PermissionDenied });
  });

  test('TLS 1.2 is not spoken', async () => {
    const { port } = await start({ clientCertificate: 'none' });
    const socket = connectTls({ host: '127.0.0.1', port, ...dialOptions(name, { caBundle: authority.certificate }), minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    expect(await new Promise<unknown>((resolve) => socket.once('error', resolve).once('secureConnect', () => resolve('connected')))).toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  });
});

describe('whom a caller believes', () => {
  test('the name counts, not the address', async () => {
    const { port } = await start({ clientCertificate: 'none' });
    expect(await enrol(port, { caBundle: authority.certificate }, { token: 'a' })).toBe('1');
    expect(await enrol(port, { caBundle: authority.certificate }, { serverName: operatorName('other') })).toBeInstanceOf(ConnectError);
  });
  test('not a server of another CA', async () => {
    const { port } = await start({ clientCertificate: 'none' });
    expect(await enrol(port, { caBundle: foreign.certificate })).toBeInstanceOf(ConnectError);
  });
});

describe('limits', () => {
  test('a message of exactly the limit is read, one byte more is refused', async () => {
    const { port } = await start({ clientCertificate: 'none' });
    // Field tag and length prefix take four bytes at this size.
    const fits = (1 << 20) - 4;
    expect(await enrol(port, { caBundle: authority.certificate }, { token: 'x'.repeat(fits) })).toBe(String(fits));
    expect(await enrol(port, { caBundle: authority.certificate }, { token: 'x'.repeat(fits + 1) })).toMatchObject({ code: Code.ResourceExhausted });
  });

  test('a connection has no more streams than allowed', async () => {
    const { port } = await start({ clientCertificate: 'none', limits: { streams: 7 } });
    const session = connectHttp2(`https://127.0.0.1:${port}`, dialOptions(name, { caBundle: authority.certificate }));
    closers.push(() => session.destroy());
    const settings = await new Promise<{ maxConcurrentStreams?: number }>((resolve) => session.once('remoteSettings', resolve));
    expect(settings.maxConcurrentStreams).toBe(7);
  });

  test('headers larger than 16 KiB end the stream', async () => {
    const { port } = await start({ clientCertificate: 'none' });
    const session = connectHttp2(`https://127.0.0.1:${port}`, dialOptions(name, { caBundle: authority.certificate }));
    closers.push(() => session.destroy());
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    // The limit binds from the acknowledgement of the settings on, which this round trip follows.
    await new Promise((resolve) => session.ping(resolve));
    const stream = session.request({ ':method': 'POST', ':path': '/coditect.v1alpha1.EnrolmentService/Enrol', 'content-type': 'application/grpc', 'x-large': 'x'.repeat(17_000) });
    const ending = await new Promise<unknown>((resolve) => stream.once('response', resolve).once('error', resolve));
    expect(ending).toMatchObject({ message: expect.stringContaining('NGHTTP2_ENHANCE_YOUR_CALM') });
  });
});

describe('a stream', () => {
  async function openStream(port: number, trust: Credential) {
    const sends: ((sequence: bigint | undefined) => void)[] = [];
    async function* outgoing() {
      for (;;) {
        const sequence = await new Promise<bigint | undefined>((resolve) => sends.push(resolve));
        if (sequence === undefined) return;
        yield { message: { case: 'heartbeat' as const, value: { sequence } } };
      }
    }
    const messages = createClient(WorkService, transportTo(port, trust)).work(outgoing(), { timeoutMs: 0 })[Symbol.asyncIterator]();
    const next = async () => (await messages.next()).value?.message;
    const hello = await next();
    const beat = async (sequence: bigint) => {
      sends.shift()?.(sequence);
      return next();
    };
    return { hello, beat, next };
  }

  test('names its agent and goes on when the server\'s certificate and CA are renewed', async () => {
    let credential: Credential = { ...(await serverLeaf()), caBundle: authority.certificate };
    const server = await start({ tls: () => credential });
    const old = await openStream(server.port, { caBundle: authority.certificate, ...(await agentLeaf()) });
    expect(old.hello).toMatchObject({ case: 'drain', value: { reason: 'u-1' } });
    credential = { ...(await serverLeaf(foreign)), caBundle: foreign.certificate };
    server.updateTls();
    expect(await old.beat(1n)).toMatchObject({ case: 'heartbeatAck', value: { sequence: 1n } });
    const renewed = await openStream(server.port, { caBundle: foreign.certificate, ...(await agentLeaf(foreign)) });
    expect(await renewed.beat(2n)).toMatchObject({ value: { sequence: 2n } });
    expect(await enrol(server.port, { caBundle: authority.certificate + foreign.certificate, ...(await agentLeaf()) })).toBeInstanceOf(ConnectError);
    expect(await old.beat(3n)).toMatchObject({ value: { sequence: 3n } });
  });

  test('ends when the certificate it came with expires', async () => {
    const timers: { ms: number; task: () => void }[] = [];
    const after = (ms: number, task: () => void) => {
      timers.push({ ms, task });
      return () => {};
    };
    const { port } = await start({ clock: { ...systemClock, after } });
    const stream = await openStream(port, { caBundle: authority.certificate, ...(await agentLeaf()) });
    expect(timers).toHaveLength(1);
    expect(timers[0]?.ms).toBeGreaterThan(590_000);
    expect(timers[0]?.ms).toBeLessThanOrEqual(600_000);
    timers[0]?.task();
    await expect(stream.next()).rejects.toBeInstanceOf(ConnectError);
    timers.splice(0);
    closers.unshift(() => setImmediate(() => timers.forEach(({ task }) => task())));
  });

  test('of a handler that heeds the signal ends with a reason when the server goes away', async () => {
    const server = await startWaiting();
    const stream = await openStream(server.port, { caBundle: authority.certificate, ...(await agentLeaf()) });
    const [, error] = await Promise.all([server.close(), stream.next().catch((reason: unknown) => reason)]);
    expect(error).toMatchObject({ code: Code.Unavailable, rawMessage: expect.stringContaining('another replica') });
  });

  test('of a handler that does not is cut', async () => {
    const server = await start({ limits: { closeMs: 50 } });
    const stream = await openStream(server.port, { caBundle: authority.certificate, ...(await agentLeaf()) });
    const [, error] = await Promise.all([server.close(), stream.next().catch((reason: unknown) => reason)]);
    expect(error).toBeInstanceOf(ConnectError);
  });

  function startWaiting() {
    return start({
      routes: (router) =>
        router.service(WorkService, {
          work: async function* (_, { signal }) {
            yield {};
            await new Promise((resolve) => signal.addEventListener('abort', resolve));
            throw ConnectError.from(signal.reason);
          },
        }),
    });
  }
});

test('a port that is taken is an error at start', async () => {
  const { port } = await start();
  await expect(start({ port })).rejects.toThrow(/EADDRINUSE/);
});
