// The watch against a double of the API server: what it tells, over restarts, losses and a server that was restored.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CloudEvent, nameOf, parseEvent } from '#api/events/envelope.ts';
import { agentPools, approvals, missions, plans, tasks } from '#api/v1alpha1/kinds.ts';
import { MemoryLog } from '#mirror/testing.ts';
import { type Clock, systemClock } from '#platform/clock.ts';
import { createKubeClient, type WatchingClient } from '#platform/kube/client.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { aTask } from '#testing/builders/task.ts';
import { type FakeApiServer, startFakeApiServer } from '#testing/fake-apiserver/server.ts';
import { createTeller, type Teller } from './teller.ts';
import { startWatch, type Watch } from './wiring.ts';

/** Pauses a hundred times shorter than real ones. */
const clock: Clock = { ...systemClock, after: (ms, task) => systemClock.after(ms / 100, task) };
const environment = { clock, random: { next: () => 0 }, log: silentLog };

let folder: string;
let server: FakeApiServer;
let client: WatchingClient;
let mirror: { readonly watch: Watch; readonly teller: Teller; readonly log: MemoryLog; readonly heard: CloudEvent[] } | undefined;

async function start(log = new MemoryLog()) {
  const heard: CloudEvent[] = [];
  const teller = createTeller({ ...environment, publisher: log, listeners: [{ tell: (events) => void heard.push(...events) }], onTold: () => {} });
  mirror = { watch: await startWatch({ ...environment, client, namespace: undefined, folder, teller }), teller, log, heard };
  return mirror;
}

/** Ends it in good order; `kill` without a word about how far it got. */
async function end(kill?: 'kill') {
  await mirror?.watch.stop();
  await mirror?.teller.close();
  if (kill === undefined) await mirror?.watch.keep();
  mirror = undefined;
}

const put = (name: string, status?: object) => server.put({ ...aTask(name).build(), metadata: { namespace: 'team-a', name, uid: `uid-${name}` }, ...(status === undefined ? {} : { status }) });
const said = () => mirror?.log.events.map(({ id, type }) => `${nameOf(type)} ${id}`);
const expectTold = async (want: readonly string[]) => { await expect.poll(said, { timeout: 5000, interval: 10 }).toEqual(want); };
const outcome = { result: 'Succeeded', reason: 'Completed', message: 'done', time: '2026-01-01T00:00:00Z' };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mirror-watch-'));
  server = await startFakeApiServer({ types: [missions, tasks, plans, approvals, agentPools] });
  client = createKubeClient(server.config, { userAgent: 'test' });
});

afterEach(async () => {
  await end('kill');
  await client.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('what is there is told whole, what changes as a patch, what goes as gone; listeners hear the same', async () => {
  put('x');
  const { heard, log, watch } = await start();
  await expectTold(['task.created uid-x.0.created']);
  put('x', { outcome });
  await expectTold(['task.created uid-x.0.created', 'task.ended uid-x.1002']);
  expect(log.events[1]).toMatchObject({ data: { base: '1001', status: { outcome }, facts: { result: 'Succeeded' } } });
  expect([watch.truth.isKnown(), watch.task('uid-x')?.status?.outcome?.result]).toEqual([true, 'Succeeded']);
  server.remove('tasks', { namespace: 'team-a', name: 'x' });
  await expectTold(['task.created uid-x.0.created', 'task.ended uid-x.1002', 'task.deleted uid-x.deleted']);
  expect(heard).toEqual(log.events);
  expect(log.events.map((event) => parseEvent(event).kind)).toEqual(['event', 'event', 'event']);
});

test('a mirror that starts again tells what is newer, whole, and what went meanwhile; nothing is created twice', async () => {
  put('x');
  put('y');
  put('z');
  await start();
  await expectTold(['task.created uid-x.0.created', 'task.created uid-y.0.created', 'task.created uid-z.0.created']);
  await end();
  put('y', { outcome });
  server.remove('tasks', { namespace: 'team-a', name: 'z' });
  const { log } = await start();
  await expectTold(['task.ended uid-y.1004', 'task.deleted uid-z.deleted']);
  expect(log.events[0]).toMatchObject({ data: { status: { outcome } } });
  expect(log.events[0]?.data).not.toHaveProperty('base');
  put('x', { outcome });
  await expect.poll(() => log.events.at(-1)).toMatchObject({ id: 'uid-x.1006', data: { base: '1001' } });
});

test('a mirror that was killed tells again what it told last, by the same ids', async () => {
  put('x');
  await start();
  await expectTold(['task.created uid-x.0.created']);
  await end('kill');
  await rm(join(folder, 'told.json'), { force: true });
  await start();
  await expectTold(['task.created uid-x.0.created']);
});

test('a record of what was told that cannot be read is as good as none', async () => {
  put('x');
  await writeFile(join(folder, 'told.json'), '{"format":1,"kinds":{"tasks":');
  await start();
  await expectTold(['task.created uid-x.0.created']);
});

test('what finds no room is told once there is some, on top of what was told', async () => {
  put('x');
  const { log } = await start();
  await expectTold(['task.created uid-x.0.created']);
  log.room = 0;
  put('x', { startTime: '2026-01-01T00:00:00Z', attempt: 1 });
  put('y');
  await expect.poll(() => log.dropped).toBe(2);
  put('x', { startTime: '2026-01-01T00:00:00Z', attempt: 1, outcome });
  await expect.poll(() => log.dropped).toBeGreaterThan(2);
  log.room = Number.POSITIVE_INFINITY;
  await expect.poll(() => said()?.toSorted(), { timeout: 5000 }).toEqual(['task.created uid-x.0.created', 'task.created uid-y.0.created', 'task.ended uid-x.1004']);
  expect(log.events.find(({ id }) => id === 'uid-x.1004')?.data).toMatchObject({ base: '1001', status: { outcome } });
});

test('a disk that fails is tried again, in order, and a mirror that ends meanwhile does not pretend to have told', async () => {
  const log = new MemoryLog();
  log.fault = 'no space left';
  put('x');
  const { teller } = await start(log);
  await expect.poll(() => teller.fault()).toBe('no space left');
  put('x', { outcome });
  log.fault = undefined;
  await expectTold(['task.created uid-x.0.created', 'task.ended uid-x.1002']);
  log.fault = 'no space left';
  put('y');
  await expect.poll(() => teller.fault()).toBe('no space left');
  await end();
  await start();
  await expectTold(['task.created uid-y.0.created']);
});

test.each(['while it runs', 'while it does not'])('a server that was restored from a backup %s: everything is told anew, under ids of its own', async (when) => {
  put('x');
  const backup = server.backup();
  put('x', { outcome });
  put('y');
  await start();
  await expectTold(['task.created uid-x.0.created', 'task.ended uid-x.1002', 'task.created uid-y.0.created']);
  // A watch that is opened from a version of the server's future stays silent, as it would on a real server.
  await expect.poll(() => server.watchCount('tasks')).toBe(1);
  if (when === 'while it does not') await end();
  server.restore(backup);
  if (when === 'while it does not') await start();
  const anew = ['task.changed uid-x.1001.r1003', 'task.deleted uid-y.deleted.r1003'];
  await expectTold([...(when === 'while it runs' ? ['task.created uid-x.0.created', 'task.ended uid-x.1002', 'task.created uid-y.0.created'] : []), ...anew]);
});
