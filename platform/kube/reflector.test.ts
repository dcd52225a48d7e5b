// The reflector against the double, which breaks in every way that watches are known to break.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock, type Clock } from '#platform/clock.ts';
import { tasks } from '#api/v1alpha1/kinds.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { startFakeApiServer, type FakeApiServer } from '#testing/fake-apiserver/server.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { createKubeClient, type WatchingClient } from './client.ts';
import { createWriteGate } from './gate.ts';
import { createReflector, type Reflector, type ReflectorOptions, type ReflectorState } from './reflector.ts';
import type { Projected } from './store.ts';
import type { KubeObject } from './types.ts';

interface TaskView extends Projected {
  readonly type: string;
}

/** Pauses twenty times shorter than real ones. */
const hurried: Clock = { ...systemClock, after: (ms, task) => systemClock.after(ms / 20, task) };

let server: FakeApiServer;
let client: WatchingClient;
let reflector: Reflector<TaskView> | undefined;
let states: ReflectorState[];

const put = (name: string, type = 'Tester') => server.put({ apiVersion: 'coditect.ai/v1alpha1', kind: 'Task', metadata: { namespace: 'a', name }, spec: { type } });
const remove = (name: string) => server.remove('tasks', { namespace: 'a', name });
/** Requests so far; lists of one object only ask for the version. */
const requests = (verb: string) => server.journal.filter((entry) => entry.verb === verb && new URLSearchParams(entry.query).get('limit') !== '1').length;

function project(raw: KubeObject): TaskView {
  const { spec } = raw as KubeObject & { spec: { type: string } };
  return { metadata: raw.metadata, type: spec.type };
}

function start(options: Partial<ReflectorOptions<TaskView>> = {}): Reflector<TaskView> {
  reflector = createReflector<TaskView>({
    client, type: tasks, project, indexes: { type: (task) => [task.type] }, clock: hurried, random: { next: () => 0 }, log: silentLog,
    onState: (state) => states.push(state), ...options,
  });
  reflector.start();
  return reflector;
}

const names = () => reflector?.store.list().map(({ metadata }) => metadata.name).toSorted().join(' ');
const shows = async (want: string) => { await expect.poll(names, { timeout: 5000, interval: 10 }).toBe(want); };
const watching = async () => { await expect.poll(() => server.watchCount('tasks'), { timeout: 5000, interval: 10 }).toBe(1); };
const count = (kind: ReflectorState['kind']) => states.filter((state) => state.kind === kind).length;

beforeEach(async () => {
  states = [];
  server = await startFakeApiServer({ types: [tasks] });
  client = createKubeClient(server.config, { userAgent: 'test' });
  put('x');
});

afterEach(async () => {
  await reflector?.stop();
  await client.close();
  await server.stop();
});

test('the store holds the list when synced, then follows the watch', async () => {
  const { store, synced, lastEventAgeMs } = reflectorParts(start());
  await synced;
  expect([names(), store.byIndex('type', 'Tester').length, lastEventAgeMs() < 10_000]).toEqual(['x', 1, true]);
  put('y', 'Coder');
  await shows('x y');
  put('y', 'Tester');
  await expect.poll(() => store.byIndex('type', 'Tester').length).toBe(2);
  remove('x');
  await shows('y');
  expect([requests('list'), requests('watch'), store.resourceVersion]).toEqual([1, 1, '1004']);
});

test('a long list comes in pages', async () => {
  for (let index = 0; index < 1100; index++) put(`n${index}`);
  await start().synced;
  expect([reflector?.store.size, requests('list')]).toEqual([1101, 3]);
});

test('a selector and a namespace go with list and watch', async () => {
  start({ namespace: 'b', labelSelector: 'k=v' });
  await watching();
  put('y');
  server.put({ apiVersion: 'coditect.ai/v1alpha1', kind: 'Task', metadata: { namespace: 'b', name: 'z', labels: { k: 'v' } }, spec: { type: 'T' } });
  await shows('z');
  expect(server.journal.map(({ verb, query }) => `${verb} ${new URLSearchParams(query).get('labelSelector')}`)).toEqual(['list k=v', 'watch k=v']);
});

test('a reset in mid-watch: the next watch goes on from the last version, without a list', async () => {
  start();
  await watching();
  put('y');
  await shows('x y');
  server.faults.resetWatches();
  put('z');
  remove('x');
  await shows('y z');
  expect(requests('list')).toBe(1);
});

test('twenty resets in a row lose nothing', async () => {
  start();
  for (let round = 0; round < 20; round++) {
    await watching();
    server.faults.resetWatches();
    put(`r${round}`);
    await expect.poll(() => reflector?.store.size, { timeout: 5000 }).toBe(round + 2);
  }
  expect(requests('list')).toBe(1);
});

test.each(['status', 'event'] as const)('410 as %s: a new list shows also what was deleted meanwhile', async (form) => {
  start();
  await watching();
  server.faults.expireWatch('tasks', form);
  server.faults.freezeWatch('tasks');
  put('y');
  remove('x');
  server.faults.resetWatches();
  await shows('y');
  expect(requests('list')).toBe(2);
});

test('410 on a page token: the list starts over as one page', async () => {
  for (let index = 0; index < 600; index++) put(`n${index}`);
  server.faults.expireContinue('tasks');
  await start().synced;
  expect(reflector?.store.size).toBe(601);
  expect(server.journal.filter(({ verb }) => verb === 'list').map(({ query }) => new URLSearchParams(query).get('limit'))).toEqual(['500', '500', '0']);
});

test('a list that fails is tried again until it works', async () => {
  server.faults.serverError({ verb: 'list' }, 3);
  await start().synced;
  expect(states.filter((state) => state.kind === 'waiting').map(({ failures }) => failures)).toEqual([1, 2, 3]);
});

test('410, then failing lists: it does not die', async () => {
  start();
  await watching();
  server.faults.serverError({ verb: 'list' }, 2);
  server.faults.expireWatch('tasks', 'event');
  server.faults.resetWatches();
  put('y');
  await shows('x y');
  await watching();
  expect([requests('list'), count('waiting')]).toEqual([4, 4]);
});

test('a server that goes away and comes back is found again', async () => {
  start();
  await watching();
  server.faults.inject({}, { kind: 'cut' }, 3);
  server.faults.resetWatches();
  put('y');
  await shows('x y');
  expect([requests('list'), count('waiting')]).toEqual([1, 4]);
});

test('a garbage line is counted and leads to a new list', async () => {
  start();
  await watching();
  server.faults.garbageLine('tasks');
  put('y');
  await shows('x y');
  expect([count('garbage'), requests('list')]).toEqual([1, 2]);
});

test('half a line at the end of the stream is dropped and fetched again', async () => {
  start();
  await watching();
  server.faults.halfLine('tasks');
  put('y');
  await shows('x y');
  expect([count('garbage'), requests('list')]).toEqual([0, 1]);
});

test('a repeated old event changes nothing', async () => {
  start();
  await watching();
  const old = JSON.stringify({ type: 'MODIFIED', object: server.objects('tasks')[0] });
  remove('x');
  put('y');
  await shows('y');
  server.put({ apiVersion: 'coditect.ai/v1alpha1', kind: 'Task', metadata: { namespace: 'a', name: 'y' }, spec: { type: 'Coder' } });
  server.faults.rawLine('tasks', old);
  server.faults.rawLine('tasks', old.replaceAll('"x"', '"y"'));
  put('z');
  await shows('y z');
  expect(reflector?.store.get({ namespace: 'a', name: 'y' })?.type).toBe('Coder');
});

test('a bookmark moves the version, and the next watch starts there', async () => {
  const { store } = start();
  await watching();
  const other = server.backup().version;
  server.put({ apiVersion: 'coditect.ai/v1alpha1', kind: 'Task', metadata: { namespace: 'a', name: 'x' }, spec: { type: 'Tester' } });
  server.bookmark();
  await expect.poll(() => store.resourceVersion).toBe(String(other + 1));
  server.faults.resetWatches();
  await expect.poll(() => requests('watch')).toBe(2);
  expect(new URLSearchParams(server.journal.at(-1)?.query).get('resourceVersion')).toBe(String(other + 1));
});

test('a watch that is silent for too long is opened again', async () => {
  const clock = new ManualClock();
  start({ clock });
  await watching();
  server.faults.freezeWatch('tasks');
  put('y');
  await clock.advance(269_000);
  expect(requests('watch')).toBe(1);
  await clock.advance(1000);
  await expect.poll(() => count('waiting')).toBe(1);
  server.faults.thawWatch('tasks');
  await expect.poll(async () => { await clock.advance(250); return names(); }).toBe('x y');
  expect(requests('list')).toBe(1);
});

test('watches end at a server-side time that is spread out', async () => {
  start({ random: { next: () => 0.999 } });
  await watching();
  expect(new URLSearchParams(server.journal.at(-1)?.query).get('timeoutSeconds')).toBe('289');
  expect(new URLSearchParams(server.journal.at(-1)?.query).get('allowWatchBookmarks')).toBe('true');
});

test('a server that ends every watch at once is not asked in a tight loop', async () => {
  const clock = new ManualClock();
  start({ clock });
  await watching();
  server.faults.endWatches('tasks');
  await expect.poll(() => states.at(-1)).toMatchObject({ kind: 'waiting', waitMs: 250 });
});

test('a restored server: the rewind is told, and the store goes back with it', async () => {
  const rewinds: string[] = [];
  const { store } = start({ onRewind: (seen, listed) => rewinds.push(`${seen} -> ${listed}`) });
  await watching();
  const backup = server.backup();
  put('y');
  put('x', 'Coder');
  await expect.poll(() => store.resourceVersion).toBe('1003');
  server.restore(backup);
  await expect.poll(() => rewinds, { timeout: 5000 }).toEqual(['1003 -> 1001']);
  expect([names(), store.get({ namespace: 'a', name: 'x' })?.type]).toEqual(['x', 'Tester']);
  await watching();
  put('z');
  await shows('x z');
});

test('an object that cannot be projected is left out and counted; the others and the stream go on', async () => {
  server.put({ apiVersion: 'coditect.ai/v1alpha1', kind: 'Task', metadata: { namespace: 'a', name: 'bad' } });
  await start().synced;
  await watching();
  expect([names(), states.filter((state) => state.kind === 'skipped')]).toEqual(['x', [{ kind: 'skipped', key: 'a/bad' }]]);
  server.put({ apiVersion: 'coditect.ai/v1alpha1', kind: 'Task', metadata: { namespace: 'a', name: 'x' }, spec: null });
  put('y');
  await shows('x y');
  remove('x');
  await shows('y');
});

test('a listener that throws is survived', async () => {
  const { store } = start();
  store.subscribe(() => { throw new Error('bad listener'); });
  await watching();
  put('y');
  await shows('x y');
  expect(requests('watch')).toBe(1);
});

test('a frozen watch keeps the gate of a write closed until it thaws', async () => {
  const { store } = start();
  await watching();
  const gate = createWriteGate({ stores: { tasks: store }, clock: systemClock, onStuck: () => {} });
  server.faults.freezeWatch('tasks');
  const written = await client.mergePatch(tasks, { namespace: 'a', name: 'x' }, { spec: { type: 'Coder' } });
  gate.expect('me', 'tasks', { namespace: 'a', name: 'x' }, written.metadata);
  const waited = gate.closed('me');
  expect([waited === undefined, store.byIndex('type', 'Coder').length]).toEqual([false, 0]);
  server.faults.thawWatch('tasks');
  await waited;
  expect(store.byIndex('type', 'Coder')).toHaveLength(1);
});

test('a relist opens a gate that a dead watch keeps closed', async () => {
  const { store } = start();
  await watching();
  const clock = new ManualClock();
  const gate = createWriteGate({ stores: { tasks: store }, clock, onStuck: () => reflector?.relist() });
  server.faults.freezeWatch('tasks');
  gate.expect('me', 'tasks', { namespace: 'a', name: 'y' }, put('y').metadata);
  const waited = gate.closed('me');
  await clock.advance(10_000);
  await waited;
  expect(names()).toBe('x y');
});

test('stop ends the watch at once', async () => {
  const running = start();
  await watching();
  await running.stop();
  await expect.poll(() => server.watchCount()).toBe(0);
});

function reflectorParts(from: Reflector<TaskView>) {
  return { store: from.store, synced: from.synced, lastEventAgeMs: () => from.lastEventAgeMs() };
}
