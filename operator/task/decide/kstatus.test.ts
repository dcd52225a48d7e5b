import { expect, test } from 'vitest';
import { aTask } from '#testing/builders/task.ts';
import { kstatus, type Kstatus } from '#testing/kstatus.ts';
import { applyProposal, type Proposal } from './proposal.ts';

const t0 = Date.parse('2026-01-01T00:00:00Z');
const task = aTask('alone').build();

const cases: Record<string, { proposal: Proposal; want: Kstatus }> = {
  'a task that waits for an agent is in progress': { proposal: { kind: 'judged', accepted: true, reason: 'Accepted', message: '' }, want: 'InProgress' },
  'a task that is refused needs its author': { proposal: { kind: 'judged', accepted: false, reason: 'InvalidIntent', message: '' }, want: 'Failed' },
  'a task that has succeeded is current': { proposal: { kind: 'outcome', result: 'Succeeded', reason: 'Completed', message: '' }, want: 'Current' },
  'a task that has failed is failed': { proposal: { kind: 'outcome', result: 'Failed', reason: 'ActionFailed', message: '' }, want: 'Failed' },
  'a task that was skipped is as it should be': { proposal: { kind: 'outcome', result: 'Skipped', reason: 'DependencyFailed', message: '' }, want: 'Current' },
};

test.each(Object.entries(cases))('%s', (_, { proposal, want }) => {
  const application = applyProposal(task, proposal, t0);
  expect(application.kind).toBe('write');
  expect(kstatus({ metadata: task.metadata, status: application.kind === 'write' ? application.status : undefined })).toBe(want);
});
