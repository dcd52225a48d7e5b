// History over the seam of archive and log: nothing missing, nothing twice, and what cannot be told is said.
import { describe, expect, test } from 'vitest';
import type { ReplayRequest } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { agentActed, anEvent, changedTask, missionUid, t0, wholeMission, wholeTask } from '#domain/replay/testing.ts';
import { S3Error } from '#platform/s3/error.ts';
import { MemoryStore } from '#platform/s3/testing.ts';
import { formatTimeMs } from '#api/time.ts';
import { aMission } from '#testing/builders/mission.ts';
import { rememberManifests } from '../archive/manifests.ts';
import { type ArchiveReader, createArchiveReader } from '../archive/reader.ts';
import { FakeLog, run } from '../archive/testing.ts';
import { aHistory, saidBy } from './testing.ts';
import type { LogPast } from './sources.ts';

const at = (version: number) => ({ version, at: t0 + version * 1000, status: { version } });

/** A log of ten changes, two of them decided by people, archived up to `archived`, and without what was before `left`. */
async function aPast({ archived = 8, left = 6 } = {}) {
  const [log, store] = [new FakeLog(), new MemoryStore()];
  for (let version = 1; version <= archived; version += 1) log.put([version === 1 ? wholeTask({ name: 'a' }, at(1)) : changedTask({ name: 'a' }, at(version - 1), at(version))]);
  const place = { store, prefix: 'p' };
  await run(place, log);
  for (let version = archived + 1; version <= 10; version += 1) log.put([changedTask({ name: 'a' }, at(version - 1), at(version))]);
  const audit = new FakeLog('audit');
  audit.put([anEvent('approval.given', { id: 'u-yes.given', subject: 'approvals/yes', at: t0 + 2500 }, { name: 'yes', uid: 'u-yes', resourceVersion: '2', mission: { name: 'examine', uid: missionUid }, spec: {} })]);
  await run(place, audit, { stream: 'audit' });
  audit.forgetBefore(2);
  log.forgetBefore(left);
  const state: LogPast['state'] = (stream) => (stream === 'audit' ? audit : log).state(stream);
  const reader = { upToNow: (options: Parameters<typeof log.reader.upToNow>[0], signal: AbortSignal) => (options.stream === 'audit' ? audit : log).reader.upToNow(options, signal), follow: log.reader.upToNow };
  return { log, store, state, reader, archive: createArchiveReader(place, rememberManifests(place)) };
}

const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `u-a.${from + index}`);
const whole = ['u-a.1', 'u-a.2', 'u-yes.given', ...ids(3, 10), 'synced'];

async function said(past: Awaited<ReturnType<typeof aPast>>, request: Partial<ReplayRequest> = {}, archive: ArchiveReader | null = past.archive): Promise<string[]> {
  return saidBy(aHistory({ log: past.reader, state: past.state, ...(archive === null ? {} : { archive }) }).call(request));
}

describe('history', () => {
  test('has from the archive what the log no longer has, and the rest from the log', async () => {
    expect(await said(await aPast())).toEqual(whole);
    expect(await said(await aPast({ archived: 8, left: 9 }))).toEqual(whole);
    expect(await said(await aPast({ archived: 10, left: 11 }), { source: 'auto' })).toEqual(whole);
  });

  test('of the log alone says what it no longer has, and of the archive alone ends where the last run ended', async () => {
    expect((await said(await aPast(), { source: 'log' }))).toEqual(['gap: messages 1 to 5 are no longer in the log', ...ids(6, 10), 'synced']);
    expect(await said(await aPast(), { source: 'archive' })).toEqual([...whole.slice(0, 9), 'synced']);
  });

  test('says what neither of them has', async () => {
    const past = await aPast({ archived: 5, left: 8 });
    expect(await said(past)).toEqual(['u-a.1', 'u-a.2', 'u-yes.given', ...ids(3, 5), 'gap: messages 6 to 7 are neither in the log nor in the archive', ...ids(8, 10), 'synced']);
  });

  test('of a log that was made anew has the old one before it', async () => {
    const past = await aPast({ archived: 10, left: 1 });
    past.log.remake();
    past.log.put([changedTask({ name: 'a' }, at(10), at(11))]);
    expect(await said(past)).toEqual([...whole.slice(0, -1), 'u-a.11', 'synced']);
  });

  test('told again by a restored log is told once', async () => {
    const past = await aPast({ archived: 10, left: 11 });
    past.log.put([wholeTask({ name: 'a' }, at(1)), ...[2, 3].map((version) => changedTask({ name: 'a' }, at(version - 1), at(version)))]);
    expect(await said(past)).toEqual(whole);
  });

  test('asks the bucket for nothing when the log goes back far enough', async () => {
    const past = await aPast();
    past.store.before = () => {
      throw new Error('nobody should ask');
    };
    const state: LogPast['state'] = async (stream, signal) => ({ ...(await past.state(stream, signal)), firstTime: t0 });
    const mission = aMission('examine').meta({ uid: missionUid, namespace: 'team-a', creationTimestamp: formatTimeMs(t0 + 3_600_000) }).build();
    expect((await saidBy(aHistory({ log: past.reader, state, archive: past.archive, missions: [mission] }).call({ types: ['task'] }))).at(-1)).toBe('synced');
  });
});

describe('when the archive cannot be read', () => {
  test('the log is told, and that something is missing', async () => {
    const past = await aPast();
    past.store.before = () => {
      throw new S3Error('list p/_manifests/: no connection; try again later', 'retry');
    };
    const gap = 'gap: what the log no longer has cannot be told: list p/_manifests/: no connection; try again later';
    expect(await said(past)).toEqual([gap, gap, ...ids(6, 10), 'synced']);
    expect(await said(past, { source: 'archive' })).toEqual(['Unavailable cannot read the archive: list p/_manifests/: no connection; try again later; try again in a moment']);
  });

  test('as an object was changed, that is said with its name', async () => {
    const past = await aPast();
    const [key = '', kept] = [...past.store.objects].find(([name]) => name.includes('/team-a/')) ?? [];
    past.store.objects.set(key, { body: (kept?.body ?? new Uint8Array()).map((byte, index) => (index === 60 ? byte ^ 1 : byte)), etag: 'x', writtenMs: 0 });
    expect((await said(past, { source: 'archive' })).at(-1)).toMatch(new RegExp(`^DataLoss read ${key} of the archive: its checksum is not the one in its manifest`));
    expect((await said(past)).filter((text) => text.startsWith('gap: '))).toEqual([expect.stringContaining(key)]);
  });
});

describe('what there is not is said', () => {
  const cases: Record<string, { request: Partial<ReplayRequest>; without: 'log' | 'archive' | 'both'; want: string }> = {
    'no archive': { request: { source: 'archive' }, without: 'archive', want: 'FailedPrecondition this mirror has no archive: set CODITECT_S3_BUCKET' },
    'no log': { request: { source: 'log' }, without: 'log', want: 'Unimplemented this mirror has no event log: set CODITECT_NATS_SERVERS' },
    'a source that is none': { request: { source: 'tape' }, without: 'archive', want: 'InvalidArgument source: must be one of auto, log, archive' },
    'nothing to follow in an archive': { request: { source: 'archive', follow: true }, without: 'log', want: 'InvalidArgument source: the archive ends where the log goes on: follow needs auto or log' },
  };
  test.each(Object.entries(cases))('%s', async (_, { request, without, want }) => {
    const past = await aPast();
    const archive = without === 'archive' ? {} : { archive: past.archive };
    expect((await saidBy(aHistory({ log: without === 'log' ? null : past.reader, state: past.state, ...archive }).call(request)))[0]).toBe(want);
  });

  test('an archive alone is enough for what it has', async () => {
    const past = await aPast();
    expect(await saidBy(aHistory({ log: null, archive: past.archive }).call())).toEqual([...whole.slice(0, 9), 'synced']);
    expect((await saidBy(aHistory({ log: null, archive: past.archive }).call({ follow: true }))).at(-1)).toBe('Unimplemented this mirror has no event log: set CODITECT_NATS_SERVERS');
  });
});

test('following goes on in the log, wherever the past came from', async () => {
  const past = await aPast({ archived: 10, left: 11 });
  const asked: unknown[] = [];
  const follow = (options: { readonly start: unknown }) => (asked.push(options.start), past.log.reader.upToNow({ stream: 'audit', start: { kind: 'new' } }, new AbortController().signal));
  await saidBy(aHistory({ log: { ...past.reader, follow }, state: past.state, archive: past.archive }).call({ follow: true, types: ['task'] }));
  // Numbers of the archive may be those of another log.
  expect(asked).toEqual([{ kind: 'beginning' }]);
});

test('the other missions of the tenant, and its agents, are left where they are', async () => {
  const [log, store] = [new FakeLog(), new MemoryStore()];
  log.put([{ ...wholeMission(at(1)), mission: 'other', id: 'other' }]);
  log.put([wholeMission(at(2))]);
  log.put([agentActed('a', 1, t0 + 2500)]);
  await run({ store, prefix: 'p' }, log);
  const archive = createArchiveReader({ store, prefix: 'p' }, rememberManifests({ store, prefix: 'p' }));
  expect(await saidBy(aHistory({ log: null, archive }).call({ types: ['mission'] }))).toEqual(['u-mission.2', 'synced']);
});
