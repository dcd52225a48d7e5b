import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { openSpool, type Spool } from './spool.ts';

let folder = '';
let spool: Spool;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spool-'));
});
afterEach(async () => {
  await spool.close().catch(() => {});
  rmSync(folder, { recursive: true, force: true });
});

const open = async (limits: { maxBytes?: number; segmentBytes?: number } = {}) => {
  spool = await openSpool(folder, { maxBytes: 1_048_576, clock: systemClock, ...limits });
  return spool;
};
const record = (text: string, count = 1) => ({ body: Buffer.from(text), count });
const many = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => record(`r${from + index}`));
const textsAfter = async (after: number) => {
  const texts: string[] = [];
  for (let position = after; ; ) {
    const records = await spool.read(position, { records: 7, bytes: 1000 });
    if (records.length === 0) return texts;
    for (const { body } of records) texts.push(Buffer.from(body).toString());
    position = records.at(-1)?.position ?? position;
  }
};
const segments = () => readdirSync(folder).filter((name) => name.endsWith('.records')).toSorted();
const texts = (from: number, to: number) => many(from, to).map(({ body }) => body.toString());

test('records are read in the order in which they were appended, also after it was opened anew', async () => {
  await open();
  expect(await Promise.all([spool.append(many(0, 10)), spool.append(many(10, 11)), spool.append(many(11, 40))])).toEqual([10, 1, 29]);
  expect(await textsAfter(spool.cursor)).toEqual(texts(0, 40));
  await spool.close();
  await open();
  expect(await textsAfter(spool.cursor)).toEqual(texts(0, 40));
  await spool.append(many(40, 41));
  expect(await textsAfter(spool.cursor)).toEqual(texts(0, 41));
});

test('what was acknowledged does not come back, and its files go', async () => {
  await open({ segmentBytes: 200 });
  for (let at = 0; at < 30; at += 1) await spool.append(many(at, at + 1));
  expect(segments().length).toBeGreaterThan(4);
  const first = await spool.read(spool.cursor, { records: 1, bytes: 1 });
  const upTo = (first[0]?.position ?? 0) + 19;
  spool.acknowledge(upTo);
  expect(spool.stats()).toMatchObject({ pendingRecords: 10, pendingCount: 10 });
  await spool.close();
  expect(segments().length).toBeLessThanOrEqual(3);
  await open();
  expect(spool.cursor).toBe(upTo);
  expect(await textsAfter(spool.cursor)).toEqual(texts(20, 30));
});

test('a position is not given twice, also when nothing was left to read', async () => {
  await open();
  await spool.append(many(0, 5));
  const [last] = (await spool.read(0, { records: 9, bytes: 9999 })).slice(-1);
  spool.acknowledge(last?.position ?? 0);
  await spool.close();
  await open();
  await spool.append(many(5, 6));
  const [next] = await spool.read(spool.cursor, { records: 9, bytes: 9999 });
  expect(next?.position).toBeGreaterThan(last?.position ?? 0);
});

test('a torn end is cut off, and what is appended then follows what was whole', async () => {
  await open();
  await spool.append(many(0, 3));
  await spool.close();
  const file = join(folder, segments()[0] ?? '');
  const whole = readFileSync(file);
  appendFileSync(file, whole.subarray(0, 33));
  await open();
  expect(statSync(file).size).toBe(whole.length);
  await spool.append(many(3, 4));
  expect(await textsAfter(0)).toEqual(texts(0, 4));
  expect(spool.stats().corruptRecords).toBe(0);
});

const damages: Record<string, { offset: number }> = { 'in its body': { offset: 34 + 32 + 1 }, 'in its length': { offset: 34 + 8 }, 'in its first bytes': { offset: 34 } };
test.each(Object.entries(damages))('a record that is damaged %s is left out and counted, the others are read', async (_, { offset }) => {
  await open();
  await spool.append(many(0, 4));
  await spool.close();
  const file = join(folder, segments()[0] ?? '');
  const bytes = readFileSync(file);
  bytes[offset] = (bytes[offset] ?? 0) ^ 0xff;
  writeFileSync(file, bytes);
  await open();
  expect(await textsAfter(0)).toEqual(['r0', 'r2', 'r3']);
  expect(spool.stats().corruptRecords).toBe(1);
});

test('a record that is damaged while the spool is open is left out and counted', async () => {
  await open();
  await spool.append(many(0, 4));
  const file = join(folder, segments()[0] ?? '');
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] = 0;
  writeFileSync(file, bytes);
  expect(await textsAfter(0)).toEqual(texts(0, 3));
  expect(spool.stats()).toMatchObject({ corruptRecords: 1, pendingRecords: 3 });
});

test('a damaged cursor has everything read again that is still there', async () => {
  await open();
  await spool.append(many(0, 4));
  spool.acknowledge((await spool.read(0, { records: 2, bytes: 9999 })).at(-1)?.position ?? 0);
  await spool.close();
  writeFileSync(join(folder, 'cursor'), 'nonsense');
  await open();
  expect(await textsAfter(spool.cursor)).toEqual(texts(0, 4));
});

test('what finds no room is refused and counted, and there is room again when something was acknowledged', async () => {
  await open({ maxBytes: 680, segmentBytes: 68 });
  expect(await spool.append([record('a'.repeat(300), 5), record('b'.repeat(300), 6), record('c', 7), record('d', 8)])).toBe(2);
  expect(spool.stats()).toMatchObject({ pendingCount: 11, refusedCount: 15, fault: expect.stringContaining('its 680 bytes are used') });
  const [first] = await spool.read(0, { records: 2, bytes: 9999 });
  expect(await spool.append([record('e')])).toBe(0);
  spool.acknowledge((first?.position ?? 0) + 1);
  expect(await spool.append([record('f')])).toBe(1);
  expect(spool.stats().fault).toBeUndefined();
  expect(await textsAfter(spool.cursor)).toEqual(['f']);
});

test('whoever waits for more is called when there is, or when it gives up', async () => {
  await open();
  const stop = new AbortController();
  const told: string[] = [];
  const [woken, stopped] = [spool.more(0, stop.signal).then(() => told.push('there is more')), spool.more(1, stop.signal).then(() => told.push('it gave up'))];
  await spool.append(many(0, 1));
  await woken;
  stop.abort();
  await stopped;
  expect(told).toEqual(['there is more', 'it gave up']);
});

test('a closed spool takes nothing', async () => {
  await open();
  await spool.close();
  await expect(spool.append(many(0, 1))).rejects.toThrow('it is closed');
});

const child = (at: string): ChildProcess => {
  const script = `import { openSpool } from '#platform/spool/spool.ts'; import { systemClock } from '#platform/clock.ts';
    const spool = await openSpool(process.argv[1], { maxBytes: 1e8, segmentBytes: 20000, clock: systemClock });
    for (let at = 0; ; at += 3) { await spool.append([0, 1, 2].map((n) => ({ body: Buffer.from('r' + (at + n)), count: 1 }))); console.log(at + 2); }`;
  return spawn(process.execPath, ['--input-type=module', '-e', script, at], { stdio: ['ignore', 'pipe', 'inherit'] });
};

test('after a kill -9 everything is there that append had confirmed, in order and without a hole', async () => {
  for (const least of [1, 400, 1500]) {
    rmSync(folder, { recursive: true, force: true });
    const writer = child(folder);
    let confirmed = -1;
    for await (const line of createInterface({ input: writer.stdout ?? process.stdin })) {
      confirmed = Number(line);
      if (confirmed >= least && !writer.killed) writer.kill('SIGKILL');
    }
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
    await open();
    const found = await textsAfter(0);
    expect(found.length).toBeGreaterThan(confirmed);
    expect(found).toEqual(texts(0, found.length));
    await spool.close();
  }
});

/** A file system that is full after 64 KiB: only root can make one. */
const full = join(tmpdir(), `spool-full-${process.pid}`);
const isMounted = await (async () => {
  const mount = spawn('sh', ['-c', `mkdir -p ${full} && mount -t tmpfs -o size=64k tmpfs ${full}`], { stdio: 'ignore' });
  const [code] = (await once(mount, 'exit')) as [number];
  return code === 0;
})();

test.skipIf(!isMounted)(`a full disk refuses, and takes again when there is room${isMounted ? '' : ' (skipped: a small file system needs the right to mount)'}`, async () => {
  try {
    spool = await openSpool(join(full, 'spool'), { maxBytes: 1_048_576, segmentBytes: 20_000, clock: systemClock });
    const big = () => spool.append([record('x'.repeat(9000))]);
    const kept: number[] = [];
    for (let at = 0; at < 9; at += 1) kept.push(await big());
    expect(kept.indexOf(0)).toBeGreaterThan(2);
    expect(spool.stats().fault).toContain('the disk is full');
    const before = await spool.read(0, { records: 99, bytes: 1e6 });
    spool.acknowledge(before.at(-1)?.position ?? 0);
    await expect.poll(big, { timeout: 5000 }).toBe(1);
    expect(spool.stats().fault).toBeUndefined();
    await spool.close();
  } finally {
    await once(spawn('sh', ['-c', `umount ${full}`], { stdio: 'ignore' }), 'exit');
    rmSync(full, { recursive: true, force: true });
  }
});

test('a spool makes its folder', async () => {
  folder = join(folder, 'a', 'b');
  await open();
  expect(existsSync(folder)).toBe(true);
});
