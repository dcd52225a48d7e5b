import { expect, test } from 'vitest';
import { aMission } from '#testing/builders/mission.ts';
import type { MissionBuilder } from '#testing/builders/mission.ts';
import { kstatus, type Kstatus } from '#testing/kstatus.ts';
import { decideMission } from './decide/index.ts';
import type { MissionView } from './decide/view.ts';
import { failed, running, succeeded, t0, underway, viewOf } from './testing.ts';

const spent = { settled: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd: 3_000_000 }, reservedMicroUsd: 0, calls: 1 };

const two = (): MissionBuilder => aMission('m').withTask('a').withTask('b', { after: ['a'] });
const fresh = (mission: MissionBuilder, pools?: []): MissionView => viewOf(mission.build(), pools === undefined ? {} : { pools });

const cases: Record<string, { view: MissionView; want: Kstatus }> = {
  'a mission under control does not hold up a sync for hours': { view: underway(two(), { tasks: { a: running }, live: ['a'] }), want: 'Current' },
  'a mission that has spent its budget is as it was before': { view: underway(two().spec({ budget: { maxCostUsd: '2.00' } }), { tasks: { a: running }, live: ['a'], usage: spent }), want: 'Current' },
  'a mission that has succeeded beyond its budget is current': { view: underway(two().spec({ budget: { maxCostUsd: '2.00' } }), { tasks: { a: succeeded, b: succeeded }, usage: spent }), want: 'Current' },
  'a suspended mission is as wished': { view: underway(two().spec({ operatingMode: 'Suspend' })), want: 'Current' },
  'a mission that has succeeded is current': { view: underway(two(), { tasks: { a: succeeded, b: succeeded } }), want: 'Current' },
  'a mission that has failed is failed': { view: underway(two().spec({ failurePolicy: 'Continue' }), { tasks: { a: failed, b: (task) => task.ended('Skipped') } }), want: 'Failed' },
  'a mission that was cancelled is failed': { view: underway(two().spec({ operatingMode: 'Cancel' }), { tasks: { a: (task) => task.ended('Cancelled'), b: (task) => task.ended('Cancelled') } }), want: 'Failed' },
  'a mission without tasks needs its author': { view: fresh(aMission('m')), want: 'Failed' },
  'a mission whose graph is wrong needs its author': { view: fresh(aMission('m').withTask('a', { after: ['nobody'] })), want: 'Failed' },
  'a mission that waits for a pool may still get one': { view: fresh(two(), []), want: 'InProgress' },
};

test.each(Object.entries(cases))('%s', (_, { view, want }) => {
  const { status } = decideMission(view, t0);
  expect(kstatus({ metadata: view.mission.metadata, status: status ?? view.mission.status })).toBe(want);
});

test('a spec that was not looked at yet is in progress, and a mission that is being deleted is terminating', () => {
  const { mission } = underway(two());
  expect(kstatus({ metadata: { ...mission.metadata, generation: mission.metadata.generation + 1 }, status: mission.status })).toBe('InProgress');
  expect(kstatus({ metadata: { ...mission.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' }, status: mission.status })).toBe('Terminating');
});
