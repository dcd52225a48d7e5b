// The double's own rules, seen through our client: what it gets wrong, every component test gets wrong.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tasks } from '#api/v1alpha1/kinds.ts';
import { createKubeClient, type WatchingClient } from '#platform/kube/client.ts';
import { configMaps, nodes, tokenReviews } from '#platform/kube/resources.ts';
import { startFakeApiServer, type FakeApiServer } from './server.ts';
import type { FakeObject } from './world.ts';

const key = { namespace: 'team-a', name: 'build' };
const task = (name: string, more: object = {}) => ({ apiVersion: 'coditect.ai/v1alpha1', kind: 'Task', metadata: { namespace: 'team-a', name }, ...more });

let server: FakeApiServer;
let client: WatchingClient;

beforeEach(async () => {
  server = await startFakeApiServer({ types: [tasks, configMaps, nodes, tokenReviews], collectsGarbage: true });
  client = createKubeClient(server.config, { userAgent: 'test' });
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

test('a spec change raises the generation, a status change does not, and neither touches the other', async () => {
  await client.create(tasks, task('build', { spec: { type: 'Tester' }, status: { attempt: 7 } }));
  await client.mergePatch(tasks, key, { status: { attempt: 1 }, spec: { type: 'Ignored' } }, 'status');
  const last = await client.mergePatch<FakeObject>(tasks, key, { spec: { type: 'Coder' }, status: { attempt: 9 } });
  expect(last).toMatchObject({ metadata: { generation: 2 }, spec: { type: 'Coder' }, status: { attempt: 1 } });
});

test('a patch that changes nothing leaves the version alone', async () => {
  const made = await client.create(tasks, task('build', { spec: { type: 'Tester' } }));
  const same = await client.mergePatch(tasks, key, { spec: { type: 'Tester' } });
  expect(same.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
});

test('a precondition on an old version or another uid is a conflict', async () => {
  const made = await client.create(tasks, task('build', { spec: {} }));
  await client.mergePatch(tasks, key, { spec: { type: 'A' } });
  await expect(client.mergePatch(tasks, key, { metadata: { resourceVersion: made.metadata.resourceVersion }, spec: { type: 'B' } })).rejects.toMatchObject({ reason: 'Conflict' });
  await expect(client.mergePatch(tasks, key, { metadata: { uid: 'other' }, spec: { type: 'B' } })).rejects.toMatchObject({ reason: 'Conflict' });
  expect(await client.delete(tasks, key, { uid: 'other' })).toBe('changed');
});

test('a status patch heeds the version, but writes to an object of another uid', async () => {
  const made = await client.create(tasks, task('build', { spec: {} }));
  await expect(client.mergePatch(tasks, key, { metadata: { uid: 'other' }, status: { attempt: 1 } }, 'status')).rejects.toMatchObject({ reason: 'Conflict', status: 200 });
  expect(server.objects('tasks')).toMatchObject([{ status: { attempt: 1 } }]);
  const { resourceVersion } = made.metadata;
  await expect(client.mergePatch(tasks, key, { metadata: { uid: 'other', resourceVersion }, status: { attempt: 2 } }, 'status')).rejects.toMatchObject({ reason: 'Conflict', status: 409 });
  expect(server.objects('tasks')).toMatchObject([{ status: { attempt: 1 } }]);
});

test('apply creates, then merges', async () => {
  await client.apply(tasks, task('build', { spec: { type: 'A' } }));
  expect(await client.apply(tasks, task('build', { spec: { priority: 1 } }))).toMatchObject({ spec: { type: 'A', priority: 1 } });
});

test('objects go with their last owner', async () => {
  const owner = await client.create(tasks, task('owner'));
  const ownerReferences = [{ apiVersion: 'coditect.ai/v1alpha1', kind: 'Task', name: 'owner', uid: owner.metadata.uid }];
  server.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'team-a', name: 'owned', ownerReferences } });
  server.remove('tasks', { namespace: 'team-a', name: 'owner' });
  expect(server.objects('configmaps')).toEqual([]);
});

test('a finalizer holds a deletion until it is taken off', async () => {
  server.put({ ...task('build'), metadata: { namespace: 'team-a', name: 'build', finalizers: ['x/y'] } });
  await client.delete(tasks, key);
  expect(server.objects('tasks')[0]?.metadata.deletionTimestamp).toBeDefined();
  await client.mergePatch(tasks, key, { metadata: { finalizers: null } });
  expect(server.objects('tasks')).toEqual([]);
});

const selectors: Record<string, { options: { labelSelector?: string; fieldSelector?: string }; want: string[] }> = {
  'label equality': { options: { labelSelector: 'team=red' }, want: ['a'] },
  'label inequality takes objects without the label': { options: { labelSelector: 'team!=red' }, want: ['b', 'c'] },
  'label set': { options: { labelSelector: 'team in (red,blue)' }, want: ['a', 'b'] },
  'label set negated': { options: { labelSelector: 'team notin (red, blue)' }, want: ['c'] },
  'label presence and another requirement': { options: { labelSelector: 'team,team!=blue' }, want: ['a'] },
  'label absence': { options: { labelSelector: '!team' }, want: ['c'] },
  'name field': { options: { fieldSelector: 'metadata.name=b' }, want: ['b'] },
  'spec field': { options: { fieldSelector: 'spec.type==Coder' }, want: ['c'] },
};
test.each(Object.entries(selectors))('selector: %s', async (_, { options, want }) => {
  const metadata = (name: string, team?: string) => ({ namespace: 'team-a', name, ...(team === undefined ? {} : { labels: { team } }) });
  server.put({ ...task('a'), metadata: metadata('a', 'red') });
  server.put({ ...task('b'), metadata: metadata('b', 'blue') });
  server.put({ ...task('c', { spec: { type: 'Coder' } }), metadata: metadata('c') });
  const { items } = await client.list(tasks, options);
  expect(items.map((item) => item.metadata.name)).toEqual(want);
});

test('pages of a list show one moment', async () => {
  for (const name of ['a', 'b', 'c']) server.put(task(name));
  const first = await client.listPage(tasks, { pageSize: 2 });
  server.remove('tasks', { namespace: 'team-a', name: 'c' });
  const second = await client.listPage(tasks, { pageSize: 2, continueToken: first.continueToken });
  expect(second.items.map((item) => item.metadata.name)).toEqual(['c']);
  expect(second.resourceVersion).toBe(first.resourceVersion);
});

test('reviews are answered and not stored, and the journal knows everything', async () => {
  server.respond('tokenreviews', () => ({ status: { authenticated: true } }));
  expect(await client.post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 't' } })).toEqual({ status: { authenticated: true } });
  await client.create(tasks, task('build'));
  expect(server.writes()).toMatchObject([{ verb: 'create', plural: 'tasks', key: 'team-a/build', userAgent: 'test', status: 201 }]);
  expect(server.journal).toHaveLength(2);
});

test('cluster-scoped objects have no namespace', async () => {
  await client.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
  expect((await client.get(nodes, { namespace: '', name: 'n1' }))?.metadata.namespace).toBeUndefined();
});
