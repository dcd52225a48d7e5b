import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Manifest } from '#api/archive.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import { agentActed, changedTask, deletedTask, t0, wholeMission, wholeTask } from '#domain/replay/testing.ts';
import { readRows, writeRows } from '#platform/parquet/rows.ts';
import { aManifest, all } from '../testing.ts';
import { choose, missingBetween, type Question } from './choose.ts';
import { expiryOf } from './expire.ts';
import { dayOf, instantOf, isPartKey, manifestKey, partKey } from './layout.ts';
import { draftsOf } from './parts.ts';
import { type Resume, resumeOf } from './resume.ts';
import { familyIn, messagesOf, rowsOf, type Told } from './rows.ts';

describe('a run begins', () => {
  const of = (...spans: readonly (readonly [number, number])[]) => spans.map(([first, last]) => ({ first, last }));
  const cases: Record<string, { manifests: ReturnType<typeof of>; now: readonly [number, number]; want: Resume }> = {
    'with the first message that there ever was': { manifests: [], now: [1, 9], want: { kind: 'read', next: 1, until: 9 } },
    'with what was lost before the first run, to say so': { manifests: [], now: [5, 9], want: { kind: 'read', next: 1, until: 9 } },
    'behind the last one': { manifests: of([5, 8], [1, 4]), now: [1, 9], want: { kind: 'read', next: 9, until: 9 } },
    'in a hole, up to its end': { manifests: of([1, 4], [9, 12]), now: [1, 20], want: { kind: 'read', next: 5, until: 8 } },
    'behind pieces that overlap': { manifests: of([1, 9], [4, 6]), now: [1, 12], want: { kind: 'read', next: 10, until: 12 } },
    'with nothing, when nothing is new': { manifests: of([1, 9]), now: [1, 9], want: { kind: 'nothing' } },
    'with nothing in a stream without messages': { manifests: [], now: [1, 0], want: { kind: 'nothing' } },
    'behind manifests whose elders are gone for their age': { manifests: of([100, 120]), now: [90, 130], want: { kind: 'read', next: 121, until: 130 } },
    'never in a stream that went back': { manifests: of([1, 9]), now: [1, 7], want: { kind: 'wentBack', archived: 9 } },
  };
  test.each(Object.entries(cases))('%s', (_, { manifests, now: [first, last], want }) => expect(resumeOf(manifests, { first, last })).toEqual(want));
});

describe('a question needs', () => {
  const manifests = [
    aManifest(1, 9, { log: 'two', parts: [{ key: 'd', from: 30, until: 40 }] }),
    aManifest(10, 19, { parts: [{ key: 'b', from: 10, until: 20 }, { key: 'c', tenant: 'team-b', from: 10, until: 20 }] }),
    aManifest(1, 9, { parts: [{ key: 'a', from: 0, until: 9 }] }),
    aManifest(1, 5, { stream: 'audit', parts: [{ key: 'e', from: 5, until: 5 }] }),
  ];
  const cases: Record<string, { question: Partial<Question>; want: string }> = {
    'everything, older logs first, each in its order': { question: {}, want: 'a bc d' },
    'only files of its tenant': { question: { tenant: 'team-a' }, want: 'a b d' },
    'only files that touch its time, both ends counted': { question: { tenant: 'team-a', from: 20, until: 30 }, want: ' b d' },
    'of the log of now what is before its first message': { question: { tenant: 'team-a', before: { log: 'two', sequence: 1 } }, want: 'a b' },
    'a piece that begins before it, whole': { question: { tenant: 'team-a', before: { log: 'two', sequence: 5 } }, want: 'a b d' },
    'its own stream': { question: { stream: 'audit' }, want: 'e' },
  };
  test.each(Object.entries(cases))('%s', (_, { question, want }) => {
    const chosen = choose(manifests, { stream: 'events', ...question });
    expect(chosen.map(({ parts }) => parts.map(({ key }) => key).join('')).join(' ')).toBe(want);
  });

  test('to be told of a manifest that is gone, in its log alone', () => {
    const chosen = choose([aManifest(20, 29), aManifest(1, 9), aManifest(40, 49, { log: 'two' })], { stream: 'events' });
    expect(chosen.map(({ manifest, hole }) => [manifest.first, hole])).toEqual([[1, undefined], [20, { first: 10, last: 19 }], [40, undefined]]);
  });

  test.each([
    ['nothing more when the archive meets the log', 20, undefined],
    ['to be told what neither has', 25, { first: 20, last: 24 }],
  ])('%s', (_, sequence, want) => expect(missingBetween(manifests, { stream: 'events', before: { log: 'one', sequence } })).toEqual(want));
});

describe('what is kept long enough', () => {
  const now = Date.UTC(2026, 10, 10, 12);
  const day = (date: number) => ({ key: `d${date}`, day: `2026-11-0${date}` });
  const cases: Record<string, { manifests: readonly Manifest[]; keepDays: number; want: { rewrite: readonly string[]; drop: readonly number[]; parts: string } }> = {
    'goes by whole days': { manifests: [aManifest(1, 9, { parts: [day(4), day(5), day(6)] })], keepDays: 5, want: { rewrite: ['1: d5 d6'], drop: [], parts: 'd4' } },
    'leaves an empty manifest at the end': { manifests: [aManifest(1, 9, { parts: [day(1)] })], keepDays: 5, want: { rewrite: ['1: '], drop: [], parts: 'd1' } },
    'takes empty manifests at the beginning along': { manifests: [aManifest(10, 19, { parts: [day(9)] }), aManifest(1, 9, { parts: [day(1)] })], keepDays: 5, want: { rewrite: [], drop: [1], parts: 'd1' } },
    'leaves no hole between manifests': { manifests: [aManifest(1, 9, { parts: [day(9)] }), aManifest(10, 19, { parts: [day(1)] }), aManifest(20, 29, { parts: [day(9)] })], keepDays: 5, want: { rewrite: ['10: '], drop: [], parts: 'd1' } },
    'does so for each stream': { manifests: [aManifest(1, 9, { parts: [day(1)] }), aManifest(1, 9, { stream: 'audit', parts: [day(9)] })], keepDays: 5, want: { rewrite: ['1: '], drop: [], parts: 'd1' } },
    'is nothing while all is young': { manifests: [aManifest(1, 9, { parts: [day(9)] }), aManifest(10, 19)], keepDays: 5, want: { rewrite: [], drop: [], parts: '' } },
  };
  test.each(Object.entries(cases))('%s', (_, { manifests, keepDays, want }) => {
    const { rewrite, drop, parts } = expiryOf(manifests, keepDays, now);
    expect({ rewrite: rewrite.map((manifest) => `${manifest.first}: ${manifest.parts.map(({ key }) => key).join(' ')}`), drop: drop.map(({ first }) => first), parts: parts.map(({ key }) => key).join(' ') }).toEqual(want);
    expect(rewrite.every(({ expiredBefore }) => expiredBefore === '2026-11-05')).toBe(true);
  });
});

describe('names', () => {
  test('say tenant and day, and two logs share none', () => {
    const part = { tenant: 'team-a', day: '2026-11-01', rows: 1, bytes: 1, sha256: 'ab'.repeat(32), first: 7, last: 12, from: 0, until: 0 };
    expect(partKey('p/q', { stream: 'events' }, part)).toBe('p/q/team-a/2026-11-01/events-000000000007-000000000012-abababababab.parquet');
    expect(manifestKey('p', aManifest(7, 12, { log: '2026-11-01T00:00:00.5Z' }))).toBe('p/_manifests/events-20261101T0000005Z/000000000007.json');
    expect(isPartKey('p/q', partKey('p/q', { stream: 'audit' }, part))).toBe(true);
  });

  test.each(['p/_manifests/events-x/1.json', 'p/_manifests/2026-11-01/x.parquet', 'p/team-a/x.parquet', 'other/team-a/2026-11-01/x.parquet', 'p/team-a/2026-11-01/sub/x.parquet'])('%s is no file with events', (key) => expect(isPartKey('p', key)).toBe(false));

  test.each([
    ['2026-11-23T23:59:59.999Z', '2026-11-23'],
    ['2026-11-24T01:00:00+02:00', '2026-11-23'],
    ['yesterday', '1970-01-01'],
    ['+020000-01-01T00:00:00Z', '9999-12-31'],
    ['-000001-01-01T00:00:00Z', '1970-01-01'],
  ])('an event of %s is of the day %s', (time, day) => expect(dayOf(instantOf(time))).toBe(day));

  test.each([['ai.coditect.agent.think.v1', 'agent'], ['ai.coditect.pool.gone.v9', 'pool'], ['whatever', 'task']])('%s is of the family %s', (type, family) => expect(familyIn(type)).toBe(family));
});

describe('a row', () => {
  const version = { version: 1, at: t0, status: {} };
  const columns = (event: CloudEvent) => {
    return rowsOf({ sequence: 4, tenant: 'team-a', events: [event] }).flatMap(({ task_uid, agent, version: of, mission, mission_uid, sequence, position }) => [task_uid, agent, of, mission, mission_uid, sequence, position]);
  };
  test('of what an agent did names task and agent', () => expect(columns(agentActed('a', 1, t0))).toEqual(['u-a', 'crew-1', 1, 'examine', 'u-mission', 4, 0]));
  test('of a task names it', () => expect(columns(wholeTask({ name: 'a', facts: { agent: 'crew-2' } }, version))).toEqual(['u-a', 'crew-2', 1, 'examine', 'u-mission', 4, 0]));
  test('of a task that is gone names it', () => expect(columns(deletedTask('a', 2, t0))).toEqual(['u-a', null, 1, 'examine', 'u-mission', 4, 0]));
  test('of a mission names no task', () => expect(columns(wholeMission(version))).toEqual([null, null, 1, 'examine', 'u-mission', 4, 0]));
});

const anyText = fc.string({ unit: 'grapheme', maxLength: 40 });
const anyEvent = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: -3 * 86_400_000, max: 3 * 86_400_000 }), anyText).map(([number, offset, text]): CloudEvent => {
  const version = { version: number, at: t0 + offset, status: { text, lone: '\ud800', nested: [null, { 'ключ"\n': text }] } };
  return number < 3 ? changedTask({ name: 'a' }, { version: 0, at: t0, status: {} }, version) : { ...agentActed('b', number, t0 + offset), ...(number === 4 ? { mission: undefined } : {}) } as CloudEvent;
});
const anyLog = fc.array(fc.tuple(fc.constantFrom('team-a', 'team-b', 'c'), fc.array(anyEvent, { minLength: 1, maxLength: 6 })), { maxLength: 12 }).map((messages) => messages.map(([tenant, events], index): Told => ({ sequence: index * 3 + 1, tenant, events })));

test('any events, as files and back, are the same messages with the same bytes, and no file holds two tenants or days', async () => {
  await fc.assert(
    fc.asyncProperty(anyLog, async (log) => {
      const drafts = draftsOf(log.flatMap(rowsOf));
      const kept = ['sequence', 'position', 'tenant', 'type', 'mission', 'event', 'time'] as const;
      const files = await Promise.all(drafts.map(async ({ rows }) => (await all(readRows(writeRows(rows), kept))).flat()));
      for (const [index, rows] of files.entries()) expect(new Set(rows.map(({ tenant, time }) => `${tenant} ${dayOf(time)}`))).toEqual(new Set([`${drafts[index]?.tenant} ${drafts[index]?.day}`]));
      const told = messagesOf(files.toReversed().flat()).map(({ sequence, tenant, texts }) => ({ sequence, tenant, texts }));
      expect(told).toEqual(log.map(({ sequence, tenant, events }) => ({ sequence, tenant, texts: events.map((event) => JSON.stringify(event)) })));
    }),
    { numRuns: 60 },
  );
});
