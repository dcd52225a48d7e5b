// The process as it is started in a cluster, against a double of the API server and the operator's own enrolment.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { agentUri } from '#api/identity.ts';
import { missions, tasks } from '#api/v1alpha1/kinds.ts';
import { createCaObjects } from '#operator/fleet/enrolment/ca-objects.ts';
import { createCaStore } from '#operator/fleet/enrolment/ca-store.ts';
import { operatorLeafSeconds, startOperatorIdentity } from '#operator/fleet/enrolment/operator-identity.ts';
import { createEnrolmentService } from '#operator/fleet/enrolment/service.ts';
import { systemClock } from '#platform/clock.ts';
import { createAccessReviews } from '#platform/kube/access-review.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { configMaps, secrets, subjectAccessReviews, tokenReviews } from '#platform/kube/resources.ts';
import { createAgentBlobs, createPersonBlobs } from '#platform/rpc/blob-client.ts';
import { createLeaf } from '#platform/rpc/certificates.ts';
import { EnrolmentService } from '#platform/rpc/generated/coditect/v1alpha1/enrolment_pb.ts';
import { createRpcServer } from '#platform/rpc/servers.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { type FakeApiServer, startFakeApiServer } from '#testing/fake-apiserver/server.ts';

type Child = ChildProcessByStdio<null, Readable, null>;

const closers: (() => unknown)[] = [];
let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'blobs-main-'))));
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  await rm(folder, { recursive: true });
});

const environment = { clock: systemClock, log: silentLog };
const users: Record<string, object> = {
  'token-of-blobs@coditect': { username: 'system:serviceaccount:sys:coditect-blobs' },
  'jane@': { username: 'jane' },
};

async function startCluster(): Promise<FakeApiServer> {
  const cluster = await startFakeApiServer({ types: [missions, tasks, configMaps, secrets, tokenReviews, subjectAccessReviews] });
  closers.push(() => cluster.stop());
  cluster.respond('tokenreviews', (body) => {
    const { token, audiences = [] } = (body as { spec: { token: string; audiences?: string[] } }).spec;
    const user = users[`${token}@${audiences.join()}`];
    return { status: { authenticated: user !== undefined, audiences, user } };
  });
  cluster.respond('subjectaccessreviews', () => ({ status: { allowed: true } }));
  cluster.put({ apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', metadata: { namespace: 'team-a', name: 'm', uid: 'owner-1' } });
  return cluster;
}

async function startOperator(cluster: FakeApiServer) {
  const client = createKubeClient(cluster.config, { userAgent: 'test' });
  const store = createCaStore({ objects: createCaObjects(client, 'sys'), policy: { periodSeconds: 1e6, leafSeconds: operatorLeafSeconds }, ...environment });
  const identity = startOperatorIdentity({ store, namespace: 'sys', isLeading: () => true, ...environment });
  await identity.ready;
  const reviews = createAccessReviews(client);
  const service = createEnrolmentService({ review: (token, audience) => reviews.review(token, audience), livePod: () => undefined, authorities: () => identity.authorities(), operatorNamespace: 'sys', certificateSeconds: 600, ...environment });
  const server = await createRpcServer({ name: 'enrolment', port: 0, bindAddress: '127.0.0.1', tls: () => identity.credential(), clientCertificate: 'none', routes: (router) => router.service(EnrolmentService, service), limits: { closeMs: 20 }, ...environment });
  closers.push(() => client.close(), () => identity.close(), () => server.close());
  return { identity, port: server.port };
}

async function spawnBlobs(cluster: FakeApiServer, enrolmentPort: number): Promise<Child> {
  const file = (name: string, text: string) => writeFile(join(folder, name), text);
  const operators = [{ pod: 'op-0', api: '127.0.0.1:1', work: '127.0.0.1:1', enrolment: `127.0.0.1:${enrolmentPort}` }];
  await file('endpoints.json', JSON.stringify({ operators }));
  await file('token', 'token-of-blobs');
  await file('kubeconfig', JSON.stringify({ 'current-context': 'c', contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }], clusters: [{ name: 'c', cluster: { server: cluster.config.server, 'insecure-skip-tls-verify': true } }], users: [{ name: 'u', user: { token: 't' } }] }));
  const settings = ['--namespace=sys', `--folder=${join(folder, 'blobs')}`, '--bind-address=127.0.0.1', '--blobs-port=0', '--health-port=0', `--token-file=${join(folder, 'token')}`, `--endpoints-file=${join(folder, 'endpoints.json')}`];
  const child = spawn(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url)), ...settings], { env: { KUBECONFIG: join(folder, 'kubeconfig') }, stdio: ['ignore', 'pipe', 'inherit'] });
  closers.push(() => child.kill('SIGKILL'));
  return child;
}

/** The first record with this message; what follows is read and dropped. */
async function lineOf(child: Child, message: string): Promise<{ readonly port?: number; readonly listener?: string }> {
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const record = JSON.parse(line) as { msg: string; listener?: string; port?: number };
    if (record.msg !== message) continue;
    lines.close();
    child.stdout.resume();
    return record;
  }
  throw new Error(`the process ended before it said "${message}"`);
}

test('the process enrols with the CA that the operator published, serves agents and people, and ends when told', async () => {
  const cluster = await startCluster();
  const { identity, port: enrolmentPort } = await startOperator(cluster);
  const child = await spawnBlobs(cluster, enrolmentPort);
  const { port } = await lineOf(child, 'listening');
  const where = { address: { current: () => Promise.resolve(`127.0.0.1:${port}`) }, namespace: 'sys' };
  const uri = agentUri({ namespace: 'team-a', pool: 'p', pod: 'p-1', uid: 'u-1' });
  const current = identity.authorities()?.current;
  const credential = { ...(await createLeaf(current ?? { certificate: '', key: '' }, { uri, usage: 'client', lifetimeSeconds: 600 }, Date.now())), caBundle: identity.credential().caBundle };
  const agent = createAgentBlobs({ ...where, credential: () => credential });
  const person = createPersonBlobs({ ...where, caBundle: credential.caBundle, token: () => Promise.resolve('jane') });
  closers.push(() => agent.close(), () => person.close());

  const address = { namespaceUid: 'ns-1', ownerUid: 'owner-1', sha256: createHash('sha256').update('report').digest('hex') };
  const grant = identity.signGrant({ agent: uri, namespaceUid: 'ns-1', ownerUid: 'owner-1', taskUid: 't', expiresAt: Date.now() + 60_000 });
  await agent.put(grant, address, { kind: 'bytes', bytes: Buffer.from('report') });
  const body = await person.get({ namespace: 'team-a', plural: 'missions', name: 'm' }, address);
  expect(body && (await buffer(body)).toString()).toBe('report');

  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('a process that still waits for its certificate ends in good order too', async () => {
  const cluster = await startCluster();
  const child = await spawnBlobs(cluster, 1);
  await lineOf(child, 'cannot get a certificate, trying again');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('a wrong setting ends the process with one line', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url)), '--foldr=x'], { env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
  const [said, [code]] = await Promise.all([buffer(child.stderr), once(child, 'exit')]);
  expect(said.toString()).toBe("Unknown option '--foldr'; --help lists all settings\n");
  expect(code).toBe(2);
});
