// The process as it is started in a cluster: certificate from the operator's own enrolment, callers judged by the API server, a mirror at the end of a real line.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { agentPools, missions, plans, tasks } from '#api/v1alpha1/kinds.ts';
import { createCaObjects } from '#operator/fleet/enrolment/ca-objects.ts';
import { createCaStore } from '#operator/fleet/enrolment/ca-store.ts';
import { operatorLeafSeconds, startOperatorIdentity } from '#operator/fleet/enrolment/operator-identity.ts';
import { createEnrolmentService } from '#operator/fleet/enrolment/service.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { createAccessReviews } from '#platform/kube/access-review.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { configMaps, secrets, subjectAccessReviews, tokenReviews } from '#platform/kube/resources.ts';
import { startEnrolment } from '#platform/rpc/enrolment-client.ts';
import { EnrolmentService } from '#platform/rpc/generated/coditect/v1alpha1/enrolment_pb.ts';
import { HistoryService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { createRpcServer, type RpcServer } from '#platform/rpc/servers.ts';
import { consoleName } from '#platform/rpc/tls.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { aMission } from '#testing/builders/mission.ts';
import { type FakeApiServer, startFakeApiServer } from '#testing/fake-apiserver/server.ts';

const environment = { clock: systemClock, log: silentLog };

let folder: string;
let closers: (() => unknown)[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'console-main-'));
  closers = [];
});
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
  await rm(folder, { recursive: true });
});

const accounts: Readonly<Record<string, string>> = { 'token-of-console': 'system:serviceaccount:sys:coditect-console', 'token-of-mirror': 'system:serviceaccount:sys:coditect-mirror', anna: 'anna' };

async function startCluster(): Promise<FakeApiServer> {
  const cluster = await startFakeApiServer({ types: [missions, tasks, plans, agentPools, configMaps, secrets, tokenReviews, subjectAccessReviews] });
  closers.push(() => cluster.stop());
  cluster.respond('tokenreviews', (body) => {
    const { token, audiences = [] } = (body as { spec: { token: string; audiences?: string[] } }).spec;
    return { status: { authenticated: accounts[token] !== undefined, audiences, user: { username: accounts[token] ?? '' } } };
  });
  cluster.respond('subjectaccessreviews', (body) => ({ status: { allowed: (body as { spec: { user: string; resourceAttributes: { namespace: string } } }).spec.resourceAttributes.namespace === 'team-a' } }));
  return cluster;
}

async function startOperator(cluster: FakeApiServer): Promise<number> {
  const client = createKubeClient(cluster.config, { userAgent: 'test' });
  const store = createCaStore({ objects: createCaObjects(client, 'sys'), policy: { periodSeconds: 1e6, leafSeconds: operatorLeafSeconds }, ...environment });
  const identity = startOperatorIdentity({ store, namespace: 'sys', isLeading: () => true, ...environment });
  await identity.ready;
  const reviews = createAccessReviews(client);
  const service = createEnrolmentService({ review: (token, audience) => reviews.review(token, audience), livePod: () => undefined, authorities: () => identity.authorities(), operatorNamespace: 'sys', certificateSeconds: 600, ...environment });
  const server = await createRpcServer({ name: 'enrolment', port: 0, bindAddress: '127.0.0.1', tls: () => identity.credential(), clientCertificate: 'none', routes: (router) => void router.service(EnrolmentService, service), limits: { closeMs: 20 }, ...environment });
  closers.push(() => client.close(), () => identity.close(), () => server.close());
  return server.port;
}

/** The mirror's listener with the mirror's own certificate; it tells one event, and to whom. */
async function startMirror(cluster: FakeApiServer, enrolmentPort: number, heard: string[]): Promise<RpcServer> {
  await writeFile(join(folder, 'mirror-token'), 'token-of-mirror');
  const addresses = { current: () => Promise.resolve([{ pod: 'op-0', api: '', work: '', enrolment: `127.0.0.1:${enrolmentPort}` }]) };
  const enrolment = startEnrolment({ ...environment, random: systemRandom, operatorNamespace: 'sys', tokenFile: join(folder, 'mirror-token'), addresses, trust: () => Promise.resolve(caOf(cluster)) });
  await enrolment.ready;
  const held = () => enrolment.current() ?? { certificate: '', key: '', caBundle: '' };
  const replay = async function* (_: unknown, { requestHeader }: { readonly requestHeader: Headers }) {
    heard.push(requestHeader.get('authorization') ?? '');
    yield { eventsJson: ['{"id":"first"}'], synced: true };
  };
  const server = await createRpcServer({ name: 'history', port: 0, bindAddress: '127.0.0.1', tls: held, clientCertificate: 'none', routes: (router) => void router.service(HistoryService, { replay }), limits: { closeMs: 20 }, ...environment });
  closers.push(() => enrolment.close(), () => server.close());
  return server;
}

function caOf(cluster: FakeApiServer): string {
  const map = cluster.objects('configmaps').find(({ metadata }) => metadata.name === 'coditect-ca') as unknown as { data: Record<string, string> };
  return map.data['ca.crt'] ?? '';
}

async function spawnConsole(cluster: FakeApiServer, endpoints: object, pageFolder = folder): Promise<ChildProcess> {
  const file = (name: string, text: string) => writeFile(join(folder, name), text);
  await file('index.html', '<!doctype html><title>page</title>');
  await file('endpoints.json', JSON.stringify(endpoints));
  await file('token', 'token-of-console');
  await file('kubeconfig', JSON.stringify({ 'current-context': 'c', contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }], clusters: [{ name: 'c', cluster: { server: cluster.config.server, 'insecure-skip-tls-verify': true } }], users: [{ name: 'u', user: { token: 't' } }] }));
  const settings = ['--namespace=sys', `--page-folder=${pageFolder}`, '--bind-address=127.0.0.1', '--console-port=0', '--health-port=0', `--token-file=${join(folder, 'token')}`, `--endpoints-file=${join(folder, 'endpoints.json')}`];
  const child = spawn(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url)), ...settings], { env: { KUBECONFIG: join(folder, 'kubeconfig') }, stdio: ['ignore', 'pipe', 'inherit'] });
  closers.push(() => child.kill('SIGKILL'));
  return child;
}

/** Port of the console as soon as it listens. */
async function portOf({ stdout }: ChildProcess): Promise<number> {
  if (stdout === null) throw new Error('the process has no output');
  for await (const line of createInterface(stdout)) {
    const { listener, port } = JSON.parse(line) as { listener?: string; port?: number };
    if (listener === 'console' && port !== undefined) return port;
  }
  throw new Error('the console ended before it listened');
}

function ask(port: number, path: string, { ca, until = '' }: { readonly ca: string; readonly until?: string }): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, ca, servername: consoleName('sys'), headers: { authorization: 'Bearer anna' }, agent: false }, (response) => {
      let text = '';
      const done = () => resolve({ status: response.statusCode ?? 0, text });
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (until !== '' && text.includes(until)) done();
      });
      response.on('end', done);
    }).on('error', reject);
  });
}

test('it enrols, shows the page, answers by what the API server allows, asks the mirror in the name of the caller, and ends when it is told to', async () => {
  const cluster = await startCluster();
  for (const namespace of ['team-a', 'team-b']) cluster.put({ ...aMission('m').meta({ namespace, uid: `m-${namespace}` }).build() });
  const enrolment = await startOperator(cluster);
  const heard: string[] = [];
  const mirror = await startMirror(cluster, enrolment, heard);
  const child = await spawnConsole(cluster, { operators: [{ pod: 'op-0', api: '127.0.0.1:1', work: '127.0.0.1:1', enrolment: `127.0.0.1:${enrolment}` }], history: `127.0.0.1:${mirror.port}` });
  const port = await portOf(child);
  const ca = caOf(cluster);
  expect(await ask(port, '/', { ca })).toMatchObject({ status: 200, text: expect.stringContaining('<title>page') as string });
  await expect.poll(async () => (await ask(port, '/api/missions', { ca })).status).toBe(200);
  const list = await ask(port, '/api/missions', { ca });
  expect((JSON.parse(list.text) as { missions: { uid: string }[] }).missions.map(({ uid }) => uid)).toEqual(['m-team-a']);
  expect((await ask(port, '/api/missions/team-b/m', { ca })).status).toBe(403);
  expect((await ask(port, '/api/missions/team-a/m/why', { ca })).text).toContain('"unasked"');
  expect((await ask(port, '/api/missions/team-a/m/history', { ca, until: 'synced' })).text).toContain('event: events\ndata: [{"id":"first"}]');
  expect(heard).toEqual(['Bearer anna']);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
}, 30_000);

test('without a page it ends, and says how to build one', async () => {
  const cluster = await startCluster();
  const child = await spawnConsole(cluster, { operators: [] }, join(folder, 'no-page'));
  expect(await once(child, 'exit')).toEqual([1, null]);
});
