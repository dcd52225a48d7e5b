import { describe, expect, test } from 'vitest';
import type { CloudEvent } from '#api/events/envelope.ts';
import { formatTimeMs } from '#api/time.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { ReplayRequest } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { agentActed, anEvent, changedTask, missionUid, t0, wholeMission, wholeTask } from '#domain/replay/testing.ts';
import { aMission } from '#testing/builders/mission.ts';
import { settle } from '#testing/manual-clock.ts';
import { merged } from './merged.ts';
import { aHistory, MemoryLog, saidBy } from './testing.ts';

const at = (version: number, status = {}) => ({ version, at: t0 + version * 1000, status });
const approval = anEvent('approval.given', { id: 'u-yes.given', subject: 'approvals/yes', at: t0 + 2500 }, { name: 'yes', uid: 'u-yes', resourceVersion: '2', mission: { name: 'examine', uid: missionUid }, spec: {} });
const plan = anEvent('plan.made', { id: 'u-plan.made', subject: 'plans/examine-1', at: t0 + 500 }, { name: 'examine-1', uid: 'u-plan', resourceVersion: '1', mission: { name: 'examine', uid: missionUid }, spec: {} });
const elsewhere = (event: CloudEvent, change: Partial<CloudEvent>): CloudEvent => ({ ...event, ...change, id: `other.${event.id}` });

/** Packs of families, as they come to the log: not in the order in which things happened. */
function aLog(): MemoryLog {
  const log = new MemoryLog();
  log.put([agentActed('a', 1, t0 + 2200)]);
  log.put([wholeTask({ name: 'a' }, at(1)), changedTask({ name: 'a', facts: { agent: 'crew-1' } }, at(1), at(2))]);
  log.put([wholeMission(at(0)), wholeMission(at(4))]);
  log.put([approval]);
  log.put([changedTask({ name: 'a', facts: { agent: 'crew-1' } }, at(1), at(2)), changedTask({ name: 'a' }, at(2), at(3))]);
  log.put([plan]);
  return log;
}

const everything = ['u-mission.0', 'u-plan.made', 'u-a.1', 'u-a.2', 'u-a.1.1-1.1', 'u-yes.given', 'u-a.3', 'u-mission.4', 'synced'];

describe('replay', () => {
  const cases: Record<string, { request: Partial<ReplayRequest>; want: readonly string[] }> = {
    'tells everything in the order in which it happened, each event once': { request: {}, want: everything },
    'tells types and families': { request: { types: ['agent', 'approval.given'] }, want: ['u-a.1.1-1.1', 'u-yes.given', 'synced'] },
    'tells what is of a task, known by events before that time': { request: { task: 'a', from: formatTimeMs(t0 + 2100) }, want: ['u-a.1.1-1.1', 'u-a.3', 'synced'] },
    'tells what is of an agent': { request: { agent: 'crew-1' }, want: ['u-a.2', 'u-a.1.1-1.1', 'synced'] },
    'tells a time with both of its ends': { request: { from: formatTimeMs(t0 + 1000), until: formatTimeMs(t0 + 2200) }, want: ['u-a.1', 'u-a.2', 'u-a.1.1-1.1', 'synced'] },
    'of nothing tells that it is all': { request: { task: 'no-such-task' }, want: ['synced'] },
  };
  test.each(Object.entries(cases))('%s', async (_, { request, want }) => expect(await saidBy(aHistory({ log: aLog() }).call(request))).toEqual(want));

  test('says what is missing, where it is missing', async () => {
    const log = new MemoryLog();
    log.put([wholeTask({ name: 'a' }, at(1))]);
    log.put([wholeTask({ name: 'a' }, at(9))], { gap: 'messages 2 to 5 are gone' });
    log.put([], { fault: 'message 7 is not readable' });
    expect(await saidBy(aHistory({ log }).call())).toEqual(['u-a.1', 'gap: messages 2 to 5 are gone', 'u-a.9', 'gap: message 7 is not readable', 'synced']);
  });

  test('passes what a restarted mirror tells again only where it mends something', async () => {
    const log = new MemoryLog();
    log.put([wholeTask({ name: 'a' }, at(1)), wholeTask({ name: 'b' }, at(1))]);
    log.put([changedTask({ name: 'a' }, at(2), at(3)), changedTask({ name: 'b' }, at(1), at(3))]);
    log.put([wholeTask({ name: 'a' }, at(3)), wholeTask({ name: 'b' }, at(3))]);
    expect((await saidBy(aHistory({ log }).call())).filter((id) => id.endsWith('.3')).toSorted()).toEqual(['u-a.3', 'u-a.3', 'u-b.3']);
  });

  test('puts long histories in order', async () => {
    const log = new MemoryLog();
    const versions = Array.from({ length: 3000 }, (_, index) => index + 1);
    for (const version of versions) {
      log.put([agentActed('a', version, t0 + version * 1000 + 500)]);
      log.put([wholeTask({ name: 'a' }, at(version))]);
    }
    expect(await saidBy(aHistory({ log }).call())).toEqual([...versions.flatMap((version) => [`u-a.${version}`, `u-a.1.1-1.${version}`]), 'synced']);
  });
});

test('a message holds a few hundred events, and few of those that are long', async () => {
  const sizesOf = async (events: readonly CloudEvent[]) => {
    const log = new MemoryLog();
    log.put(events);
    const sizes: number[] = [];
    for await (const { eventsJson } of aHistory({ log }).call()) if (eventsJson.length > 0) sizes.push(eventsJson.length);
    return sizes;
  };
  expect(await sizesOf(Array.from({ length: 600 }, (_, index) => agentActed('a', index + 1, t0)))).toEqual([256, 256, 88]);
  expect(await sizesOf([1, 2, 3, 4].map((version) => wholeTask({ name: 'a' }, at(version, { text: 'x'.repeat(version === 2 ? 300_000 : 100_000) }))))).toEqual([1, 1, 2]);
});

describe('a mission that there is now', () => {
  const mission = aMission('examine').meta({ uid: missionUid, namespace: 'team-a', creationTimestamp: formatTimeMs(t0 + 3_600_000) }).build();
  const others: Mission = aMission('examine').meta({ namespace: 'team-b', uid: 'u-b' }).build();

  test('is told without what another one of its name did before', async () => {
    const log = new MemoryLog();
    log.put([elsewhere(wholeMission(at(3590)), { missionuid: 'u-before' })]);
    log.put([wholeMission(at(3601))]);
    expect(await saidBy(aHistory({ log, missions: [others, mission] }).call())).toEqual(['u-mission.3601', 'synced']);
  });

  test('is read from its beginning, or from the time that is asked for', async () => {
    const startsOf = async (request: Partial<ReplayRequest>) => {
      const log = new MemoryLog();
      await saidBy(aHistory({ log, missions: [mission] }).call({ types: ['task'], ...request }));
      return log.asked.map(({ start }) => start);
    };
    expect(await startsOf({})).toEqual([{ kind: 'time', time: t0 + 3_540_000 }]);
    expect(await startsOf({ from: formatTimeMs(t0 + 7_200_000) })).toEqual([{ kind: 'time', time: t0 + 7_140_000 }]);
    expect(await startsOf({ from: formatTimeMs(t0 + 7_200_000), task: 'a' })).toEqual([{ kind: 'time', time: t0 + 3_540_000 }]);
  });

  test('that is gone is read from the beginning of the log', async () => {
    const log = new MemoryLog();
    await saidBy(aHistory({ log }).call({ types: ['task'] }));
    expect(log.asked.map(({ start }) => start)).toEqual([{ kind: 'beginning' }]);
  });
});

describe('following', () => {
  test('goes on where the past ended, and ends with the call', async () => {
    const log = aLog();
    const end = new AbortController();
    const seen: string[] = [];
    const said = saidBy(aHistory({ log }).call({ follow: true }, { signal: end.signal }), seen);
    await turns();
    expect(seen).toEqual(everything);
    log.put([changedTask({ name: 'a' }, at(3), at(5))]);
    log.put([{ ...approval, id: 'u-no.given' }]);
    log.put([changedTask({ name: 'a' }, at(3), at(5))]);
    log.put([wholeTask({ name: 'a' }, at(9))], { gap: 'lost' });
    await turns();
    expect(seen.slice(everything.length).toSorted()).toEqual(['gap: lost', 'u-a.5', 'u-a.9', 'u-no.given']);
    expect(log.followers).toBe(2);
    end.abort();
    await said;
    await turns();
    expect(log.followers).toBe(0);
  });
});

describe('who asks', () => {
  const cases: Record<string, { user: string; namespace?: string; request?: Partial<ReplayRequest>; rights?: readonly string[]; want: RegExp }> = {
    'without a valid token is refused': { user: 'stranger', want: /^Unauthenticated / },
    'without a right to the mission is refused': { user: 'guest', rights: ['tasks', 'plans', 'approvals'], want: /^PermissionDenied user guest may not get missions\.coditect\.ai examine/ },
    'with a right to the mission alone does not read its tasks': { user: 'guest', rights: ['missions'], want: /^PermissionDenied user guest may not get plans\.coditect\.ai/ },
    'may read the kinds that they have a right to': { user: 'guest', rights: ['missions', 'tasks'], request: { types: ['mission', 'task.changed'] }, want: /^u-mission\.0$/ },
    'with rights in another namespace is refused': { user: 'reader', namespace: 'team-b', want: /^PermissionDenied / },
  };
  test.each(Object.entries(cases))('%s', async (_, { user, namespace = 'team-a', request = {}, rights = [], want }) => {
    const log = aLog();
    const [first] = await saidBy(aHistory({ log, rights: { guest: rights } }).call(request, { user, namespace }));
    expect(first).toMatch(want);
    // Who is refused costs no reading.
    expect(log.asked.length > 0).toBe(!/PermissionDenied|Unauthenticated/.test(first ?? ''));
  });

  test('is told nothing of other tenants and missions, wherever their events lie', async () => {
    const log = aLog();
    log.put([elsewhere(wholeMission(at(1)), { tenant: 'team-b' })], { tenant: 'team-a' });
    log.put([elsewhere(wholeMission(at(1)), {})], { tenant: 'team-b' });
    log.put([elsewhere(wholeMission(at(1)), { mission: 'other' })]);
    expect(await saidBy(aHistory({ log }).call())).toEqual(everything);
    expect(new Set(log.asked.map(({ tenant }) => tenant))).toEqual(new Set(['team-a']));
  });

  test('too many at once are told to wait', async () => {
    const log = aLog();
    const { call } = aHistory({ log, most: 1 });
    const end = new AbortController();
    const first = saidBy(call({ follow: true }, { signal: end.signal }));
    await turns();
    expect(await saidBy(call())).toEqual(['ResourceExhausted 1 replays run already; try again in a moment']);
    end.abort();
    await first;
    await turns();
    expect(await saidBy(call())).toEqual(everything);
  });
});

describe('a request that is not valid is refused with its field', () => {
  const cases: Record<string, { request: object; want: string }> = {
    'no mission': { request: { mission: { namespace: 'team-a', name: '' } }, want: 'mission.name' },
    'a namespace that would be a pattern of subjects': { request: { mission: { namespace: '*', name: 'm' } }, want: 'mission.namespace' },
    'a time that is none': { request: { from: 'yesterday' }, want: 'from' },
    'a day that is none': { request: { until: '2026-13-01T00:00:00Z' }, want: 'until' },
    'an end before the beginning': { request: { from: '2026-01-02T00:00:00Z', until: '2026-01-01T00:00:00Z' }, want: 'until' },
    'an end of what goes on': { request: { until: '2026-01-01T00:00:00Z', follow: true }, want: 'until' },
    'a type that there is not': { request: { types: ['task.started', 'tasks'] }, want: 'types' },
    'more types than there can be': { request: { types: Array.from({ length: 33 }, () => 'task') }, want: 'types' },
    'a task that is no name': { request: { task: 'a b' }, want: 'task' },
    'an agent that is no name': { request: { agent: '../x' }, want: 'agent' },
  };
  test.each(Object.entries(cases))('%s', async (_, { request, want }) => expect((await saidBy(aHistory().call(request as Partial<ReplayRequest>)))[0]).toMatch(new RegExp(`^InvalidArgument ${want}: `)));
});

test('a log that cannot be read is told as such', async () => {
  const broken = { follow: () => fails(), upToNow: () => fails() };
  expect(await saidBy(aHistory({ log: broken }).call())).toEqual(['Unavailable cannot read the event log: no server answers; try again in a moment']);
});

test('a log that does not answer is told as such, and left', async () => {
  let left = false;
  // oxlint-disable-next-line require-yield -- it has nothing to say
  const silent = async function* (_: unknown, signal: AbortSignal): AsyncGenerator<never> {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    left = true;
  };
  const { call, clock } = aHistory({ log: { follow: silent, upToNow: silent } });
  const said = saidBy(call());
  await turns();
  await clock.advance(10_000);
  expect(await said).toEqual(['Unavailable cannot read the event log: no server of the log answered for 10 s; try again in a moment']);
  expect(left).toBe(true);
});

test('without a log nothing can be replayed', async () => expect((await saidBy(aHistory({ log: null }).call()))[0]).toMatch(/^Unimplemented /));

test('merged streams end when all have ended, and fail when one does', async () => {
  async function* some(...items: readonly number[]) {
    yield* items;
  }
  const items: number[] = [];
  for await (const item of merged([some(1, 2), some(), some(3)])) items.push(item);
  expect(items.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  await expect(merged([some(1), fails()]).next().then(() => merged([fails()]).next())).rejects.toThrow('no server answers');
});

// oxlint-disable-next-line require-yield -- it fails before it has anything
async function* fails(): AsyncGenerator<never> {
  throw new Error('no server answers');
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await settle();
}
