// The client against the double: answers, refusals, lost connections, the guard.
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { missions, tasks } from '#api/v1alpha1/kinds.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { startFakeApiServer, type FakeApiServer } from '#testing/fake-apiserver/server.ts';
import { createKubeClient, type WatchingClient } from './client.ts';
import { createIfAbsent } from './create-if-absent.ts';
import { KubeError } from './error.ts';
import { configMaps, leases } from './resources.ts';
import type { RequestRecord } from './transport.ts';

const key = { namespace: 'team-a', name: 'build' };
const newTask = { apiVersion: 'coditect.ai/v1alpha1', kind: 'Task', metadata: key, spec: { type: 'Tester' } };

let server: FakeApiServer;
let client: WatchingClient;
const records: RequestRecord[] = [];

beforeEach(async () => {
  records.length = 0;
  server = await startFakeApiServer({ types: [tasks, configMaps, leases] });
  client = createKubeClient(server.config, { userAgent: 'unit/1', onRequest: (record) => records.push(record) });
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

test('an object that is not there is undefined, a kind that is not there is an error', async () => {
  expect(await client.get(tasks, key)).toBeUndefined();
  await expect(client.get(missions, key)).rejects.toMatchObject({ reason: 'NotFound', status: 404 });
});

test('a list is fetched page by page and its items carry their type', async () => {
  for (let index = 0; index < 7; index++) server.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'a', name: `c${index}` } });
  const { items, resourceVersion } = await client.list(configMaps, { pageSize: 3 });
  expect(items.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([0, 1, 2, 3, 4, 5, 6].map((index) => `ConfigMap/c${index}`));
  expect(resourceVersion).toBe('1007');
  expect(server.journal.filter(({ verb }) => verb === 'list')).toHaveLength(3);
});

test('delete says what became of it', async () => {
  expect(await client.delete(tasks, key)).toBe('gone');
  const { metadata } = await client.create(tasks, newTask);
  expect(await client.delete(tasks, key, { uid: 'somebody-else' })).toBe('changed');
  expect(await client.delete(tasks, key, { uid: metadata.uid, resourceVersion: metadata.resourceVersion })).toBe('deleted');
});

test('requests name their agent and field manager, and are counted with their status', async () => {
  await client.create(tasks, newTask);
  await client.mergePatch(tasks, key, { status: { attempt: 1 } }, 'status');
  expect(server.journal).toMatchObject([{ userAgent: 'unit/1', query: 'fieldManager=coditect-operator' }, { verb: 'patch', subresource: 'status' }]);
  expect(records).toMatchObject([{ verb: 'create', plural: 'tasks', status: 201 }, { verb: 'patch', plural: 'tasks', status: 200 }]);
});

const refusals: Record<string, { status: number; reason: string; want: string }> = {
  'a quota that is full': { status: 403, reason: 'Forbidden', want: 'Forbidden' },
  'an unknown 4xx': { status: 418, reason: '', want: 'Unknown' },
  'an unknown 5xx': { status: 599, reason: '', want: 'ServerError' },
  'a body that is too large, known by its status alone': { status: 413, reason: '', want: 'RequestEntityTooLarge' },
  'a server that timed out': { status: 504, reason: 'Timeout', want: 'Timeout' },
  'an object that breaks a rule': { status: 422, reason: 'Invalid', want: 'Invalid' },
};
test.each(Object.entries(refusals))('%s is told apart', async (_, { status, reason, want }) => {
  server.faults.inject({ verb: 'create' }, { kind: 'answer', status, reason });
  const error = await client.create(tasks, newTask).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: 'kube', reason: want, status });
  expect((error as Error).message).toMatch(/^create tasks\.coditect\.ai team-a\/build: server says \d+ .+; .+/);
});

test('a lost reply to a write is LostReply, and the write is there', async () => {
  server.faults.dropReply({ verb: 'create' });
  await expect(client.create(tasks, newTask)).rejects.toMatchObject({ reason: 'LostReply', status: 0 });
  expect(server.objects('tasks')).toHaveLength(1);
});

test('a write that gets no answer within the deadline is LostReply, a read is Timeout', async () => {
  const hasty = createKubeClient(server.config, { userAgent: 'u', deadlineMs: 50 });
  server.faults.delay({}, 500, 2);
  await expect(hasty.create(tasks, newTask)).rejects.toMatchObject({ reason: 'LostReply' });
  await expect(hasty.get(tasks, key)).rejects.toMatchObject({ reason: 'Timeout' });
  await hasty.close();
});

test('a write that waits for a connection beyond its deadline was never sent', async () => {
  const narrow = createKubeClient(server.config, { userAgent: 'u', deadlineMs: 100, sockets: 1 });
  server.faults.delay({ verb: 'get' }, 400);
  const [first, second] = await Promise.allSettled([narrow.get(tasks, key), narrow.create(tasks, newTask)]);
  expect([first, second]).toMatchObject([{ reason: { reason: 'Timeout' } }, { reason: { reason: 'Unreachable' } }]);
  expect(server.writes()).toEqual([]);
  await narrow.close();
});

test('a server that is not there is Unreachable, for writes too', async () => {
  const port = await closedPort();
  const lost = createKubeClient({ ...server.config, server: `http://127.0.0.1:${port}` }, { userAgent: 'u' });
  await expect(lost.create(tasks, newTask)).rejects.toMatchObject({ reason: 'Unreachable', status: 0 });
  await lost.close();
});

test('429 with Retry-After is waited for, for writes too, at most three tries', async () => {
  server.faults.tooManyRequests({ verb: 'create' }, 0, 2);
  await client.create(tasks, newTask);
  expect(server.writes().map(({ status }) => status)).toEqual([429, 429, 201]);
  server.faults.tooManyRequests({ verb: 'patch' }, 0, 9);
  await expect(client.mergePatch(tasks, key, {})).rejects.toMatchObject({ reason: 'TooManyRequests', retryAfterMs: 0 });
  expect(server.journal.filter(({ verb }) => verb === 'patch')).toHaveLength(3);
});

test('the wait that the server asks for is kept', async () => {
  const clock = new ManualClock();
  const patient = createKubeClient(server.config, { userAgent: 'u', clock });
  server.faults.tooManyRequests({ verb: 'create' }, 2);
  const created = patient.create(tasks, newTask);
  await expect.poll(() => clock.pending).toBe(1);
  await clock.advance(1999);
  expect(server.writes()).toHaveLength(1);
  await clock.advance(1);
  await created;
  await patient.close();
});

test('a wait of more than ten seconds is left to the caller', async () => {
  server.faults.tooManyRequests({ verb: 'create' }, 60);
  await expect(client.create(tasks, newTask)).rejects.toMatchObject({ retryAfterMs: 60_000 });
  expect(server.writes()).toHaveLength(1);
});

test('credentials that the server refuses are read again, once', async () => {
  const read: string[] = [];
  const auth = { headers: async () => ({ authorization: `Bearer ${read.length}` }), refused: () => void read.push('again') };
  const renewing = createKubeClient({ ...server.config, auth }, { userAgent: 'u' });
  server.faults.inject({}, { kind: 'answer', status: 401, reason: 'Unauthorized' });
  expect(await renewing.get(tasks, key)).toBeUndefined();
  server.faults.inject({}, { kind: 'answer', status: 401, reason: 'Unauthorized' }, 2);
  await expect(renewing.get(tasks, key)).rejects.toMatchObject({ reason: 'Unauthorized' });
  expect(read).toHaveLength(2);
  await renewing.close();
});

test('the guard sees every write, no read and no review, and what it throws comes out', async () => {
  const refusal = new KubeError('write', 'lease is late', { status: 0, reason: 'NotLeader' });
  const fenced = createKubeClient(server.config, { userAgent: 'u', guard: () => { throw refusal; } });
  await expect(fenced.create(tasks, newTask)).rejects.toBe(refusal);
  await expect(fenced.mergePatch(tasks, key, {})).rejects.toBe(refusal);
  await expect(fenced.apply(tasks, newTask)).rejects.toBe(refusal);
  await expect(fenced.delete(tasks, key)).rejects.toBe(refusal);
  expect(await fenced.get(tasks, key)).toBeUndefined();
  expect(server.writes()).toEqual([]);
  await fenced.close();
});

test('a write that waited for a connection while the lease was lost does not leave', async () => {
  let leads = true;
  const guard = () => { if (!leads) throw new KubeError('write', 'deposed', { status: 0, reason: 'NotLeader' }); };
  const narrow = createKubeClient(server.config, { userAgent: 'u', sockets: 1, guard });
  server.faults.delay({ verb: 'get' }, 100);
  const reading = narrow.get(tasks, key);
  const writing = narrow.create(tasks, newTask);
  await expect.poll(() => server.journal.length).toBe(1);
  leads = false;
  await expect(writing).rejects.toMatchObject({ reason: 'NotLeader' });
  await reading;
  expect(await narrow.get(tasks, key)).toBeUndefined();
  expect(server.writes()).toEqual([]);
  await narrow.close();
});

test('create-if-absent: new, taken, lost reply, and nothing there after a lost request', async () => {
  expect(await createIfAbsent(client, tasks, newTask)).toMatchObject({ created: true });
  expect(await createIfAbsent(client, tasks, newTask)).toMatchObject({ created: false, object: { metadata: key } });
  server.remove('tasks', key);
  server.faults.dropReply({ verb: 'create' });
  expect(await createIfAbsent(client, tasks, newTask)).toMatchObject({ created: false, object: { spec: { type: 'Tester' } } });
  server.remove('tasks', key);
  server.faults.inject({ verb: 'create' }, { kind: 'cut' });
  await expect(createIfAbsent(client, tasks, newTask)).rejects.toMatchObject({ reason: 'LostReply' });
});

test('an answer that is no JSON, as from a proxy, says so', async () => {
  const proxy = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>'));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const confused = createKubeClient({ ...server.config, server: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }, { userAgent: 'u' });
  await expect(confused.get(tasks, key)).rejects.toMatchObject({ reason: 'Unknown', message: expect.stringContaining('<html>') as string });
  await confused.close();
  proxy.close();
});

async function closedPort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise<void>((resolve) => listener.close(() => resolve()));
  return port;
}
