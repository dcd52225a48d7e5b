// The process as it is started in a cluster, against a double of the API server, the operator's own enrolment and, where there is one, a real log.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nameOf } from '#api/events/envelope.ts';
import { agentPools, approvals, missions, plans, tasks } from '#api/v1alpha1/kinds.ts';
import { createCaObjects } from '#operator/fleet/enrolment/ca-objects.ts';
import { createCaStore } from '#operator/fleet/enrolment/ca-store.ts';
import { operatorLeafSeconds, startOperatorIdentity } from '#operator/fleet/enrolment/operator-identity.ts';
import { createEnrolmentService } from '#operator/fleet/enrolment/service.ts';
import { systemClock } from '#platform/clock.ts';
import { createAccessReviews } from '#platform/kube/access-review.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { configMaps, leases, secrets, subjectAccessReviews, tokenReviews } from '#platform/kube/resources.ts';
import { Bench, isMissing, why } from '#platform/nats/testing.ts';
import { EnrolmentService } from '#platform/rpc/generated/coditect/v1alpha1/enrolment_pb.ts';
import { createRpcServer } from '#platform/rpc/servers.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { aTask } from '#testing/builders/task.ts';
import { type FakeApiServer, startFakeApiServer } from '#testing/fake-apiserver/server.ts';

const environment = { clock: systemClock, log: silentLog };

let folder: string;
let closers: (() => unknown)[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mirror-main-'));
  closers = [];
});
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
  await rm(folder, { recursive: true });
});

async function startCluster(): Promise<FakeApiServer> {
  const cluster = await startFakeApiServer({ types: [missions, tasks, plans, approvals, agentPools, configMaps, secrets, leases, tokenReviews, subjectAccessReviews] });
  closers.push(() => cluster.stop());
  cluster.respond('tokenreviews', (body) => {
    const { token, audiences = [] } = (body as { spec: { token: string; audiences?: string[] } }).spec;
    return { status: { authenticated: token === 'token-of-mirror', audiences, user: { username: 'system:serviceaccount:sys:coditect-mirror' } } };
  });
  return cluster;
}

/** The port of the operator's enrolment. */
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

async function spawnMirror(cluster: FakeApiServer, enrolmentPort: number, servers: readonly string[], own = 'mirror'): Promise<ChildProcess> {
  const file = (name: string, text: string) => writeFile(join(folder, name), text);
  await file('endpoints.json', JSON.stringify({ operators: [{ pod: 'op-0', api: '127.0.0.1:1', work: '127.0.0.1:1', enrolment: `127.0.0.1:${enrolmentPort}` }] }));
  await file('token', 'token-of-mirror');
  await file('kubeconfig', JSON.stringify({ 'current-context': 'c', contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }], clusters: [{ name: 'c', cluster: { server: cluster.config.server, 'insecure-skip-tls-verify': true } }], users: [{ name: 'u', user: { token: 't' } }] }));
  const settings = ['--namespace=sys', '--leader-election=fast', `--pod-name=${own}`, `--folder=${join(folder, own)}`, '--bind-address=127.0.0.1', '--intake-port=0', '--history-port=0', '--health-port=0', `--token-file=${join(folder, 'token')}`, `--endpoints-file=${join(folder, 'endpoints.json')}`, `--nats-servers=${servers.join(',')}`, '--nats-insecure=true'];
  const child = spawn(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url)), ...settings], { env: { KUBECONFIG: join(folder, 'kubeconfig') }, stdio: ['ignore', 'pipe', 'inherit'] });
  closers.push(() => child.kill('SIGKILL'));
  return child;
}

/** Resolves when the last of its doors is open. */
const listening = (child: ChildProcess): Promise<void> => says(child, '"listener":"history"');

async function says(child: ChildProcess, text: string): Promise<void> {
  if (child.stdout === null) throw new Error('the process has no output');
  for await (const line of createInterface(child.stdout)) if (line.includes(text)) return;
  throw new Error(`the mirror ended before it said ${text}`);
}

const put = (cluster: FakeApiServer, name: string) => cluster.put({ ...aTask(name).build(), metadata: { namespace: 'team-a', name, uid: `uid-${name}` } });

test('without a log it runs, listens, and ends when it is told to', async () => {
  const cluster = await startCluster();
  put(cluster, 'x');
  const child = await spawnMirror(cluster, await startOperator(cluster), []);
  await listening(child);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('a mirror that cannot begin gives the lease back, so that the next one need not wait', async () => {
  const cluster = await startCluster();
  const enrolmentPort = await startOperator(cluster);
  await writeFile(join(folder, 'mirror'), 'no folder');
  const child = await spawnMirror(cluster, enrolmentPort, []);
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(cluster.objects(leases.plural)).toMatchObject([{ spec: { leaseTransitions: 1 } }]);
  expect((cluster.objects(leases.plural)[0] as { spec?: { holderIdentity?: string | null } }).spec?.holderIdentity ?? '').toBe('');
});

test('a second mirror says for whom it waits, ends when it is told to, and begins when the first has ended', async () => {
  const cluster = await startCluster();
  put(cluster, 'x');
  const enrolmentPort = await startOperator(cluster);
  const first = await spawnMirror(cluster, enrolmentPort, [], 'mirror-0');
  await listening(first);
  const second = await spawnMirror(cluster, enrolmentPort, [], 'mirror-1');
  await says(second, 'another mirror tells for this installation: mirror-0_');
  second.kill('SIGTERM');
  expect(await once(second, 'exit')).toEqual([0, null]);
  const third = await spawnMirror(cluster, enrolmentPort, [], 'mirror-2');
  await says(third, 'this one waits until it ends');
  expect(existsSync(join(folder, 'mirror-2'))).toBe(false);
  first.kill('SIGTERM');
  await once(first, 'exit');
  await expect.poll(() => existsSync(join(folder, 'mirror-2')), { timeout: 10_000 }).toBe(true);
}, 30_000);

test.skipIf(isMissing)(`killed, and ended in good order, it has told everything once it runs again${why}`, async () => {
  const bench = new Bench();
  closers.push(() => bench.end());
  const nats = await bench.nats();
  const [cluster, link] = [await startCluster(), bench.link(nats.servers)];
  const enrolmentPort = await startOperator(cluster);
  const told = async () => {
    const names: string[] = [];
    for await (const { events } of bench.reader(link).upToNow({ stream: 'events', tenant: 'team-a', start: { kind: 'beginning' } }, AbortSignal.timeout(5000))) names.push(...events.map(({ type, subject }) => `${nameOf(type)} ${subject}`));
    return names.toSorted();
  };
  put(cluster, 'a');
  const first = await spawnMirror(cluster, enrolmentPort, nats.servers);
  await expect.poll(told, { timeout: 10_000 }).toEqual(['task.created tasks/a']);
  first.kill('SIGKILL');
  await once(first, 'exit');
  put(cluster, 'b');
  const second = await spawnMirror(cluster, enrolmentPort, nats.servers);
  // The lease of the killed one has to run out first.
  await expect.poll(async () => new Set(await told()), { timeout: 25_000 }).toEqual(new Set(['task.created tasks/a', 'task.created tasks/b']));
  await listening(second);
  const before = await told();
  second.kill('SIGTERM');
  await once(second, 'exit');
  cluster.remove('tasks', { namespace: 'team-a', name: 'a' });
  await spawnMirror(cluster, enrolmentPort, nats.servers);
  await expect.poll(told, { timeout: 10_000 }).toEqual([...before, 'task.deleted tasks/a'].toSorted());
}, 60_000);
