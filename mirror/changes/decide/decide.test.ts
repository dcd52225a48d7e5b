import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CloudEvent, nameOf, parseEvent } from '#api/events/envelope.ts';
import { packLimits } from '#api/events/streams.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';
import type { Mission, MissionStatus } from '#api/v1alpha1/mission.ts';
import type { Task, Violation } from '#api/v1alpha1/task.ts';
import { patched } from '#domain/replay/merge-patch.ts';
import { aMission } from '#testing/builders/mission.ts';
import { aPlan } from '#testing/builders/plan.ts';
import { aPool } from '#testing/builders/pool.ts';
import { aTask, taskOf } from '#testing/builders/task.ts';
import { type GoneName, goneEvent } from './gone.ts';
import { missionEvents, missionStage } from './mission.ts';
import { mergePatch } from './patch.ts';
import { poolEvents } from './pool.ts';
import { planEvents } from './recorded.ts';
import type { Seen, Sight } from './sight.ts';
import { taskEvents, taskStage } from './task.ts';

const time = '2026-01-01T00:00:30Z';
const seen = <T>(object: T): Seen<T> => ({ ...object, writtenTime: time });
const looked = <T>(stageOf: (object: T) => string, now: T, before?: T): Sight<T> => (before === undefined ? { now: seen(now), era: '' } : { before: seen(before), now: seen(now), told: stageOf(before), era: '' });
const said = (events: readonly CloudEvent[]) => events.map(({ id, type }) => `${nameOf(type)} ${id}`);
const at = (resourceVersion: string) => ({ resourceVersion });

const plain = aTask('t').meta(at('5'));
const violation: Violation = { kind: 'TestFailed', message: 'expected 0 failures, found 2' };
const tasks: Record<string, { sight: Sight<Task>; want: readonly string[] }> = {
  'a task that is seen for the first time was created': { sight: looked(taskStage, plain.build()), want: ['task.created uid-t.0.created'] },
  'one that runs by then has started too': { sight: looked(taskStage, plain.running().build()), want: ['task.created uid-t.0.created', 'task.started uid-t.5'] },
  'one that ended within two looks has ended': { sight: looked(taskStage, plain.meta(at('9')).ended('Succeeded').build(), plain.build()), want: ['task.ended uid-t.9'] },
  'an attempt starts': { sight: looked(taskStage, plain.meta(at('9')).running().build(), plain.accepted().build()), want: ['task.started uid-t.9'] },
  'another attempt starts': { sight: looked(taskStage, plain.meta(at('9')).running().status({ attempt: 2 }).build(), plain.running().build()), want: ['task.started uid-t.9'] },
  'a condition changes': { sight: looked(taskStage, plain.meta(at('9')).accepted().build(), plain.build()), want: ['task.changed uid-t.9'] },
  'what was told as ended does not end again in the eyes of a mirror that begins anew': { sight: { now: seen(plain.ended('Failed').status({ violations: [violation] }).build()), told: 'ended', era: '' }, want: ['task.changed uid-t.5'] },
  'what ended while no mirror ran has ended, and nothing is created': { sight: { now: seen(plain.ended('Failed').build()), told: '1 started', era: '' }, want: ['task.ended uid-t.5'] },
  'a violation is found once': { sight: looked(taskStage, plain.meta(at('9')).ended('Failed').status({ violations: [violation, violation] }).build(), plain.build()), want: ['violation.found uid-t.9.f8e4', 'task.ended uid-t.9'] },
  'and not again with the next version': { sight: looked(taskStage, plain.meta(at('9')).ended('Failed').status({ violations: [violation] }).build(), plain.ended('Failed').status({ violations: [violation] }).build()), want: ['task.changed uid-t.9'] },
  'after the server went back, ids are others': { sight: { ...looked(taskStage, plain.running().build()), era: 'r70' }, want: ['task.created uid-t.0.created.r70', 'task.started uid-t.5.r70'] },
};
test.each(Object.entries(tasks))('%s', (_, { sight, want }) => {
  // A digest of words stands at the end of a violation's id: its beginning is enough.
  expect(said(taskEvents(sight)).map((line) => line.replace(/^(violation\.found \S+\.\S+\.)[0-9a-f]{12}$/, '$1f8e4'))).toEqual(want);
});

const mission = aMission('m').withTask('a').withGoal('g', 'true').meta(at('3'));
const run = (runNumber: number, more: Partial<MissionStatus> = {}): MissionStatus => ({ runNumber, startTime: time, ...more });
const missions: Record<string, { now: Mission; before?: Mission; want: readonly string[] }> = {
  'a mission is created': { now: mission.build(), want: ['mission.created uid-m.0.created'] },
  'a mission that has run by then has ended too': { now: mission.status(run(1, { completionTime: time })).build(), want: ['mission.created uid-m.0.created', 'mission.ended uid-m.3'] },
  'a run begins': { before: mission.build(), now: mission.meta(at('4')).status(run(1)).build(), want: ['mission.started uid-m.4'] },
  'a run goes on': { before: mission.status(run(1)).build(), now: mission.meta(at('4')).status(run(1, { goalsMet: '0/1' })).build(), want: ['mission.changed uid-m.4'] },
  'another run begins': { before: mission.status(run(1, { completionTime: time })).build(), now: mission.meta(at('4')).status(run(2)).build(), want: ['mission.started uid-m.4'] },
  'another run has ended within two looks': { before: mission.status(run(1, { completionTime: time })).build(), now: mission.meta(at('4')).status(run(2, { completionTime: time })).build(), want: ['mission.ended uid-m.4'] },
};
test.each(Object.entries(missions))('%s', (_, { before, now, want }) => expect(said(missionEvents(looked(missionStage, now, before)))).toEqual(want));

describe('what an event carries', () => {
  const dataOf = (event: CloudEvent | undefined) => event?.data as { base?: string; spec?: object; status?: object; facts?: object; mission?: object };

  test('the first one is whole; the next says what changed, and on what', () => {
    const before = mission.status(run(1, { goalsMet: '0/1', tasksDone: '0/1' })).build();
    const now = mission.meta(at('4')).status({ ...run(1, { goalsMet: '1/1' }), usage: { calls: 2, inputTokens: 10, outputTokens: 4, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: '0.25', reservedUsd: '0.00', savedUsd: '0.10' } }).build();
    const [, first] = missionEvents(looked(missionStage, before));
    expect(dataOf(first)).toMatchObject({ spec: before.spec, status: before.status });
    expect(dataOf(first)).not.toHaveProperty('base');
    const [next] = missionEvents(looked(missionStage, now, before));
    expect(dataOf(next)).toMatchObject({ base: '3', status: { goalsMet: '1/1', tasksDone: null, usage: { calls: 2 } }, facts: { run: 1, goals: 1, calls: 2, costMicroUsd: 250_000, savedMicroUsd: 100_000 } });
    expect(dataOf(next).spec).toBeUndefined();
  });

  test('a changed spec is told whole, beside a patch of the status', () => {
    const now = mission.meta({ ...at('4'), generation: 2 }).withTask('b').build();
    const [event] = missionEvents(looked(missionStage, now, mission.build()));
    expect(dataOf(event)).toMatchObject({ base: '3', spec: now.spec });
    expect(dataOf(event).status).toBeUndefined();
  });

  test('a field that becomes null is told with the whole status, for a patch cannot say it', () => {
    const ended = (observed: JsonObject, version: string) => plain.meta(at(version)).status({ observed }).build();
    const [event] = taskEvents(looked(taskStage, ended({ found: null }, '9'), ended({ found: 1 }, '8')));
    expect(dataOf(event)).toMatchObject({ status: { observed: { found: null } } });
    expect(dataOf(event).base).toBeUndefined();
  });

  test('a task of a mission names it, and the tasks before it by their names in the plan', () => {
    const whole = aMission('m').withTask('a').withTask('b', { after: ['a'] }).build();
    const [event] = taskEvents(looked(taskStage, taskOf(whole, 'b').ended('Succeeded').build()));
    expect(event).toMatchObject({ tenant: 'team-a', mission: 'm', missionuid: 'uid-m', source: '/mirror', data: { mission: { name: 'm', uid: 'uid-m' }, facts: { task: 'b', action: 'AnalyzeCode', dependsOn: ['a'] } } });
  });

  test('a spec that would fill a message is left out; the status is not', () => {
    const many = Array.from({ length: 100 }, (_, index) => `task-${index}`).reduce((builder, name) => builder.withTask(name, { intent: { action: 'RunCommand', params: { text: 'x'.repeat(4000) } } }), aMission('m'));
    const [event] = missionEvents(looked(missionStage, many.status(run(1)).build()));
    expect(dataOf(event)).toMatchObject({ status: { runNumber: 1 } });
    expect(dataOf(event).spec).toBeUndefined();
    expect(JSON.stringify(event).length).toBeLessThan(packLimits.bytes);
  });

  test('what is gone is told by an id without a version, whoever notices and when', () => {
    const known = { namespace: 'team-a', name: 't', uid: 'uid-t', resourceVersion: '9', mission: { name: 'm', uid: 'uid-m' }, stage: 'ended' };
    for (const name of ['mission.deleted', 'task.deleted', 'pool.deleted'] satisfies GoneName[]) {
      const event = goneEvent(name, known, { time, era: '' });
      expect(parseEvent(event)).toMatchObject({ kind: 'event', name });
      expect(goneEvent(name, { ...known, resourceVersion: '12' }, { time: '2026-01-01T01:00:00Z', era: '' }).id).toBe(event.id);
    }
  });

  test('a plan is told once, whatever becomes of its labels', () => {
    const plan = aPlan(mission.build()).build();
    const [event] = planEvents({ now: seen(plan), era: '' });
    expect(event?.id).toBe(`${plan.metadata.uid}.made`);
    expect(parseEvent(event).kind).toBe('event');
    expect(planEvents({ before: seen(plan), now: seen(plan), told: '', era: '' })).toEqual([]);
  });
});

const anyJson: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', maxDepth: 3 }, fc.constantFrom<Json>(0, 1, 'a', true, null), fc.array(tie('value'), { maxLength: 2 }), fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('value'), { maxKeys: 3 })),
})).value;
const anyObject = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), anyJson, { maxKeys: 4 }) as fc.Arbitrary<JsonObject>;

test('a patch on the old status gives the new one, or says that none can', () => {
  fc.assert(fc.property(anyObject, anyObject, (before, now) => {
    const patch = mergePatch(before, now);
    if (patch.kind === 'inexpressible') expect(JSON.stringify(now)).toContain('null');
    else expect(JSON.parse(JSON.stringify(patch.kind === 'same' ? before : patched(before, patch.patch)))).toEqual(JSON.parse(JSON.stringify(now)));
  }));
});

/** One version of a pool: pools may be in any state. */
const anyPool = fc.record({ status: fc.option(fc.record({ readyReplicas: fc.nat(3), queued: fc.nat(3), conditions: fc.option(fc.array(fc.record({ type: fc.constantFrom('Ready', 'ScalingActive'), status: fc.constantFrom('True' as const, 'False' as const), reason: fc.constantFrom('A', 'B'), message: fc.constant(''), lastTransitionTime: fc.constant(time) }), { maxLength: 2 }), { nil: undefined }) }, { requiredKeys: [] }), { nil: undefined }), isSeen: fc.boolean(), isRestart: fc.boolean(), generation: fc.constantFrom(1, 2) });

interface Picture {
  readonly version: string;
  readonly status: JsonObject | undefined;
}

/** The picture of a reader after one more event. */
function folded(picture: Picture | undefined, event: CloudEvent): Picture {
  const { base, status, resourceVersion } = event.data as { base?: string; status?: JsonObject; resourceVersion: string };
  if (base === undefined) return { version: resourceVersion, status };
  expect(picture?.version).toBe(base);
  return { version: resourceVersion, status: status === undefined ? picture?.status : patched(picture?.status, status) };
}

const copied = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

test('whatever versions a mirror misses and whenever it starts anew: folding what it told gives the last status that it saw, equal looks give equal ids, and every event is in the catalogue', () => {
  fc.assert(fc.property(fc.array(anyPool, { minLength: 1, maxLength: 12 }), (history) => {
    const versions = history.map(({ status, generation }, index) => aPool().status(copied(status ?? {}) as NonNullable<AgentPool['status']>).meta({ resourceVersion: String(index + 1), generation }).build());
    const looks = versions.map((now, index) => ({ now, ...history[index] })).filter(({ isSeen }, index) => isSeen === true || index === versions.length - 1);
    let picture: Picture | undefined;
    for (const [index, { now, isRestart }] of looks.entries()) {
      const sight = looked(() => '', now, isRestart === true ? undefined : looks[index - 1]?.now);
      const events = poolEvents(sight);
      expect(poolEvents(sight)).toEqual(events);
      expect(events.map((event) => parseEvent(copied(event)).kind)).toEqual(['event']);
      picture = events.reduce<Picture | undefined>(folded, picture);
    }
    expect(picture).toEqual({ version: String(versions.length), status: versions.at(-1)?.status });
  }));
});
