// What a log teaches: episodes of every task, verdicts by what goals say, and one lesson a plan.
import { describe, expect, test } from 'vitest';
import type { CloudEvent } from '#api/events/envelope.ts';
import { Episode, Lesson, memoryLimits } from '#api/memory.ts';
import { MissionSpec } from '#api/v1alpha1/mission.ts';
import { situationOf } from '#domain/planning/situation.ts';
import { mended, ToldMission } from '../testing.ts';
import { Courses, type Memory } from './courses.ts';
import { essenceOf, lessonOf, wordsOf } from './episode.ts';
import { collectionOf, databaseOf, isTenants, positions, spaceOf } from './places.ts';
import { surplus } from './surplus.ts';

/** What is kept in the end: the last memory of each id. */
function kept(mission: ToldMission, courses = new Courses()): ReadonlyMap<string, Memory> {
  const memories = mission.events.flatMap((event, index) => courses.take(event, index + 1));
  return new Map(memories.map((memory) => [memory.kind === 'episode' ? memory.episode.id : memory.id, memory]));
}

function episodes(mission: ToldMission): readonly Episode[] {
  return [...kept(mission).values()].flatMap((memory) => (memory.kind === 'episode' ? [memory.episode] : []));
}

/** The counts of its last event say another thing than the list of goals. */
function mistold(mission: ToldMission): ToldMission {
  const last = mission.events.at(-1) as { data: { facts: { goalsMet: number } } } | undefined;
  if (last !== undefined) last.data.facts.goalsMet = 0;
  return mission;
}

const verdictsOf = (mission: ToldMission) => episodes(mission).map(({ task, verdict, isLead }) => `${task} ${verdict}${isLead ? ' lead' : ''}`);

describe('verdicts', () => {
  const plain = () => new ToldMission({ name: 'm' }).plan({ mend: 'WriteCode' }).task('mend');
  const cases: Record<string, { mission: ToldMission; want: readonly string[] }> = {
    'a task of a mission that goes on is unchecked': { mission: plain(), want: ['mend Unchecked'] },
    'met goals say that the plan worked': { mission: plain().end({ name: 'works', state: 'Met' }), want: ['mend Worked lead'] },
    'an unmet goal says that it failed': { mission: plain().end({ name: 'works', state: 'Unmet' }), want: ['mend Failed lead'] },
    'a goal that nobody decided says nothing': { mission: plain().end({ name: 'works', state: 'Unknown' }), want: ['mend Unchecked'] },
    'a goal that is unmet for want of proof says nothing': { mission: plain().end({ name: 'works', state: 'Unmet', reason: 'NotVerified' }), want: ['mend Unchecked'] },
    'a mission without goals says nothing': { mission: new ToldMission({ name: 'm', spec: { goals: [] } }).plan({ mend: 'WriteCode' }).task('mend').end(), want: ['mend Unchecked'] },
    'goals of which something was not told say nothing': { mission: mistold(plain().end({ name: 'works', state: 'Met' })), want: ['mend Unchecked'] },
    'a plan that another one took the place of failed, and that one worked': { mission: mended({ name: 'm' }), want: ['mend Failed lead', 'mend Worked', 'tests Worked lead'] },
    'the first task of the graph that failed speaks for its plan': { mission: plain().task('again', { result: 'Failed' }).task('verify-works', { role: 'verifier', result: 'Failed' }).end({ name: 'works', state: 'Unmet' }), want: ['mend Failed', 'again Failed lead', 'verify-works Failed'] },
    'what comes late is checked, and speaks for nobody': { mission: plain().end({ name: 'works', state: 'Met' }).task('late'), want: ['mend Worked lead', 'late Worked'] },
    'a graph that a user wrote is judged too': { mission: new ToldMission({ name: 'm', spec: { planner: undefined, tasks: [{ name: 'mend', type: 'Coder', intent: { action: 'FormatCode' } }] } }).task('mend').end({ name: 'works', state: 'Met' }), want: ['mend Worked lead'] },
    'a further run is judged by itself': { mission: plain().end({ name: 'works', state: 'Met' }).again().task('mend', { as: 'second' }), want: ['mend Worked lead', 'mend Unchecked'] },
  };
  test.each(Object.entries(cases))('%s', (_, { mission, want }) => expect(verdictsOf(mission)).toEqual(want));

  test('say why', () => {
    expect(episodes(mended({ name: 'm' })).map(({ because }) => because)).toEqual(['another plan took its place: goal works not met: 2 tests fail', 'met: works', 'met: works']);
    expect(episodes(new ToldMission({ name: 'm' }).task('mend').end({ name: 'works', state: 'Unmet', evidence: '2 tests fail' }))[0]?.because).toBe('goal works was not met: 2 tests fail');
  });
});

describe('an episode', () => {
  test('tells situation, action, outcome and evidence', () => {
    expect(episodes(mended({ name: 'm', goal: 'Mend it.' }))[1]).toEqual({
      id: 'uid-team-a-m-mend-2', mission: 'm', missionUid: 'uid-team-a-m', run: 1, goal: 'Mend it.', task: 'mend', type: 'Coder', action: 'WriteCode', role: '', tool: 'coder', language: 'TypeScript', tests: 12,
      planName: 'm-plan-2', plan: ['mend: Coder/WriteCode', 'tests: Coder/RunTests'], result: 'Succeeded', reason: 'Completed', message: 'done', seconds: 0, endTime: expect.stringContaining('2026-01-15T10:00'),
      verdict: 'Worked', because: 'met: works', goals: [{ name: 'works', state: 'Met', evidence: 'saw Met' }], costMicroUsd: 250_000, missionSeconds: expect.any(Number), isLead: false,
    } satisfies Episode);
  });

  test('has room for the longest texts, and for nothing that a model claimed', () => {
    const long = '\ud83d'.repeat(9) + 'x'.repeat(5000);
    const all = episodes(new ToldMission({ name: 'm', goal: long }).plan({ mend: 'WriteCode' }).task('mend', { message: long, observed: { mainLanguage: long, tests: -3 } }).end({ name: 'works', state: 'Unmet', evidence: long.slice(0, 512) }));
    expect(all.map((episode) => Episode.safeParse(episode).error)).toEqual([undefined]);
    expect(JSON.stringify(all)).not.toContain('what a model said');
    expect(JSON.stringify(all).length).toBeLessThan(16_384);
    expect(all.flatMap((episode) => lessonOf(episode) ?? []).map((lesson) => Lesson.safeParse(lesson).error)).toEqual([undefined]);
  });

  test('of a task that was applied alone there is none', () => {
    const event = new ToldMission({ name: 'm' }).task('a').events.at(-1) as CloudEvent<'task.ended'>;
    const { mission: _mission, ...data } = event.data;
    expect(new Courses().take({ ...event, data }, 1)).toEqual([]);
    expect(new Courses().take(event, 1)).toHaveLength(1);
  });

  test('is the same however often and in whichever process it is made', () => {
    const mission = mended({ name: 'm' });
    const twice = new Courses();
    kept(mission, twice);
    expect(kept(mission, twice)).toEqual(kept(mission));
  });

  test('is the same when the log tells older versions again', () => {
    const mission = mended({ name: 'm' });
    const courses = new Courses();
    const once = kept(mission, courses);
    for (const event of mission.events.slice(0, -1)) courses.take(event, 99);
    expect(courses.oldest()).toBeUndefined();
    expect(kept(mission, courses)).toEqual(once);
  });

  test('of a further run is not judged by the run before, whichever event comes first', () => {
    const mission = new ToldMission({ name: 'm' }).plan({ mend: 'WriteCode' }).task('mend').end({ name: 'works', state: 'Met' }).again().task('mend', { as: 'second' });
    const [task, started] = [mission.events.at(-1), mission.events.at(-2)] as [CloudEvent, CloudEvent];
    const courses = new Courses();
    const memories = [...mission.events.slice(0, -2), task, started].flatMap((event, index) => courses.take(event, index + 1));
    expect(memories.flatMap((memory) => (memory.kind === 'episode' && memory.episode.id.endsWith('second') ? [memory.episode.verdict] : []))).toEqual(['Unchecked']);
  });

  test('of a mission of which nobody told the goal is never a lesson', () => {
    const told = mended({ name: 'm' });
    const courses = new Courses();
    const late = told.events.slice(1).flatMap((event, index) => courses.take(event, index + 1));
    expect(new Set(late.map((memory) => memory.kind === 'episode' && memory.episode.verdict))).toEqual(new Set(['Unchecked']));
  });
});

describe('what is remembered', () => {
  test('reaches back to the oldest mission that goes on', () => {
    const courses = new Courses();
    const [first, second] = [mended({ name: 'first' }), new ToldMission({ name: 'second' })];
    first.events.forEach((event, index) => courses.take(event, index + 1));
    expect(courses.oldest()).toBeUndefined();
    second.events.forEach((event, index) => courses.take(event, index + 50));
    new ToldMission({ name: 'third' }).events.forEach((event, index) => courses.take(event, index + 90));
    expect(courses.oldest()).toBe(50);
    second.end({ name: 'works', state: 'Met' }).events.slice(-1).forEach((event) => courses.take(event, 95));
    expect(courses.oldest()).toBe(90);
  });

  test('is no more than there is room for', () => {
    const courses = new Courses({ missions: 3, over: 2, tasks: 2 });
    for (let index = 0; index < 20; index += 1) new ToldMission({ name: `m${index}` }).events.forEach((event) => courses.take(event, index + 1));
    expect([courses.forgotten, courses.oldest()]).toEqual([15, 16]);
    const many = new ToldMission({ name: 'many' }).task('a').task('b').task('c').end({ name: 'works', state: 'Met' });
    const one = new Courses({ missions: 3, over: 2, tasks: 2 });
    const memories = many.events.flatMap((event) => one.take(event, 1)).flatMap((memory) => (memory.kind === 'episode' ? [`${memory.episode.task} ${memory.episode.verdict}`] : []));
    expect(memories).toEqual(['a Unchecked', 'b Unchecked', 'c Unchecked', 'a Worked', 'b Worked']);
  });

  test('of a plan that was given lessons is which', () => {
    const given = [...kept(new ToldMission({ name: 'm' }).plan({ mend: 'WriteCode' }, { lessons: ['l-1', 'l-2'] })).values()];
    expect(given).toEqual([{ kind: 'given', tenant: 'team-a', situation: 'Make the tests pass.\nworks', id: 'uid-team-a-m-plan-1', mission: 'm', missionUid: 'uid-team-a-m', plan: 'm-plan-1', ids: ['l-1', 'l-2'], time: expect.any(String) }]);
  });
});

test('the situation of a mission is the same for who asks and for who remembers', () => {
  const spec = MissionSpec.parse({ goal: 'Mend it.', goals: [{ name: 'works', description: 'All tests pass.', check: { expression: 'true' } }] });
  expect(situationOf(spec)).toBe('Mend it.\nworks: All tests pass.');
  expect(situationOf({ goal: 'x'.repeat(9000), goals: [] })).toHaveLength(1500);
});

test('lessons that teach the same have one essence', () => {
  const [first, second] = [mended({ name: 'a' }), mended({ name: 'b' })].map((mission) => episodes(mission).flatMap((episode) => lessonOf(episode) ?? [])[0] as Lesson);
  expect(first?.id).not.toBe(second?.id);
  expect(essenceOf(first as Lesson)).toBe(essenceOf({ ...(second as Lesson), costUsd: '9.00' }));
  expect(essenceOf(first as Lesson)).not.toBe(essenceOf({ ...(first as Lesson), plan: [] }));
});

test('a graph in words names what waits for what, and no parameter', () => {
  const spec = MissionSpec.parse({ goal: 'g', tasks: [{ name: 'a', type: 'Coder', intent: { action: 'WriteCode', params: { instructions: 'secret' } } }, { name: 'b', type: 'Tester', intent: { action: 'RunTests' }, dependsOn: ['a'] }] });
  expect(wordsOf(spec.tasks)).toEqual(['a: Coder/WriteCode', 'b: Tester/RunTests after a']);
  expect(wordsOf(Array.from({ length: 99 }, () => spec.tasks[0] as (typeof spec.tasks)[number]))).toHaveLength(memoryLimits.planTasks);
});

describe('places', () => {
  test('of tenants are their own, and names that are none have none', () => {
    expect([databaseOf('a'), databaseOf('team-a'), isTenants('coditect-team-a'), isTenants(positions.database), isTenants('default_database')]).toEqual(['coditect-a', 'coditect-team-a', true, false, false]);
    for (const name of ['', 'Team', 'a/b', '../a', 'a_b', 'x'.repeat(64)]) expect(() => databaseOf(name)).toThrow(/invalid_format|too_big|too_small/);
  });

  test('of vectors differ by who made them and how long they are', () => expect(new Set([spaceOf('a', 3), spaceOf('a', 4), spaceOf('b', 3)].map(collectionOf)).size).toBe(3));
});

describe('what is too much', () => {
  const aged = (...ages: readonly number[]) => ages.map((endedAt) => ({ id: `e${endedAt}`, endedAt }));
  const cases: Record<string, { kept: readonly { id: string; endedAt: number }[]; want: readonly string[] }> = {
    'nothing of a few': { kept: aged(5, 6), want: [] },
    'the old, whatever the number': { kept: aged(1, 2, 9), want: ['e1', 'e2'] },
    'the oldest of many, and a tenth more': { kept: aged(20, 11, 19, 12, 18, 13, 17, 14, 16, 15, 10), want: ['e10', 'e11'] },
  };
  test.each(Object.entries(cases))('%s', (_, { kept: all, want }) => expect(surplus(all, { most: 10, since: 5 })).toEqual(want));
});
