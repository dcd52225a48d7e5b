import { describe, expect, test } from 'vitest';
import type { CloudEvent } from '#api/events/envelope.ts';
import { createFilter, familiesFor, namesFrom, type Wanted } from './filter.ts';
import { agentActed, anEvent, deletedTask, missionUid, t0, wholeMission, wholeTask } from './testing.ts';

const at = (version: number) => ({ version, at: t0 + version, status: {} });
const violation = anEvent('violation.found', { id: 'u-b.5.v0', subject: 'tasks/examine-b', at: t0 + 5 }, { task: { name: 'examine-b', uid: 'u-b' }, mission: { name: 'examine', uid: missionUid }, kind: 'FilesChanged', message: 'm', attempt: 1, agent: 'crew-2' });
const plan = anEvent('plan.made', { id: 'u-plan.6', subject: 'plans/examine-1', at: t0 + 6 }, { name: 'examine-1', uid: 'u-plan', resourceVersion: '6', mission: { name: 'examine', uid: missionUid }, spec: {} });

const history: Readonly<Record<string, CloudEvent>> = {
  mission: wholeMission(at(0)),
  a1: wholeTask({ name: 'a', facts: { agent: 'crew-1' } }, at(1)),
  b1: wholeTask({ name: 'b' }, at(2)),
  b2: wholeTask({ name: 'b', facts: { agent: 'crew-2' } }, at(3)),
  acted: agentActed('b', 1, t0 + 4, { agent: 'crew-2' }),
  violation,
  plan,
  gone: deletedTask('b', 7, t0 + 7),
};

describe('a filter passes', () => {
  const cases: Record<string, { wanted: Wanted; want: string }> = {
    'everything when nothing is asked': { wanted: {}, want: 'mission a1 b1 b2 acted violation plan gone' },
    'what is of a task by its name in the plan': { wanted: { task: 'b' }, want: 'b1 b2 acted violation gone' },
    'what is of a task by the name of its object': { wanted: { task: 'examine-b' }, want: 'b1 b2 acted violation gone' },
    'what is about an agent': { wanted: { agent: 'crew-2' }, want: 'b2 acted violation' },
    'names': { wanted: { names: new Set(['agent.act', 'plan.made']) }, want: 'acted plan' },
    'a time with both of its ends': { wanted: { from: t0 + 2, until: t0 + 4 }, want: 'b1 b2 acted' },
    'all of it together, though the task was named before the time': { wanted: { task: 'b', from: t0 + 4, agent: 'crew-2', names: new Set(['agent.act', 'violation.found']) }, want: 'acted violation' },
    'nothing of a task that there is not': { wanted: { task: 'c' }, want: '' },
  };
  test.each(Object.entries(cases))('%s', (_, { wanted, want }) => {
    const passes = createFilter(wanted);
    expect(Object.entries(history).filter(([, event]) => passes(event)).map(([name]) => name).join(' ')).toBe(want);
  });
});

describe('types', () => {
  test('are names and families', () => {
    expect(namesFrom(['plan', 'task.ended'])).toEqual({ kind: 'names', names: new Set(['plan.made', 'task.ended']) });
  });

  test.each(['tasks', 'task.', 'ai.coditect.task.ended.v1', '', '__proto__'])('%j is neither', (text) => expect(namesFrom(['task', text])).toEqual({ kind: 'unknown', text }));
});

describe('families to read', () => {
  test('are all that belong to missions', () => expect(familiesFor({})).toEqual(['mission', 'plan', 'approval', 'task', 'violation', 'agent']));
  test('are those of the names', () => expect(familiesFor({ names: new Set(['agent.act', 'plan.made']) })).toEqual(['plan', 'agent']));
  test('are tasks too when a task is named', () => expect(familiesFor({ names: new Set(['agent.act']), task: 'b' })).toEqual(['task', 'agent']));
});
