// Runs, reads, restores and keeps over a bucket and a log in memory, which fail when they are told to.
import { describe, expect, test } from 'vitest';
import { Manifest } from '#api/archive.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import { agentActed, anEvent, changedTask, t0, wholeMission, wholeTask } from '#domain/replay/testing.ts';
import { MemoryLog } from '#mirror/testing.ts';
import type { Received } from '#platform/nats/types.ts';
import { readRows, writeRows } from '#platform/parquet/rows.ts';
import { S3Error } from '#platform/s3/error.ts';
import { MemoryStore } from '#platform/s3/testing.ts';
import { settle } from '#testing/manual-clock.ts';
import { contents, expire, verify } from './keep.ts';
import { rememberManifests } from './manifests.ts';
import type { Place } from './ports.ts';
import { type ArchiveOptions, createArchiveReader } from './reader.ts';
import { restore } from './restore.ts';
import { all, FakeLog, run } from './testing.ts';

const signal = new AbortController().signal;
const dayMs = 86_400_000;
const at = (version: number) => ({ version, at: t0 + version * 1000, status: { version } });
const foreign = (event: CloudEvent): CloudEvent => ({ ...event, id: `b.${event.id}`, tenant: 'team-b' });
const elsewhere = (event: CloudEvent): CloudEvent => ({ ...event, id: `o.${event.id}`, mission: 'other' });

/** Messages of two tenants and two days, from 1 to `count`. */
function aLog(count = 12): FakeLog {
  const log = new FakeLog();
  for (let number = 1; number <= count; number += 1) {
    const events = [changedTask({ name: 'a' }, at(number - 1), at(number)), { ...agentActed('a', number, t0 + number * 1000 + (number % 2) * dayMs), type: 'ai.coditect.task.changed.v1', data: wholeTask({ name: 'b' }, at(number)).data } as CloudEvent];
    log.put(number % 3 === 0 ? events.map(foreign) : events);
  }
  return log;
}

const aPlace = (store = new MemoryStore()): Place & { readonly store: MemoryStore } => ({ store, prefix: 'test' });
const told = (place: Place, options: Partial<ArchiveOptions> = {}) => all(createArchiveReader(place, rememberManifests(place)).messages({ stream: 'events', ...options }, signal));
const logged = async (log: FakeLog, tenant?: string) => (await all(log.reader.upToNow({ stream: 'events', start: { kind: 'beginning' } }, signal))).filter((message) => message.tenant === (tenant ?? message.tenant));
/** What readers make of messages. */
const plain = (messages: readonly Received[]) => messages.map(({ sequence, tenant, family, events, gap, fault }) => ({ sequence, tenant, family, events: events.map((event) => JSON.stringify(event)), gap, fault }));
const spans = (manifests: readonly Manifest[]) => manifests.map(({ first, last }) => `${first}-${last}`);
const manifestsIn = (place: Place) => rememberManifests(place).all(signal);
const partKeys = ({ objects }: MemoryStore) => [...objects.keys()].filter((key) => key.endsWith('.parquet'));

describe('the archive tells what the log told', () => {
  test('message for message and byte for byte, in pieces', async () => {
    const [place, log] = [aPlace(), aLog()];
    const pieces = await run(place, log);
    expect(pieces.length).toBeGreaterThan(3);
    expect(plain(await told(place))).toEqual(plain(await logged(log)));
    expect(plain(await told(place, { tenant: 'team-b' }))).toEqual(plain(await logged(log, 'team-b')));
  });

  test('and goes on where it ended', async () => {
    const [place, log] = [aPlace(), aLog(5)];
    await run(place, log, { mostBytes: 1e9 });
    expect(await run(place, log)).toEqual([]);
    log.put([wholeMission(at(6))]);
    expect(spans(await run(place, log, { mostBytes: 1e9 }))).toEqual(['6-6']);
    expect(plain(await told(place))).toEqual(plain(await logged(log)));
  });

  test('in a stream of its own for what people decided', async () => {
    const [place, log] = [aPlace(), new FakeLog('audit')];
    log.put([anEvent('approval.given', { id: 'yes', subject: 'approvals/yes', at: t0 }, { name: 'yes', uid: 'u', resourceVersion: '1', mission: { name: 'examine', uid: 'u-mission' }, spec: {} })]);
    expect(await run(place, log)).toEqual([]);
    expect(spans(await run(place, log, { stream: 'audit' }))).toEqual(['1-1']);
    expect((await told(place, { stream: 'audit' })).map(({ family }) => family)).toEqual(['approval']);
    expect(await told(place)).toEqual([]);
  });

  test('of a time, a mission and families, and reads no more than it needs', async () => {
    const [place, log] = [aPlace(), aLog(3)];
    log.put([elsewhere(wholeTask({ name: 'c' }, at(4)))]);
    log.put([agentActed('a', 5, t0)]);
    await run(place, log, { mostBytes: 1e9 });
    expect((await told(place, { mission: 'other' })).flatMap(({ events }) => events.map(({ id }) => id))).toEqual(['o.u-c.4']);
    expect((await told(place, { families: ['agent'] })).map(({ sequence }) => sequence)).toEqual([5]);
    place.store.read.length = 0;
    expect((await told(place, { tenant: 'team-a', from: t0 + dayMs })).map(({ sequence }) => sequence)).toEqual([1]);
    expect(place.store.read.filter((key) => key.endsWith('.parquet'))).toEqual([expect.stringContaining('/team-a/2026-11-24/')]);
  });
});

test('whoever writes to the log chooses no name in the bucket', async () => {
  const [place, log] = [aPlace(), aLog(2)];
  for (const tenant of ['../team-b', 'Team_A', 'a/b', '_manifests', 'x'.repeat(300)]) log.put([{ ...wholeTask({ name: 'a' }, at(1)), tenant: 'team-a' }], { tenant });
  log.put([wholeTask({ name: 'a' }, at(3))]);
  const [piece] = await run(place, log, { mostBytes: 1e9 });
  expect(piece?.unreadable.map(({ sequence, fault }) => `${sequence}: ${fault}`)).toEqual([3, 4, 5, 6, 7].map((sequence) => `${sequence}: its subject names no tenant`));
  expect([...place.store.objects.keys()].filter((key) => !/^test\/(team-a\/|_manifests\/events-)/.test(key))).toEqual([]);
  expect((await told(place, { tenant: 'team-a' })).map(({ sequence }) => sequence)).toEqual([1, 2, 8]);
});

test('a tenant costs no byte of another one', async () => {
  const [place, log] = [aPlace(), aLog()];
  await run(place, log);
  place.store.read.length = 0;
  expect(new Set((await told(place, { tenant: 'team-b', mission: 'examine' })).map(({ tenant }) => tenant))).toEqual(new Set(['team-b']));
  const files = place.store.read.filter((key) => !key.startsWith('test/_manifests/'));
  expect(files.length).toBeGreaterThan(0);
  expect(files.filter((key) => !key.startsWith('test/team-b/'))).toEqual([]);
});

describe('what is missing', () => {
  const gapsTold = async (place: Place, tenant?: string) => (await told(place, tenant === undefined ? {} : { tenant })).flatMap(({ sequence, gap }) => (gap === undefined ? [] : [`${sequence}: ${gap}`]));

  test('before the first run, between two and at the end is in manifests, and told where it is missing', async () => {
    const [place, log] = [aPlace(), aLog(6)];
    log.forgetBefore(3);
    await run(place, log, { mostBytes: 1e9 });
    for (let number = 0; number < 4; number += 1) log.put([wholeTask({ name: 'a' }, at(number))]);
    log.forgetBefore(9);
    await run(place, log, { mostBytes: 1e9 });
    for (let number = 0; number < 2; number += 1) log.put([wholeTask({ name: 'a' }, at(number))]);
    log.forgetBefore(13);
    await run(place, log, { mostBytes: 1e9 });
    expect((await manifestsIn(place)).map(({ first, last, gaps }) => ({ first, last, gaps }))).toEqual([
      { first: 1, last: 6, gaps: [{ first: 1, last: 2 }] },
      { first: 7, last: 10, gaps: [{ first: 7, last: 8 }] },
      { first: 11, last: 12, gaps: [{ first: 11, last: 12 }] },
    ]);
    const lost = (first: number, last: number) => `messages ${first} to ${last} were lost before they were archived`;
    expect(await gapsTold(place, 'team-a')).toEqual([`4: ${lost(1, 2)}`, `9: ${lost(7, 8)}`, `12: ${lost(11, 12)}`]);
  });

  test('between archive and log is told', async () => {
    const [place, log] = [aPlace(), aLog(6)];
    await run(place, log);
    const before = { log: (await log.state('events')).created, sequence: 9 };
    expect((await told(place, { before })).at(-1)?.gap).toBe('messages 7 to 8 are neither in the log nor in the archive');
  });

  test('of messages that could not be read is told to their tenant alone', async () => {
    const [place, log] = [aPlace(), aLog(3)];
    log.put([], { fault: 'the body cannot be read', family: 'agent' });
    log.put([wholeTask({ name: 'a' }, at(5))], { fault: 'event 1 of 2: no data' });
    await run(place, log, { mostBytes: 1e9 });
    const faults = (messages: readonly Received[]) => messages.flatMap(({ sequence, fault }) => (fault === undefined ? [] : [`${sequence}: ${fault}`]));
    expect(faults(await told(place, { tenant: 'team-a', mission: 'examine' }))).toEqual(['4: the body cannot be read', '5: event 1 of 2: no data']);
    expect(faults(await told(place, { tenant: 'team-a', families: ['task'] }))).toEqual(['5: event 1 of 2: no data']);
    expect(faults(await told(place, { tenant: 'team-b' }))).toEqual([]);
  });
});

describe('a log', () => {
  test('that was made anew is another one, and the old one is told before it', async () => {
    const [place, log] = [aPlace(), aLog(4)];
    await run(place, log);
    const before = plain(await logged(log));
    log.remake();
    log.put([wholeTask({ name: 'new' }, at(1))]);
    await run(place, log);
    expect(plain(await told(place))).toEqual([...before, ...plain(await logged(log))]);
    expect(plain(await told(place, { before: { log: (await log.state('events')).created, sequence: 1 } }))).toEqual(before);
  });

  test('that went back is refused: its numbers will mean other messages', async () => {
    const [place, log] = [aPlace(), aLog(6)];
    await run(place, log);
    log.goBackTo(3);
    await expect(run(place, log)).rejects.toThrow('it ends at message 3, but was archived up to 6');
  });

  test('that is made anew while it is read leaves nothing behind that counts', async () => {
    const [place, log] = [aPlace(), aLog(6)];
    let asked = 0;
    log.onState = () => {
      if ((asked += 1) === 2) log.remake();
    };
    await expect(run(place, log, { mostBytes: 1e9 })).rejects.toThrow('it was made anew meanwhile');
    expect(await manifestsIn(place)).toEqual([]);
    expect(await told(place)).toEqual([]);
  });
});

test('a manifest that is gone is told as a gap, and the next run fills it from the log as far as that still has it', async () => {
  const [place, log] = [aPlace(), aLog()];
  const pieces = await run(place, log);
  const [, second, third] = pieces;
  if (second === undefined || third === undefined) throw new Error('there are too few pieces');
  for (const [key] of [...place.store.objects].filter(([name]) => name.endsWith(`${String(second.first).padStart(12, '0')}.json`))) place.store.objects.delete(key);
  expect((await told(place)).flatMap(({ gap }) => gap ?? [])).toEqual([`messages ${second.first} to ${second.last} are not in the archive: their manifest is gone`]);
  expect(spans(await run(place, log, { mostBytes: 1e9 }))).toEqual([`${second.first}-${second.last}`]);
  expect(plain(await told(place))).toEqual(plain(await logged(log)));
});

describe('two runs at once', () => {
  test('are one that goes on and one that ends, and nothing is doubled', async () => {
    const [place, log] = [aPlace(), aLog()];
    const ends = await Promise.allSettled([run(place, log), run(place, log)]);
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(ends.map((end) => (end.status === 'rejected' ? String(end.reason) : '')).join('')).toMatch(/another run has archived from message 1 on, so this one ends/);
    expect(plain(await told(place))).toEqual(plain(await logged(log)));
  });

  test('also in a bucket that knows no conditions', async () => {
    const [store, log] = [new MemoryStore(), aLog()];
    const put = store.put.bind(store);
    store.put = (key, body) => put(key, body);
    const place = aPlace(store);
    const first = run(place, log);
    await settle();
    await Promise.allSettled([first, run(place, log)]);
    await run(place, log);
    const messages = await told(place);
    expect(plain([...new Map(messages.map((message) => [message.sequence, message])).values()])).toEqual(plain(await logged(log)));
  });
});

test('a lost reply is no failure: what lies there tells who wrote it', async () => {
  const [store, log] = [new MemoryStore(), aLog()];
  const put = store.put.bind(store);
  store.put = async (key, body, options) => {
    await put(key, body, options);
    if (options?.isNew === true) throw new S3Error(`put ${key}: there is one`, 'exists');
  };
  const place = aPlace(store);
  expect((await run(place, log)).length).toBeGreaterThan(3);
  expect(plain(await told(place))).toEqual(plain(await logged(log)));
});

test('killed before any of its calls a run leaves whole pieces, and the next one completes them to the same archive', async () => {
  const whole = aPlace();
  const log = aLog(5);
  let calls = 0;
  whole.store.before = () => void (calls += 1);
  await run(whole, log);
  whole.store.before = () => {};
  const want = plain(await logged(log));
  expect(calls).toBeGreaterThan(10);
  for (let last = 1; last <= calls; last += 1) {
    const place = aPlace();
    let made = 0;
    place.store.before = () => {
      if ((made += 1) >= last) throw new Error('killed');
    };
    await expect(run(place, log)).rejects.toThrow('killed');
    place.store.before = () => {};
    const seen = plain(await told(place));
    expect(seen).toEqual(want.slice(0, seen.length));
    await run(place, log);
    expect(plain(await told(place))).toEqual(want);
    // Names are made of contents, so nothing was put twice under two names.
    expect(partKeys(place.store).toSorted()).toEqual(partKeys(whole.store).toSorted());
  }
}, 60_000);

describe('an object that is not what it should be is refused by its name', () => {
  const change = (store: MemoryStore, key: string, body: Uint8Array) => void store.objects.set(key, { body, etag: 'changed', writtenMs: 0 });
  const rowsIn = async (body: Uint8Array) => (await all(readRows(body, ['id', 'type', 'version', 'time', 'tenant', 'mission', 'mission_uid', 'task_uid', 'agent', 'subject', 'source', 'sequence', 'position', 'event']))).flat();
  /** Changes a manifest and the file that it names, so that sizes and checksums fit. */
  const forge = async (store: MemoryStore, key: string, make: (rows: Awaited<ReturnType<typeof rowsIn>>) => Uint8Array, keep: readonly (keyof Manifest['parts'][number])[] = []) => {
    const body = make(await rowsIn(store.objects.get(key)?.body ?? new Uint8Array()));
    change(store, key, body);
    for (const [manifestKey, { body: text }] of [...store.objects].filter(([name]) => name.endsWith('.json'))) {
      const manifest = Manifest.parse(JSON.parse(new TextDecoder().decode(text)));
      const fitting = { bytes: body.length, sha256: await crypto.subtle.digest('SHA-256', body.slice()).then((digest) => Buffer.from(digest).toString('hex')) };
      const parts = manifest.parts.map((part) => (part.key === key ? { ...part, ...fitting, ...Object.fromEntries(keep.map((name) => [name, part[name]])) } : part));
      change(store, manifestKey, new TextEncoder().encode(JSON.stringify({ ...manifest, parts })));
    }
  };
  const cases: Record<string, { spoil: (store: MemoryStore, key: string) => Promise<void> | void; want: RegExp }> = {
    'when one bit of it is another': { spoil: (store, key) => change(store, key, (store.objects.get(key)?.body ?? new Uint8Array()).map((byte, index) => (index === 99 ? byte ^ 1 : byte))), want: /its checksum is not the one in its manifest, so it was changed/ },
    'when it is cut': { spoil: (store, key) => change(store, key, (store.objects.get(key)?.body ?? new Uint8Array()).subarray(0, 50)), want: /it has 50 bytes instead of \d+/ },
    'when it is gone': { spoil: (store, key) => void store.objects.delete(key), want: /it is not there/ },
    'when it holds events of somebody else': { spoil: (store, key) => forge(store, key, (rows) => writeRows(rows.map((row) => ({ ...row, tenant: 'team-b' })))), want: /it holds events of another tenant/ },
    'when rows are missing in it': { spoil: (store, key) => forge(store, key, (rows) => writeRows(rows.slice(1))), want: /it has 7 rows instead of 8/ },
    'when it is no such file': { spoil: (store, key) => forge(store, key, () => new TextEncoder().encode('PAR1 of a kind')), want: /the file is no Parquet file of events/ },
  };
  test.each(Object.entries(cases))('%s', async (_, { spoil, want }) => {
    const [place, log] = [aPlace(), aLog()];
    await run(place, log, { mostBytes: 1e9 });
    const key = partKeys(place.store).find((name) => name.includes('/team-a/2026-11-24/') || name.includes('/team-a/')) ?? '';
    const rows = (await rowsIn(place.store.objects.get(key)?.body ?? new Uint8Array())).length;
    await spoil(place.store, key);
    const named = new RegExp(`^ArchiveError: read ${key} of the archive: .*${want.source.replace('7 rows instead of 8', `${rows - 1} rows instead of ${rows}`)}.*; put it back from a backup$`);
    expect(await told(place, { tenant: 'team-a' }).then(() => 'told', String)).toMatch(named);
    expect((await verify(place, undefined, signal)).faults.map((fault) => `ArchiveError: ${fault}`)).toEqual([expect.stringMatching(named)]);
    // The other tenant has its history.
    expect((await told(place, { tenant: 'team-b' })).length).toBeGreaterThan(0);
  });

  test('also a manifest, whether it is no JSON, of another version, or lies at another place', async () => {
    const [place, log] = [aPlace(), aLog(2)];
    await run(place, log, { mostBytes: 1e9 });
    const [key = '', kept] = [...place.store.objects].find(([name]) => name.endsWith('.json')) ?? [];
    const text = new TextDecoder().decode(kept?.body);
    for (const [content, want] of [['{', 'read the manifest'], [text.replace('"version": 1', '"version": 2'), 'version: '], [text.replace('"first": 1,', '"first": 2,'), 'it says that it is']] as const) {
      change(place.store, key, new TextEncoder().encode(content));
      const said = await told(place).then(() => 'told', String);
      expect(said).toContain(key);
      expect(said).toContain(want);
    }
  });

  test('a manifest that names a file of another tenant opens it for nobody', async () => {
    const [place, log] = [aPlace(), aLog()];
    await run(place, log, { mostBytes: 1e9 });
    const [key = '', kept] = [...place.store.objects].find(([name]) => name.endsWith('.json')) ?? [];
    const manifest = Manifest.parse(JSON.parse(new TextDecoder().decode(kept?.body)));
    change(place.store, key, new TextEncoder().encode(JSON.stringify({ ...manifest, parts: manifest.parts.map((part) => ({ ...part, tenant: 'team-a' })) })));
    place.store.read.length = 0;
    expect(await told(place, { tenant: 'team-a' }).then(() => 'told', String)).toMatch(/it does not lie where events of team-a of that day lie/);
    expect(place.store.read.filter((name) => name.includes('/team-b/'))).toEqual([]);
  });
});

describe('the archive itself', () => {
  test('is listed by tenant and day', async () => {
    const [place, log] = [aPlace(), aLog()];
    await run(place, log);
    const rows = (await contents(place, undefined, signal)).days;
    expect(rows.map(({ tenant, day, events }) => `${tenant} ${day} ${events}`)).toEqual(['team-a 2026-11-23 12', 'team-a 2026-11-24 4', 'team-b 2026-11-23 6', 'team-b 2026-11-24 2']);
    expect((await contents(place, 'team-b', signal)).days.map(({ tenant }) => tenant)).toEqual(['team-b', 'team-b']);
  });

  test('loses what is old, says so to who asks, and still knows how far it is', async () => {
    const [place, log] = [aPlace(), aLog()];
    await run(place, log, { mostBytes: 1e9 });
    const now = t0 + 3 * dayMs;
    expect(await expire(place, { keepDays: 2, now }, signal)).toMatchObject({ parts: 2, manifests: 0 });
    expect((await contents(place, undefined, signal)).days.map(({ day }) => day)).toEqual(['2026-11-24', '2026-11-24']);
    expect(partKeys(place.store).filter((key) => key.includes('2026-11-23'))).toEqual([]);
    expect((await told(place, { tenant: 'team-a' }))[0]?.gap).toBe('events of days before 2026-11-24 are no longer in the archive');
    await expire(place, { keepDays: 1, now: now + 9 * dayMs }, signal);
    expect(partKeys(place.store)).toEqual([]);
    expect(await run(place, log)).toEqual([]);
  });

  test('keeps everything with 0 days to keep, but for what killed runs left more than a day ago', async () => {
    const [place, log] = [aPlace(), aLog()];
    await run(place, log);
    const before = partKeys(place.store);
    await place.store.put('test/team-a/2026-11-23/events-left.parquet', new Uint8Array([1]));
    expect(await expire(place, { keepDays: 0, now: dayMs }, signal)).toEqual({ parts: 0, manifests: 0, leftovers: 0 });
    place.store.now = 2 * dayMs;
    await place.store.put('test/team-a/2026-11-23/events-fresh.parquet', new Uint8Array([1]));
    place.store.objects.set('test/elsewhere.txt', { body: new Uint8Array(), etag: '', writtenMs: 0 });
    expect(await expire(place, { keepDays: 0, now: 2 * dayMs }, signal)).toEqual({ parts: 0, manifests: 0, leftovers: 1 });
    expect(partKeys(place.store)).toEqual([...before, 'test/team-a/2026-11-23/events-fresh.parquet']);
    expect(place.store.objects.has('test/elsewhere.txt')).toBe(true);
  });
});

describe('restoring', () => {
  const restored = async (place: Place, wish: { from: string; until: string; tenant?: string }, publisher = new MemoryLog()) => {
    const reader = createArchiveReader(place, rememberManifests(place));
    const result = await restore({ reader, publisher, patienceMs: 1000, onProgress: () => {} }, wish, signal);
    return { ...result, ids: publisher.events.map(({ id }) => id) };
  };
  const idsOf = async (log: FakeLog, isWanted: (event: CloudEvent) => boolean) => (await logged(log)).flatMap(({ events }) => events.filter(isWanted).map(({ id }) => id));

  test('puts days back, of one tenant or of all, in the order of the log', async () => {
    const [place, log] = [aPlace(), aLog()];
    await run(place, log);
    expect((await restored(place, { from: '2026-11-23', until: '2026-11-24' })).ids).toEqual(await idsOf(log, () => true));
    expect((await restored(place, { from: '2026-11-24', until: '2026-11-30', tenant: 'team-b' })).ids).toEqual(await idsOf(log, ({ tenant, time }) => tenant === 'team-b' && time.startsWith('2026-11-24')));
    expect(await restored(place, { from: '2026-11-25', until: '2026-11-30' })).toEqual({ events: 0, faults: [], ids: [] });
  });

  test('leaves out what a message of one tenant says of another', async () => {
    const [place, log] = [aPlace(), new FakeLog()];
    log.put([wholeTask({ name: 'a' }, at(1)), foreign(wholeTask({ name: 'a' }, at(2)))], { tenant: 'team-a' });
    await run(place, log);
    expect((await restored(place, { from: '2026-11-23', until: '2026-11-23' })).ids).toEqual(['u-a.1']);
  });

  test('says what it could not put back, and ends when there is no room', async () => {
    const [place, log] = [aPlace(), aLog(6)];
    log.forgetBefore(3);
    await run(place, log);
    expect((await restored(place, { from: '2026-11-23', until: '2026-11-24' })).faults).toEqual(['messages 1 to 2 were lost before they were archived']);
    const publisher = new MemoryLog();
    publisher.room = 3;
    await expect(restored(place, { from: '2026-11-23', until: '2026-11-24' }, publisher)).rejects.toThrow('the folder of this program has no room for 5 of them');
  });
});
