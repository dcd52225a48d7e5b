// How the operator is found and asked: addresses, tokens, live facts.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KubeError } from '#platform/kube/error.ts';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { errorLine } from '../failure.ts';
import type { Cluster } from './cluster.ts';
import { addressIn, openDoor, podOfHolder } from './door.ts';
import { fakeClient, fakeCluster } from './fake.ts';
import { liveFacts } from './live.ts';
import type { Progress } from './operator.ts';
import { tokenSource } from './token.ts';

const endpoints = {
  operators: [
    { pod: 'coditect-operator-a', api: '127.0.0.1:1001', enrolment: '127.0.0.1:1002', work: '127.0.0.1:1003' },
    { pod: 'coditect-operator-b', api: '127.0.0.1:2001', enrolment: '127.0.0.1:2002', work: '127.0.0.1:2003' },
  ],
  blobs: '127.0.0.1:3001',
};
const installation = {
  'configmaps/coditect-ca': { data: { 'ca.crt': 'PEM' } },
  'leases/coditect-operator': { spec: { holderIdentity: 'coditect-operator-b_0a1b' } },
};

describe('the door', () => {
  let folder = '';
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'cli-door-'))));
  afterAll(() => rm(folder, { recursive: true }));
  const clusterIn = (place: string | undefined, objects: Record<string, object> = installation): Cluster => ({ ...fakeCluster(undefined, fakeClient(objects)), folder: place });

  test('of a dev cluster is the address of the leader, under the name in its certificate', async () => {
    await writeFile(join(folder, 'endpoints.json'), JSON.stringify(endpoints));
    expect(await openDoor(clusterIn(folder), 'api')).toMatchObject({ address: '127.0.0.1:2001', serverName: 'coditect-operator.coditect-system.svc', ca: 'PEM' });
    expect(await openDoor(clusterIn(folder), 'blobs')).toMatchObject({ address: '127.0.0.1:3001', serverName: 'coditect-blobs.coditect-system.svc' });
  });

  test('is found by the record of a dev cluster whose addresses lie elsewhere', async () => {
    const kept = join(folder, 'kept');
    await writeFile(kept, JSON.stringify(endpoints));
    const other = await mkdtemp(join(folder, 'other-'));
    await writeFile(join(other, 'cluster.json'), JSON.stringify({ endpointsFile: kept }));
    expect((await openDoor(clusterIn(other), 'blobs')).address).toBe('127.0.0.1:3001');
  });

  test('anywhere else is a forward to the leading pod', async () => {
    const door = await openDoor(clusterIn(undefined, { ...installation, 'pods/coditect-operator-b': { spec: { containers: [{ ports: [{ name: 'api', containerPort: 7443 }] }] } } }), 'api');
    expect(door.address).toMatch(/^127\.0\.0\.1:\d+$/);
    await door.close();
  });

  test('without an installation says what is missing', async () => {
    const line = await openDoor(clusterIn(undefined, {}), 'api').catch(errorLine);
    expect(line).toMatch(/^error: (read the CA|find the operator): .* ; next: /);
  });

  test('the first operator is taken when the leader is not listed', () => expect(addressIn(endpoints, 'api', 'gone')).toBe('127.0.0.1:1001'));

  test.each([['pod_uuid', 'pod'], ['a_b_uuid', 'a_b'], ['nothing', undefined], ['', undefined], [undefined, undefined]])('the pod of holder %s is %s', (identity, pod) => expect(podOfHolder(identity)).toBe(pod));
});

describe('the token', () => {
  const without = (post: Cluster['client']['post']): Cluster => ({ ...fakeCluster(undefined, { ...fakeClient(), post }), token: () => Promise.resolve(undefined) });
  const refusing = (reason: 'NotFound' | 'Forbidden') => without(() => Promise.reject(new KubeError('post', 'no', { status: 404, reason })));

  test('of the kubeconfig is used as it is', async () => expect(await tokenSource(fakeCluster(undefined), new ManualClock())()).toBe('user-token'));

  test('of the ServiceAccount is asked for the api audience, and again when half its life is over', async () => {
    const clock = new ManualClock();
    const asked: object[] = [];
    const token = tokenSource(without(<T>(path: string, body: object) => {
      asked.push({ path, body });
      return Promise.resolve({ status: { token: `token-${asked.length}` } } as T);
    }), clock);
    expect([await token(), await token()]).toEqual(['token-1', 'token-1']);
    await clock.advance(300_000);
    expect(await token()).toBe('token-2');
    expect(asked[0]).toMatchObject({ path: '/api/v1/namespaces/demo/serviceaccounts/coditect-cli/token', body: { spec: { audiences: ['coditect-api'], expirationSeconds: 600 } } });
  });

  test('that cannot be had is explained, and nothing is created', async () => {
    expect(await tokenSource(refusing('NotFound'), new ManualClock())().catch(errorLine)).toBe(
      'error: get a token: namespace demo has no ServiceAccount coditect-cli, and the kubeconfig holds no token of yours ; next: apply config/samples/02-access.yaml for that namespace, or use a kubeconfig with a token',
    );
    expect(await tokenSource(refusing('Forbidden'), new ManualClock())().catch(errorLine)).toMatch(/you may not ; next: ask for create on serviceaccounts\/token in demo/);
  });
});

test('live facts follow the stream, ask why, forget what a broken stream said, and end with the signal', async () => {
  const clock = new ManualClock();
  const end = new AbortController();
  let streams = 0;
  const operator = {
    async *progress(): AsyncGenerator<Progress> {
      streams++;
      yield { task: 'a', state: 'Running', agent: 'crew-1', percent: streams * 10, message: '' };
      if (streams === 1) throw new Error('broken');
      await new Promise<void>((resolve) => end.signal.addEventListener('abort', () => resolve()));
    },
    explain: () =>
      Promise.resolve([
        { task: 'b', reason: 'Queued', message: '', position: 1 },
        { task: 'c', reason: 'WaitingForDependencies', message: 'waits for b', position: 0 },
      ]),
  };
  const live = liveFacts(operator, 'examine', { clock, signal: end.signal });
  let changes = 0;
  live.onChange(() => changes++);
  await settle();
  expect([...live.current()]).toEqual([['b', { wait: 'Queued' }]]);
  await clock.advance(2000);
  expect(live.current().get('a')).toMatchObject({ state: 'Running', percent: 20 });
  expect(changes).toBeGreaterThanOrEqual(3);
  end.abort();
  await settle();
  await clock.advance(60_000);
  expect([streams, clock.pending]).toEqual([2, 0]);
});
