import { describe, expect, test } from 'vitest';
import { aMission } from '#testing/builders/mission.ts';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import type { UsageAnswer } from '#platform/anthropic/usage.ts';
import { createUsageBook } from './book.ts';
import { createGatewayUsage } from './gateway-usage.ts';
import { aCodingMission, inState, type Line, ScriptedGateway, silent, settledUsage, tells, used } from './testing.ts';

const coding = aCodingMission();
const atWork = inState(coding, 'Running');
const { uid } = atWork.metadata;
const endedNow = (clock: ManualClock) => inState(coding, 'TasksSucceeded', { completionTime: new Date(clock.now()).toISOString() });

function aBook(...lines: readonly Line[]) {
  const clock = new ManualClock();
  const gateway = new ScriptedGateway(...lines);
  const woken: string[] = [];
  const counted: string[] = [];
  const book = createUsageBook({ source: gateway, clock, random: { next: () => 0 }, log: silentLog, changed: (missionUid) => void woken.push(missionUid), onAsked: (result) => void counted.push(result) });
  return { book, clock, gateway, woken, counted };
}

describe('a mission at work', () => {
  test('is asked about every five seconds, however often it is looked at', async () => {
    const { book, clock, gateway } = aBook(tells(7));
    for (let second = 0; second < 21; second++) {
      book.look(atWork);
      await clock.advance(1000);
    }
    expect(gateway.asked).toEqual([uid, uid, uid, uid]);
  });

  test('is woken by what is new, and by nothing else', async () => {
    const { book, clock, woken } = aBook(tells(0), tells(0, 50), tells(7), tells(7), tells(9));
    book.look(atWork);
    const seen: unknown[] = [];
    for (let ask = 0; ask < 5; ask++) {
      await clock.advance(5000);
      seen.push([woken.length, book.of(uid)]);
    }
    expect(seen).toEqual([[0, undefined], [1, used(0, 50)], [2, used(7)], [2, used(7)], [3, used(9)]]);
  });

  const faults: Record<string, UsageAnswer | Error> = { 'that does not tell': silent, 'on a way that breaks': new Error('no certificate yet'), 'that has lost its journal': tells(0) };
  test.each(Object.entries(faults))('keeps its last value with a gateway %s, and asks on', async (_, fault) => {
    const { book, clock, gateway, woken } = aBook(tells(7), fault, fault, tells(8));
    book.look(atWork);
    await clock.advance(15_000);
    expect([gateway.asked.length, book.of(uid), woken]).toEqual([3, used(7), [uid]]);
    await clock.advance(5000);
    expect(book.of(uid)).toEqual(used(8));
  });

  test('is woken when its calls begin to wait, and when they go on', async () => {
    const waits = (line: ReturnType<typeof tells>, waiting: number) => (line.kind === 'told' ? { ...line, usage: { ...line.usage, waiting } } : line);
    const { book, clock, woken } = aBook(waits(tells(0), 2), tells(0), tells(7), waits(tells(0), 1));
    book.look(atWork);
    const seen: unknown[] = [];
    for (let ask = 0; ask < 4; ask++) {
      await clock.advance(5000);
      seen.push([woken.length, book.of(uid)]);
    }
    expect(seen).toEqual([[1, { ...used(0), waiting: 2 }], [2, used(0)], [3, used(7)], [4, { ...used(7), waiting: 1 }]]);
  });

  test('is not asked about again while the gateway takes its time', async () => {
    const slow = Promise.withResolvers<UsageAnswer>();
    const { book, clock, gateway } = aBook(() => slow.promise);
    book.look(atWork);
    await clock.advance(60_000);
    expect(gateway.asked).toHaveLength(1);
    slow.resolve(tells(7));
    await settle();
    expect(book.of(uid)).toEqual(used(7));
  });

  test('counts what it asked by what came of it', async () => {
    const { book, clock, counted } = aBook(tells(7), silent, new Error('gone'));
    book.look(atWork);
    await clock.advance(15_000);
    expect(counted).toEqual(['told', 'silent', 'silent']);
  });
});

test('of many missions a few are asked about at once, and all in the end', async () => {
  const slow = Promise.withResolvers<UsageAnswer>();
  const { book, clock, gateway } = aBook(() => slow.promise);
  const missions = Array.from({ length: 20 }, (_, index) => inState(aCodingMission(`m${index}`), 'Running'));
  missions.forEach((mission) => book.look(mission));
  await clock.advance(5000);
  expect(gateway.inFlight).toBe(4);
  slow.resolve(tells(7));
  await settle();
  expect(missions.map(({ metadata }) => book.of(metadata.uid)?.settled.costMicroUsd)).toEqual(missions.map(() => 7));
});

describe('a mission at its end', () => {
  test('is asked about at once, and then no more', async () => {
    const { book, clock, gateway } = aBook(tells(7));
    book.look(atWork);
    book.look(endedNow(clock));
    await clock.advance(0);
    expect([gateway.asked, book.of(uid), clock.pending]).toEqual([[uid], used(7), 0]);
    book.look(endedNow(clock));
    await clock.advance(60_000);
    expect(gateway.asked).toHaveLength(1);
  });

  test('is asked about until nothing is in flight', async () => {
    const { book, clock, gateway } = aBook(tells(7, 50), silent, tells(9));
    book.look(endedNow(clock));
    await clock.advance(60_000);
    expect([gateway.asked.length, book.of(uid), clock.pending]).toEqual([3, used(9), 0]);
  });

  test('that comes while it is asked about is asked about again', async () => {
    const slow = Promise.withResolvers<UsageAnswer>();
    const { book, clock, gateway } = aBook(() => slow.promise, tells(9));
    book.look(atWork);
    await clock.advance(5000);
    book.look(endedNow(clock));
    slow.resolve(tells(7));
    await settle();
    expect([gateway.asked.length, book.of(uid), clock.pending]).toEqual([2, used(9), 0]);
  });

  test('is given up when the gateway stays away', async () => {
    const { book, clock, gateway } = aBook(silent);
    book.look(endedNow(clock));
    await clock.advance(3_600_000);
    expect([gateway.asked.length, clock.pending]).toEqual([12, 0]);
  });

  test('that runs again is followed again, from what is known', async () => {
    const { book, clock, gateway } = aBook(tells(7));
    book.look(endedNow(clock));
    await clock.advance(0);
    book.look(atWork);
    expect(book.of(uid)).toEqual(used(7));
    await clock.advance(10_000);
    expect(gateway.asked).toHaveLength(3);
  });

  test('by an edit that takes the model from it is an end too', async () => {
    const { book, clock, gateway } = aBook(tells(7));
    book.look(atWork);
    book.look(inState(aMission().withTask('a'), 'Running'));
    await clock.advance(60_000);
    expect([gateway.asked.length, clock.pending]).toEqual([1, 0]);
  });
});

describe('what a mission has used is settled', () => {
  const states: Record<string, { line: Line; ended: boolean; want: 'settled' | 'open' }> = {
    'when nothing is in flight after its end': { line: tells(7), ended: true, want: 'settled' },
    'also when the gateway has lost its journal': { line: tells(0), ended: true, want: 'settled' },
    'not while a call is in flight': { line: tells(7, 50), ended: true, want: 'open' },
    'not by a gateway that does not tell': { line: silent, ended: true, want: 'open' },
    'not by the last answer for one that is suspended': { line: tells(7), ended: false, want: 'open' },
  };
  test.each(Object.entries(states))('%s', async (_, { line, ended, want }) => {
    const { book, clock } = aBook(line);
    const askedAt = clock.now();
    book.look(ended ? endedNow(clock) : inState(coding, 'Suspended'));
    await clock.advance(0);
    expect(book.settledAt(uid)).toBe(want === 'settled' ? askedAt : undefined);
  });

  test('and the mission is woken for it once, though the figures are the same', async () => {
    const { book, clock, woken } = aBook(tells(7));
    book.look(atWork);
    await clock.advance(5000);
    expect([woken.length, book.settledAt(uid)]).toEqual([1, undefined]);
    book.look(endedNow(clock));
    await clock.advance(60_000);
    expect([woken.length, book.settledAt(uid)]).toEqual([2, Date.UTC(2026, 0, 1) + 5000]);
  });

  test('only by an answer to what was asked after the end', async () => {
    const [before, after] = [Promise.withResolvers<UsageAnswer>(), Promise.withResolvers<UsageAnswer>()];
    const { book, clock } = aBook(() => before.promise, () => after.promise);
    book.look(atWork);
    await clock.advance(5000);
    book.look(endedNow(clock));
    before.resolve(tells(7));
    await settle();
    expect([book.of(uid), book.settledAt(uid)]).toEqual([used(7), undefined]);
    after.resolve(tells(9));
    await settle();
    expect([book.of(uid), book.settledAt(uid)]).toEqual([used(9), clock.now()]);
  });

  test('for one run only: the next is asked about at its own end, also when nobody saw it run', async () => {
    const { book, clock, gateway } = aBook(tells(7));
    const endOf = (runNumber: number) => inState(coding, 'TasksSucceeded', { runNumber, completionTime: new Date(clock.now()).toISOString() });
    book.look(endOf(1));
    await clock.advance(0);
    book.look(endOf(2));
    expect(book.settledAt(uid)).toBeUndefined();
    await clock.advance(0);
    expect([gateway.asked.length, book.settledAt(uid)]).toEqual([2, clock.now()]);
    book.look(atWork);
    expect(book.settledAt(uid)).toBeUndefined();
  });

  test('at the end of one that was suspended before', async () => {
    const { book, clock, gateway } = aBook(tells(7), tells(9));
    book.look(inState(coding, 'Suspended'));
    await clock.advance(0);
    book.look(inState(coding, 'Cancelled', { completionTime: new Date(clock.now()).toISOString() }));
    await clock.advance(0);
    expect([gateway.asked.length, book.of(uid), book.settledAt(uid)]).toEqual([2, used(9), clock.now()]);
  });
});

describe('nothing is asked', () => {
  test('about missions that call no model, that nobody has looked at yet, that ended long ago, or whose cost is settled', async () => {
    const { book, clock, gateway } = aBook(tells(7));
    book.look(inState(aMission().withTask('a'), 'Running'));
    book.look(coding.build());
    book.look(inState(coding, 'TasksSucceeded', { completionTime: '2025-12-31T00:00:00Z' }));
    book.look(inState(coding, 'TasksSucceeded', { completionTime: new Date(clock.now()).toISOString(), usage: settledUsage }));
    await clock.advance(60_000);
    expect([gateway.asked, clock.pending]).toEqual([[], 0]);
  });

  test('about a mission that is gone', async () => {
    const { book, clock, gateway } = aBook(tells(7));
    book.look(atWork);
    book.forget(uid);
    await clock.advance(60_000);
    expect([gateway.asked, book.of(uid), clock.pending]).toEqual([[], undefined, 0]);
  });

  test('after the end of the term: what is in flight is given up', async () => {
    const { book, clock, gateway } = aBook((signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(silent))));
    book.look(atWork);
    await clock.advance(5000);
    await book.stop();
    book.look(endedNow(clock));
    await clock.advance(60_000);
    expect([gateway.asked.length, gateway.inFlight, clock.pending]).toEqual([1, 0, 0]);
  });
});

test('a gateway that is nowhere does not tell', async () => {
  const { signal } = new AbortController();
  expect(await createGatewayUsage(() => Promise.resolve(undefined)).ask('m', signal)).toMatchObject({ kind: 'silent' });
  const asked: unknown[] = [];
  const door = { usage: async (...args: unknown[]) => (asked.push(...args), tells(7)) };
  expect([await createGatewayUsage(() => Promise.resolve(door)).ask('m', signal), asked]).toEqual([tells(7), ['m', signal]]);
});
