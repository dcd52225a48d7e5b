import { expect, test } from 'vitest';
import type { Condition } from '#api/v1alpha1/schema.ts';
import { type Announcement, announcements } from './announce.ts';

const condition = (type: string, status: Condition['status'], reason: string): Condition => ({ type, status, reason, message: `${reason}!`, lastTransitionTime: '2026-01-01T00:00:00Z' });
const running = [condition('Accepted', 'True', 'Accepted'), condition('Succeeded', 'Unknown', 'Running')];

const cases: Record<string, { before: readonly Condition[] | undefined; after: readonly Condition[]; want: readonly Announcement[] }> = {
  'a mission that begins says that it runs': { before: undefined, after: running, want: [{ type: 'Normal', reason: 'Running', note: 'Running!' }] },
  'progress without a new reason is no news': { before: running, after: running, want: [] },
  'a mission that ends well says so': { before: running, after: [condition('Succeeded', 'True', 'GoalsMet')], want: [{ type: 'Normal', reason: 'GoalsMet', note: 'GoalsMet!' }] },
  'a mission that fails warns': { before: running, after: [condition('Succeeded', 'False', 'TaskFailed')], want: [{ type: 'Warning', reason: 'TaskFailed', note: 'TaskFailed!' }] },
  'a refusal warns once, not once more as NotAccepted': {
    before: undefined,
    after: [condition('Accepted', 'False', 'InvalidGraph'), condition('Succeeded', 'Unknown', 'NotAccepted')],
    want: [{ type: 'Warning', reason: 'InvalidGraph', note: 'InvalidGraph!' }],
  },
};

test.each(Object.entries(cases))('%s', (_, { before, after, want }) => expect(announcements(before, after)).toEqual(want));
