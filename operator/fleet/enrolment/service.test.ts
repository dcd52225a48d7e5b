import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { User } from '#api/access.ts';
import { roleUri } from '#api/identity.ts';
import { systemClock } from '#platform/clock.ts';
import { createAgentChannel } from '#platform/rpc/agent-channel.ts';
import { createAuthority, createLeaf, createRequest, isIssuedBy, parseBundle, urisOf } from '#platform/rpc/certificates.ts';
import { EnrolmentService } from '#platform/rpc/generated/coditect/v1alpha1/enrolment_pb.ts';
import { WorkService } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import type { AuthorityState } from '#platform/rpc/rotation.ts';
import { callingAgent, createRpcServer, type RpcServer } from '#platform/rpc/servers.ts';
import { operatorName } from '#platform/rpc/tls.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { createEnrolmentService, type EnrolmentServiceOptions } from './service.ts';

const podUser = (pod: string, uid: string): User => ({
  username: 'system:serviceaccount:team-a:default',
  uid: 'sa',
  groups: [],
  extra: { 'authentication.kubernetes.io/pod-name': [pod], 'authentication.kubernetes.io/pod-uid': [uid] },
});
const users: Record<string, User> = {
  'token of workers-1': podUser('workers-1', 'u-1'),
  'token of web-1': podUser('web-1', 'u-9'),
  'token of blobs': { ...podUser('blobs-0', 'u-2'), username: 'system:serviceaccount:sys:coditect-blobs' },
};
let authorities: AuthorityState;
beforeAll(async () => {
  const [current, next] = await Promise.all([createAuthority(Date.now()), createAuthority(Date.now())]);
  authorities = { current: { ...current, createdAt: 0 }, next: { ...next, createdAt: 0 } };
});

const optionsWith = (options: Partial<EnrolmentServiceOptions> = {}): EnrolmentServiceOptions => ({
  review: (token, audience) => Promise.resolve(audience === 'coditect' ? users[token] : undefined),
  livePod: (namespace, name) => (namespace === 'team-a' && name === 'workers-1' ? { uid: 'u-1', poolName: 'workers', serviceAccountName: 'default' } : undefined),
  authorities: () => authorities,
  operatorNamespace: 'sys',
  certificateSeconds: 3600,
  clock: systemClock,
  log: silentLog,
  ...options,
});
const clientOf = (options: Partial<EnrolmentServiceOptions> = {}) => createClient(EnrolmentService, createRouterTransport((router) => router.service(EnrolmentService, createEnrolmentService(optionsWith(options)))));
const enrolWith = async (token: string, options: Partial<EnrolmentServiceOptions> = {}) => clientOf(options).enrol({ token, certificateRequest: (await createRequest()).request });

test('a pod of a pool gets a client certificate in its own name, signed by the current CA, and both CAs to trust', async () => {
  const answer = await enrolWith('token of workers-1');
  const leaf = new X509Certificate(answer.certificate);
  expect(urisOf(leaf)).toEqual(['spiffe://coditect/ns/team-a/pool/workers/agent/workers-1/u-1']);
  expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(isIssuedBy(leaf, parseBundle(authorities.current.certificate), Date.now())).toBe(true);
  expect(parseBundle(answer.caBundle)).toHaveLength(2);
  expect(answer.renewAfterSeconds).toBe(1800);
});

test('the blob service gets a server certificate in its own name', async () => {
  const leaf = new X509Certificate((await enrolWith('token of blobs')).certificate);
  expect(urisOf(leaf)).toEqual([roleUri('blobs')]);
  expect(leaf.checkHost('coditect-blobs.sys.svc')).toBeDefined();
  expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
});

describe('refusals', () => {
  const cases: Record<string, { token: string; options?: Partial<EnrolmentServiceOptions>; code: Code; want: RegExp }> = {
    'a token that is not valid is unauthenticated': { token: 'forged', code: Code.Unauthenticated, want: /not valid for audience coditect/ },
    'a pod that is not ours is denied': { token: 'token of web-1', code: Code.PermissionDenied, want: /team-a\/web-1 is not a live pod/ },
    'without an API server nobody is denied': { token: 'token of workers-1', options: { review: () => Promise.reject(new Error('timeout')) }, code: Code.Unavailable, want: /cannot ask the API server/ },
    'without a CA nobody is denied': { token: 'token of workers-1', options: { authorities: () => undefined }, code: Code.Unavailable, want: /no CA yet/ },
    'a giant token is not even reviewed': { token: 'x'.repeat(20_000), options: { review: () => Promise.reject(new Error('was asked')) }, code: Code.InvalidArgument, want: /too large/ },
  };
  test.each(Object.entries(cases))('%s', async (_, { token, options, code, want }) => {
    const error = await enrolWith(token, options).then(() => undefined, (reason: unknown) => ConnectError.from(reason));
    expect(error).toMatchObject({ code, rawMessage: expect.stringMatching(want) });
  });

  test('a request for somebody else\'s key is refused', async () => {
    const { request } = await createRequest();
    request.fill(0, request.length - 8);
    await expect(clientOf().enrol({ token: 'token of workers-1', certificateRequest: request })).rejects.toMatchObject({ code: Code.InvalidArgument });
  });

  test('a pod that asks again and again is slowed down, others are not', async () => {
    const client = clientOf();
    const { request } = await createRequest();
    const ask = (token: string) => client.enrol({ token, certificateRequest: request }).then(() => 'issued', (error: unknown) => ConnectError.from(error).code);
    const answers: unknown[] = [];
    for (let count = 0; count < 7; count += 1) answers.push(await ask('token of workers-1'));
    expect(answers).toEqual([...Array<string>(6).fill('issued'), Code.ResourceExhausted]);
    expect(await ask('token of blobs')).toBe('issued');
  });
});

describe('over TLS', () => {
  const closers: (() => unknown)[] = [];
  afterEach(async () => void (await Promise.all(closers.splice(0).map((close) => close()))));

  test('an agent with its token enrols and is known by name on the work listener', async () => {
    const own = await createLeaf(authorities.current, { uri: roleUri('operator'), dnsNames: [operatorName('sys')], usage: 'server', lifetimeSeconds: 600 }, Date.now());
    const common = { bindAddress: '127.0.0.1', port: 0, tls: () => ({ ...own, caBundle: authorities.current.certificate }), limits: { closeMs: 20 }, clock: systemClock, log: silentLog };
    const enrolment = await createRpcServer({ ...common, name: 'enrolment', clientCertificate: 'none', routes: (router) => router.service(EnrolmentService, createEnrolmentService(optionsWith())) });
    const work = await createRpcServer({
      ...common,
      name: 'work',
      clientCertificate: 'required',
      routes: (router) =>
        router.service(WorkService, {
          work: async function* (_, context) {
            yield await Promise.resolve({ message: { case: 'drain' as const, value: { reason: JSON.stringify(callingAgent(context)) } } });
          },
        }),
    });
    const folder = await mkdtemp(join(tmpdir(), 'enrol-'));
    await writeFile(join(folder, 'token'), 'token of workers-1\n');
    const address = { pod: 'op-0', api: '', enrolment: at(enrolment), work: at(work) };
    const channel = createAgentChannel({
      config: { tokenFile: join(folder, 'token'), caBundle: authorities.current.certificate, operatorNamespace: 'sys' },
      addresses: { current: () => Promise.resolve([address]) },
      clock: systemClock,
      random: { next: () => 0.5 },
      log: silentLog,
    });
    closers.push(() => channel.close(), () => enrolment.close(), () => work.close(), () => rm(folder, { recursive: true }));
    const said: unknown[] = [];
    for await (const { message } of (await channel.connect(address)).messages) said.push(message.case === 'drain' ? JSON.parse(message.value.reason) : message.case);
    expect(said).toEqual([{ namespace: 'team-a', pool: 'workers', pod: 'workers-1', uid: 'u-1' }]);
  });
});

function at({ port }: RpcServer): string {
  return `127.0.0.1:${port}`;
}
