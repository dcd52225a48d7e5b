// What a revision of a plan changes, told by task and field.
import { expect, test } from 'vitest';
import { MissionTask } from '#api/v1alpha1/mission.ts';
import { diffPlans } from './plan-diff.ts';

const task = (name: string, more: object = {}) => MissionTask.parse({ name, type: 'Analyzer', intent: { action: 'AnalyzeCode' }, ...more });
const withParams = (params: object) => task('a', { intent: { action: 'AnalyzeCode', params } });
const none = { added: [], removed: [], changed: [] };

const cases: Record<string, { from: MissionTask[]; to: MissionTask[]; want: object }> = {
  'the same plan': { from: [task('a'), task('b')], to: [task('a'), task('b')], want: none },
  'no plan at all': { from: [], to: [], want: none },
  'another order of tasks is no change': { from: [task('a'), task('b')], to: [task('b'), task('a')], want: none },
  'defaults are no change, written out or not': { from: [task('a')], to: [task('a', { onFailure: 'Fail', retryPolicy: { limit: 2 } })], want: none },
  'another order of dependencies, capabilities and inputs is no change': {
    from: [task('c', { dependsOn: ['a', 'b'], capabilities: ['x', 'y'], inputs: [{ name: 'm', task: 'a', field: 'observed.m' }, { name: 'n', task: 'b', field: 'observed.n' }] })],
    to: [task('c', { dependsOn: ['b', 'a'], capabilities: ['y', 'x'], inputs: [{ name: 'n', task: 'b', field: 'observed.n' }, { name: 'm', task: 'a', field: 'observed.m' }] })],
    want: none,
  },
  'another order of the keys of a value is no change': { from: [withParams({ rules: [{ x: 1, y: 2 }] })], to: [withParams({ rules: [{ y: 2, x: 1 }] })], want: none },
  'another order of a list that is no set is one': { from: [withParams({ command: ['a', 'b'] })], to: [withParams({ command: ['b', 'a'] })], want: { ...none, changed: [{ task: 'a', field: 'intent.params.command', from: '["a","b"]', to: '["b","a"]' }] } },
  'tasks that came and went': { from: [task('a'), task('b')], to: [task('b'), task('c')], want: { added: [{ name: 'c' }], removed: [{ name: 'a' }], changed: [] } },
  'a task under another name is another task': { from: [task('a')], to: [task('z')], want: { added: [{ name: 'z' }], removed: [{ name: 'a' }], changed: [] } },
  'fields in order of their paths': {
    from: [task('a')],
    to: [task('a', { type: 'Tester', intent: { action: 'RunTests' }, activeDeadlineSeconds: 60 })],
    want: { ...none, changed: [{ field: 'activeDeadlineSeconds', from: '3600', to: '60' }, { field: 'intent.action', from: '"AnalyzeCode"', to: '"RunTests"' }, { field: 'type', from: '"Analyzer"', to: '"Tester"' }] },
  },
  'a field that is new has nothing to come from': { from: [task('a')], to: [withParams({ area: 'src' })], want: { ...none, changed: [{ task: 'a', field: 'intent.params.area', to: '"src"' }] } },
  'a field that is gone has nothing to become': { from: [task('b', { workspaceFrom: 'a', dependsOn: ['a'] })], to: [task('b', { dependsOn: ['a'] })], want: { ...none, changed: [{ task: 'b', field: 'workspaceFrom', from: '"a"' }] } },
};

test.each(Object.entries(cases))('%s', (_, { from, to, want }) => {
  const diff = diffPlans(from, to);
  expect(diff).toMatchObject(want);
  for (const { from: old, to: now } of diff.changed) expect(old === undefined && now === undefined).toBe(false);
});

test('turned round, what was added was removed', () => {
  for (const { from, to } of Object.values(cases)) {
    const [there, back] = [diffPlans(from, to), diffPlans(to, from)];
    expect([back.added, back.removed, back.changed.length]).toEqual([there.removed, there.added, there.changed.length]);
  }
});
