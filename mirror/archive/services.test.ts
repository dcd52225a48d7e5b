// The archive program as it is run, over a real event log and a real bucket behind TLS: nothing of a history is lost or changed on its way through files.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as dial, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CloudEvent } from '#api/events/envelope.ts';
import { agentActed, anEvent, changedTask, missionUid, t0, type Version, wholeMission, wholeTask } from '#domain/replay/testing.ts';
import { Timeline } from '#domain/replay/timeline.ts';
import { Bench, isMissing as isNatsMissing, Proxy, why as whyNoNats } from '#platform/nats/testing.ts';
import type { NatsLink } from '#platform/nats/connect.ts';
import type { EventPublisher, EventReader } from '#platform/nats/types.ts';
import { streamState } from '#platform/nats/state.ts';
import { isS3Missing, S3Bench, whyNoS3 } from '#platform/s3/testing.ts';
import { aHistory } from '../history/testing.ts';
import { contents } from './keep.ts';
import { rememberManifests } from './manifests.ts';
import { createArchiveReader } from './reader.ts';

const isMissing = isNatsMissing || isS3Missing;
const why = `${whyNoNats}${whyNoS3}`;
const main = fileURLToPath(new URL('main.ts', import.meta.url));
const prefixes = { next: 0 };

const [nats, s3] = [new Bench(), new S3Bench()];
let link: NatsLink;
let servers: readonly string[];
let publisher: EventPublisher;
let reader: EventReader;

beforeAll(async () => {
  if (isMissing) return;
  await s3.start();
  ({ servers } = await nats.nats());
  link = nats.link(servers);
  publisher = await nats.publisher(link);
  reader = nats.reader(link);
  // Both streams are there from now on.
  await publish([approval, tasks[0] as CloudEvent]);
}, 120_000);
afterAll(async () => {
  await nats.end();
  await s3.end();
});

/** A prefix of a test's own, and an empty log: streams keep counting. */
async function fresh(): Promise<string> {
  await purge();
  return `t${(prefixes.next += 1)}`;
}

async function purge(): Promise<void> {
  await publisher.drained(AbortSignal.timeout(20_000));
  const connection = await link.ready(AbortSignal.timeout(5000));
  if (connection === undefined) throw new Error('there is no connection');
  const manager = await jetstreamManager(connection);
  for (const stream of ['CODITECT_EVENTS', 'CODITECT_AUDIT']) await manager.streams.purge(stream);
}

const publish = async (events: readonly CloudEvent[]): Promise<void> => {
  await publisher.publish(events);
  expect(await publisher.drained(AbortSignal.timeout(20_000))).toBe(true);
};

interface Ended {
  readonly code: number | null;
  readonly records: readonly Record<string, unknown>[];
  readonly out: string;
}

function start(args: readonly string[], prefix: string, { endpoint = s3.server.endpoint, secret = s3.server.access.secretKeyFile } = {}): ChildProcess {
  const { access } = s3.server;
  const env = { CODITECT_NATS_SERVERS: servers.join(','), CODITECT_NATS_INSECURE: 'true', CODITECT_S3_ENDPOINT: endpoint, CODITECT_S3_BUCKET: s3.bucket, CODITECT_S3_PREFIX: prefix, CODITECT_S3_CA_FILE: access.caFile, CODITECT_S3_ACCESS_KEY_FILE: access.accessKeyFile, CODITECT_S3_SECRET_KEY_FILE: secret, CODITECT_ARCHIVE_FOLDER: join(s3.folder, prefix) };
  return spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function program(args: readonly string[], prefix: string, more?: Parameters<typeof start>[2]): Promise<Ended> {
  const child = start(args, prefix, more);
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (out += text));
  const [code] = (await once(child, 'close')) as [number | null];
  const records = out.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, records, out };
}

/** Texts of events that a replay gives, and what it said was missing. */
async function replay(prefix: string, source: string, { namespace = 'team-a' } = {}): Promise<{ readonly texts: string[]; readonly gaps: string[] }> {
  const store = s3.client();
  const archive = createArchiveReader({ store, prefix }, rememberManifests({ store, prefix }));
  const history = aHistory({ log: reader, state: (stream, signal) => streamState(link, stream, signal), archive });
  const [texts, gaps]: [string[], string[]] = [[], []];
  for await (const { eventsJson, gap } of history.call({ source }, { namespace })) {
    texts.push(...eventsJson);
    if (gap !== '') gaps.push(gap);
  }
  return { texts, gaps };
}

const versions = Array.from({ length: 120 }, (_, index): Version => ({ version: index + 1, at: t0 + index * 900_000, status: { n: index, text: `größer ${index}`, conditions: [{ type: 'Succeeded', reason: `r${index}` }] } }));
const approval = anEvent('approval.given', { id: 'u-yes.given', subject: 'approvals/yes', at: t0 + 2500 }, { name: 'yes', uid: 'u-yes', resourceVersion: '2', mission: { name: 'examine', uid: missionUid }, spec: {} });
const tasks = versions.map((version, index) => (index === 0 ? wholeTask({ name: 'a' }, version) : changedTask({ name: 'a' }, versions[index - 1] ?? version, version)));
const acts = versions.map((_, index) => agentActed('a', index + 1, t0 + index * 900_000 + 500));
const foreign = (event: CloudEvent): CloudEvent => ({ ...event, id: `b.${event.id}`, tenant: 'team-b' });
const history = [wholeMission({ version: 1, at: t0 - 1000, status: {} }), ...tasks, ...acts, approval, ...tasks.slice(0, 9), ...tasks.map(foreign)];

describe.skipIf(isMissing)(`the archive${why}`, () => {
  test('keeps a history byte for byte when the log has lost it, and gives it back', { timeout: 120_000 }, async () => {
    const prefix = await fresh();
    await publish(history);
    const before = await replay(prefix, 'log');
    expect(before.texts).toHaveLength(1 + 120 + 120 + 1);
    const archived = await program(['archive'], prefix);
    expect(archived.records.at(-1)).toMatchObject({ msg: 'archived', events: history.length });
    // Tests share a log, so that what was purged before was lost before it was archived.
    await purge();
    expect((await replay(prefix, 'log')).texts).toEqual([]);
    expect((await replay(prefix, 'archive')).texts).toEqual(before.texts);
    expect((await replay(prefix, 'auto')).texts).toEqual(before.texts);

    const last = versions.at(-1) as Version;
    const next = changedTask({ name: 'a' }, last, { version: 121, at: last.at + 1000, status: { n: 120 } });
    await publish([next]);
    const both = await replay(prefix, 'auto');
    expect(both.texts.slice(0, -1)).toEqual(before.texts);
    expect(JSON.parse(both.texts.at(-1) ?? '')).toMatchObject({ id: next.id });
    const timeline = new Timeline(both.texts.map((text) => JSON.parse(text) as CloudEvent));
    expect(timeline.goTo(timeline.length)).toEqual([]);
    expect(timeline.picture().tasks.get('u-a')?.status).toEqual({ n: 120 });

    await purge();
    const restored = await program(['restore', '--from', '2026-11-01', '--until', '2026-11-30', '--tenant', 'team-a'], prefix);
    expect(restored.records.at(-1)).toMatchObject({ msg: 'restored' });
    expect((await replay(prefix, 'log')).texts.toSorted()).toEqual(before.texts.toSorted());
    expect((await replay(prefix, 'auto')).texts.toSorted()).toEqual(before.texts.toSorted());
    expect((await program(['archive'], prefix)).records.at(-1)).toMatchObject({ msg: 'archived' });
    expect((await replay(prefix, 'archive')).texts.filter((text) => !text.includes(next.id)).toSorted()).toEqual(before.texts.toSorted());
  });

  test('killed in the middle of an upload shows nothing of it, and the next run has everything', { timeout: 120_000 }, async () => {
    const prefix = await fresh();
    const large = versions.map((version, index) => wholeTask({ name: 'a' }, { ...version, status: { noise: noise(index) } }));
    await publish(large);
    const before = await replay(prefix, 'log');
    for (const bytes of [20_000, 400_000]) {
      const door = await stallingDoor(s3.server.port, bytes);
      const child = start(['archive'], prefix, { endpoint: `https://127.0.0.1:${door.port}` });
      expect(await Promise.race([door.isStalled.then(() => 'in the middle'), once(child, 'close').then(() => 'ended')])).toBe('in the middle');
      child.kill('SIGKILL');
      await once(child, 'close');
      await door.close();
      expect((await contents({ store: s3.client(), prefix }, undefined, AbortSignal.timeout(10_000))).days).toEqual([]);
      expect(await replay(prefix, 'archive')).toEqual({ texts: [], gaps: [] });
    }
    await program(['archive'], prefix);
    expect((await replay(prefix, 'archive')).texts).toEqual(before.texts);
    expect(await program(['verify'], prefix)).toMatchObject({ code: 0 });
  });

  test('a file that was changed is found, and refused by its name', { timeout: 60_000 }, async () => {
    const prefix = await fresh();
    await publish([...tasks, ...tasks.map(foreign)]);
    await program(['archive'], prefix);
    const key = (await listed(prefix)).find((name) => name.includes('/team-b/')) ?? '';
    const path = join(s3.server.objects, s3.bucket, key);
    writeFileSync(path, readFileSync(path).map((byte, index) => (index === 200 ? byte ^ 4 : byte)));
    const verified = await program(['verify'], prefix);
    expect(verified.code).toBe(1);
    expect(verified.records.filter(({ level }) => level === 'error').map(({ fault }) => fault)).toEqual([expect.stringContaining(`read ${key} of the archive: its checksum is not the one in its manifest`)]);
    expect((await program(['restore', '--from', '2026-11-01', '--until', '2026-11-30', '--tenant', 'team-b'], prefix)).out).toContain(key);
    expect((await replay(prefix, 'archive')).texts).toHaveLength(tasks.length);
  });

  test('removes what is old', { timeout: 60_000 }, async () => {
    const prefix = await fresh();
    const old = wholeTask({ name: 'old' }, { version: 1, at: t0 - 400 * 86_400_000, status: {} });
    await publish([old, ...tasks]);
    await program(['archive'], prefix);
    expect((await program(['list'], prefix)).out).toContain('"day":"2025-10-19"');
    expect((await program(['expire', '--keep-days', '365'], prefix)).records.at(-1)).toMatchObject({ msg: 'expired', files: 1 });
    expect((await program(['list', '--tenant', 'team-a'], prefix)).out).not.toContain('2025');
    expect(await replay(prefix, 'archive')).toMatchObject({ gaps: [expect.anything(), expect.stringMatching(/^events of days before 2025-11-24 are no longer in the archive/)] });
  });

  test('of two runs at once one goes on, and nothing is doubled', { timeout: 60_000 }, async () => {
    const prefix = await fresh();
    await publish(tasks);
    const before = await replay(prefix, 'log');
    const ends = await Promise.all([program(['archive'], prefix), program(['archive'], prefix)]);
    for (const { out, code } of ends) expect(code === 0 || /another run has archived|"msg":"archived"/.test(out)).toBe(true);
    expect((await replay(prefix, 'archive')).texts).toEqual(before.texts);
    expect((await listed(prefix)).filter((key) => key.includes('/_manifests/events-'))).toHaveLength(1);
  });
});

describe.skipIf(isMissing)(`a bucket that fails${why}`, () => {
  test('ends the run with a reason, and the next one does its work', { timeout: 120_000 }, async () => {
    const prefix = await fresh();
    await publish(tasks);
    const wrong = s3.file('wrong', 'not-the-secret-of-this-server');
    const refused = await program(['archive'], prefix, { secret: wrong });
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.out).toMatch(/SignatureDoesNotMatch/);
    expect(refused.out).not.toContain('not-the-secret-of-this-server');
    await s3.server.kill();
    expect(await program(['archive'], prefix)).toMatchObject({ code: 1, out: expect.stringContaining('ECONNREFUSED') });
    await s3.server.start();
    expect((await program(['archive'], prefix)).records.at(-1)).toMatchObject({ msg: 'archived', events: tasks.length });
  });

  test('for a moment is waited for: its connections are cut again and again', { timeout: 120_000 }, async () => {
    const prefix = await fresh();
    await publish(tasks);
    const proxy = await Proxy.start(`127.0.0.1:${s3.server.port}`);
    const cutting = setInterval(() => proxy.cut(), 700);
    const ended = await program(['archive'], prefix, { endpoint: `https://${proxy.address}` });
    clearInterval(cutting);
    await proxy.close();
    expect(ended.records.at(-1)).toMatchObject({ msg: 'archived', events: tasks.length });
  });
});

describe.skipIf(isMissing)(`a bucket that is slow${why}`, () => {
  test('is waited for, and a run that is told to end does so at once', { timeout: 120_000 }, async () => {
    const prefix = await fresh();
    await publish(tasks);
    s3.server.pause();
    const doors = [await stallingDoor(s3.server.port, 1e9), await stallingDoor(s3.server.port, 1e9)] as const;
    const [endpoint, other] = [`https://127.0.0.1:${doors[0].port}`, `https://127.0.0.1:${doors[1].port}`];
    const told = start(['archive'], prefix, { endpoint });
    const waiting = program(['archive'], prefix, { endpoint: other });
    await Promise.all(doors.map(({ isReached }) => isReached));
    told.kill('SIGTERM');
    expect((await once(told, 'close'))[0]).toBe(1);
    s3.server.resume();
    expect((await waiting).records.at(-1)).toMatchObject({ msg: 'archived', events: tasks.length });
    for (const door of doors) await door.close();
  });
});

describe('what is asked wrongly ends with 2 and says what is right', () => {
  const cases: Record<string, { args: readonly string[]; want: RegExp }> = {
    'no command': { args: [], want: /there is no command "".*archive .*list .*restore .*expire .*verify/s },
    'another command': { args: ['burn'], want: /there is no command "burn"/ },
    'a setting that there is not': { args: ['list', '--bucket', 'x'], want: /--help lists all settings/ },
    'no bucket': { args: ['list', '--s3-bucket', ''], want: /there is no bucket; set CODITECT_S3_BUCKET/ },
  };
  test.each(Object.entries(cases))('%s', async (_, { args, want }) => {
    const child = spawn(process.execPath, [main, ...args], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (out += text));
    expect([(await once(child, 'close'))[0], out]).toEqual([2, expect.stringMatching(want)]);
  });

  test('and --help is an answer', async () => {
    const child = spawn(process.execPath, [main, '--help'], { env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    expect((await once(child, 'close'))[0]).toBe(0);
    expect(out).toMatch(/Usage: archive COMMAND.*--s3-bucket VALUE/s);
  });
});

async function listed(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of s3.client().list(`${prefix}/`)) keys.push(key);
  return keys;
}

/** Text that hardly gets smaller in a file, another one for each number. */
function noise(number: number): string {
  return Array.from({ length: 70 }, (_, index) => createHash('sha512').update(`${number} ${index}`).digest('base64')).join('');
}

/** A way to a port of this machine that takes no more than so many bytes, and then stands still. */
async function stallingDoor(port: number, most: number) {
  const { promise: isStalled, resolve } = Promise.withResolvers<void>();
  const { promise: isReached, resolve: reach } = Promise.withResolvers<void>();
  const sockets: Socket[] = [];
  let passed = 0;
  const server = createServer((near) => {
    const far = dial(port, '127.0.0.1');
    sockets.push(near, far);
    near.on('data', (chunk) => {
      reach();
      if (passed + chunk.length > most) {
        far.write(chunk.subarray(0, Math.max(0, most - passed)));
        passed = most;
        return resolve();
      }
      passed += chunk.length;
      far.write(chunk);
    });
    far.on('data', (chunk) => void near.write(chunk));
    for (const [from, to] of [[near, far], [far, near]] as const) from.on('error', () => to.destroy()).on('close', () => to.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((done) => server.close(() => done()));
  };
  return { isReached, isStalled, port: typeof address === 'object' && address !== null ? address.port : 0, close };
}
