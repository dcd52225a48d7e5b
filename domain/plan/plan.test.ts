import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MissionSpec } from '#api/v1alpha1/mission.ts';
import { TaskSpec } from '#api/v1alpha1/task.ts';
import { base32Lower, canonicalJson } from '#domain/digest.ts';
import { expandPlan } from './expand.ts';
import { definitionDigest, planHash, taskObjectName } from './names.ts';

const metadata = { name: 'nightly', namespace: 'team-a', uid: 'u-1', resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' };
const missionOf = (tasks: object[], more: object = {}) => ({ metadata, spec: MissionSpec.parse({ goal: 'g', tasks, ...more }) });
const analyze = { name: 'analyze', type: 'Analyzer', intent: { action: 'AnalyzeCode' } };
const report = { name: 'report', type: 'Analyzer', intent: { action: 'WriteReport', params: { title: 'R' } }, dependsOn: ['analyze'], capabilities: ['b', 'a'] };
const reading = { ...report, inputs: [{ name: 'a', task: 'analyze', field: 'observed.a' }, { name: 'b', task: 'analyze', field: 'observed.b' }] };
const namesOf = (mission: ReturnType<typeof missionOf>, run = 1) => expandPlan(mission, run).map(({ objectName }) => objectName);

describe('expandPlan', () => {
  test('keeps plan order and writes full Task specs without what is the mission\'s', () => {
    const workspace = { git: { url: 'https://git.example/r', ref: 'main' } };
    const plan = expandPlan(missionOf([analyze, report], { workspace, priority: 7, poolSelector: { matchLabels: { a: 'b' } } }), 3);
    expect(plan.map(({ name }) => name)).toEqual(['analyze', 'report']);
    expect(plan[1]?.spec).toEqual({ ...TaskSpec.parse(report), taskName: 'report', run: 3, missionRef: { name: 'nightly', uid: 'u-1' }, workspace });
    expect(plan[1]?.spec).not.toHaveProperty('name');
  });

  const changes: Record<string, { mission: ReturnType<typeof missionOf>; run?: number; before?: ReturnType<typeof missionOf>; changed: string[] }> = {
    'a new goal text changes no name': { mission: missionOf([analyze, report], { goals: [] }), changed: [] },
    'another priority changes no name': { mission: missionOf([analyze, report], { priority: 5 }), changed: [] },
    'another order of a set changes no name': { mission: missionOf([analyze, { ...report, capabilities: ['a', 'b'] }]), changed: [] },
    'another order of inputs changes no name': { mission: missionOf([analyze, { ...reading, inputs: reading.inputs.toReversed() }]), before: missionOf([analyze, reading]), changed: [] },
    'another input changes only its task': { mission: missionOf([analyze, { ...reading, inputs: reading.inputs.slice(1) }]), before: missionOf([analyze, reading]), changed: ['report'] },
    'spelling out a default changes no name': { mission: missionOf([{ ...analyze, sideEffects: 'None' }, report]), changed: [] },
    'another intent changes only its task': { mission: missionOf([{ ...analyze, intent: { action: 'CountPatterns' } }, report]), changed: ['analyze'] },
    'another dependency changes only its task': { mission: missionOf([analyze, { ...report, dependsOn: [] }]), changed: ['report'] },
    'another workspace changes all': { mission: missionOf([analyze, report], { workspace: { configMap: { name: 'c' } } }), changed: ['analyze', 'report'] },
    'another run changes all': { mission: missionOf([analyze, report]), run: 2, changed: ['analyze', 'report'] },
  };
  test.each(Object.entries(changes))('%s', (_, { mission, run, before = missionOf([analyze, report]), changed }) => {
    const [old, now] = [namesOf(before), namesOf(mission, run)];
    expect(['analyze', 'report'].filter((__, index) => old[index] !== now[index])).toEqual(changed);
  });

  test('a task that moves to finally is another one, and the plan another plan', () => {
    const [before, after] = [missionOf([analyze, { ...report, dependsOn: [] }]), missionOf([analyze], { finally: [{ ...report, dependsOn: [] }] })];
    expect(namesOf(after)[0]).toBe(namesOf(before)[0]);
    expect(namesOf(after)[1]).not.toBe(namesOf(before)[1]);
    expect(planHash(expandPlan(after, 1))).not.toBe(planHash(expandPlan(before, 1)));
  });

  test('the order of tasks changes the plan hash but no name', () => {
    const [forth, back] = [missionOf([analyze, report]), missionOf([report, analyze])];
    expect(namesOf(back).toSorted()).toEqual(namesOf(forth).toSorted());
    expect(planHash(expandPlan(back, 1))).not.toBe(planHash(expandPlan(forth, 1)));
  });

  test('the plan hash does not know mission or run', () => {
    const hash = (uid: string, run: number) => planHash(expandPlan({ ...missionOf([analyze]), metadata: { ...metadata, uid } }, run));
    expect(hash('u-2', 9)).toBe(hash('u-1', 1));
  });
});

describe('taskObjectName', () => {
  const definition = TaskSpec.parse({ type: 'Analyzer', intent: { action: 'AnalyzeCode' }, taskName: 't' });

  test('is made as the design says', () => {
    const array = canonicalJson(['u-1', 1, 't', null, definitionDigest(definition, 'work')]);
    const want = base32Lower(createHash('sha256').update(array).digest()).slice(0, 10);
    expect(taskObjectName({ missionName: 'm', missionUid: 'u-1', runNumber: 1, taskName: 't', forEachIndex: null, definition, phase: 'work' })).toBe(`m-t-${want}`);
  });

  const label = (maxLength: number) => fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?$/).map((text) => text.slice(0, maxLength).replace(/-+$/, ''));
  test('is always an RFC 1123 label of at most 51 characters with one dash before the hash', () => {
    fc.assert(
      fc.property(label(52), label(40), fc.nat(), (missionName, taskName, forEachIndex) => {
        const name = taskObjectName({ missionName, missionUid: 'u', runNumber: 1, taskName, forEachIndex, definition, phase: 'work' });
        expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?-[a-z2-7]{10}$/);
        expect(name.length).toBeLessThanOrEqual(51);
      }),
    );
  });

  test('two missions whose names are cut alike still differ', () => {
    const name = (missionUid: string) => taskObjectName({ missionName: 'm'.repeat(52), missionUid, runNumber: 1, taskName: 't', forEachIndex: null, definition, phase: 'work' });
    expect(name('a').slice(0, 40)).toBe(name('b').slice(0, 40));
    expect(name('a')).not.toBe(name('b'));
  });

  test('a cut that ends in a dash loses it', () => {
    const name = taskObjectName({ missionName: 'm'.repeat(39), missionUid: 'u', runNumber: 1, taskName: 'tt', forEachIndex: null, definition, phase: 'work' });
    expect(name).toMatch(/^m{39}-[a-z2-7]{10}$/);
  });
});
