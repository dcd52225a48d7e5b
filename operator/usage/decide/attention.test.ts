import { describe, expect, test } from 'vitest';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { aMission } from '#testing/builders/mission.ts';
import { aCodingMission, inState, settledUsage } from '../testing.ts';
import { type Attention, attentionOf } from './attention.ts';

const now = Date.UTC(2026, 0, 1, 1);
const coding = aCodingMission();
const planned = aMission().spec({ planner: { maxTasks: 20 } });
const endedAt = (completionTime: string): Mission => inState(coding, 'TasksSucceeded', { completionTime });
const someRun = { tasks: { total: 1, pending: 0, running: 1, succeeded: 0, failed: 0, skipped: 0, cancelled: 0 } };

describe('the attention that a mission needs', () => {
  const cases: Record<string, { mission: Mission; want: Attention }> = {
    'none before it was looked at': { mission: coding.build(), want: 'none' },
    'none when nobody calls models for it': { mission: inState(aMission().withTask('a'), 'Running'), want: 'none' },
    'steady while it is planned': { mission: inState(planned, 'Planning'), want: 'steady' },
    'steady while it runs': { mission: inState(coding, 'Running'), want: 'steady' },
    'steady while it is being cancelled': { mission: inState(coding, 'Cancelling'), want: 'steady' },
    'steady for a task of finally too': { mission: inState(aMission().withTask('a').withFinally('write', { type: 'Coder', intent: { action: 'WriteCode' } }), 'Running'), want: 'steady' },
    'steady for a goal that a model judges': { mission: inState(aMission().withTask('a').spec({ goals: [{ name: 'g', required: true, check: { judge: { rubric: 'It is short.', votes: 1 } } }] }), 'Running'), want: 'steady' },
    'none for the same action of another role': { mission: inState(aMission().withTask('a', { type: 'Tester', intent: { action: 'WriteCode' } }), 'Running'), want: 'none' },
    'steady while a suspended one still has running tasks': { mission: inState(coding, 'Suspended', someRun), want: 'steady' },
    'the last when it is suspended': { mission: inState(coding, 'Suspended'), want: 'last' },
    'the last when it is refused': { mission: inState(planned, 'NotAccepted'), want: 'last' },
    'the last when it has just ended': { mission: endedAt('2026-01-01T00:59:00Z'), want: 'last' },
    'none when it has just ended and its cost is settled': { mission: inState(coding, 'TasksSucceeded', { completionTime: '2026-01-01T00:59:00Z', usage: settledUsage }), want: 'none' },
    'steady in a further run, though the cost of the one before was settled': { mission: inState(coding, 'Running', { usage: settledUsage }), want: 'steady' },
    'none when it ended long ago': { mission: endedAt('2026-01-01T00:50:00Z'), want: 'none' },
  };
  test.each(Object.entries(cases))('%s', (_, { mission, want }) => expect(attentionOf(mission, now)).toBe(want));
});
