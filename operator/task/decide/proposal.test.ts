import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Assignment, type Attempt, type Outcome, type Task, TaskStatus } from '#api/v1alpha1/task.ts';
import { aLoneTask, aTask } from '../testing.ts';
import { type Application, applyProposal, type AttemptResult, type Proposal } from './proposal.ts';

const t0 = Date.parse('2026-01-01T00:00:00Z');
const time = '2026-01-01T00:00:00Z';
const epoch = (term: number, counter = 1) => ({ term, counter });
const assignedTo = (agent: string, at = epoch(2)): Assignment => ({ pool: 'crew', poolNamespace: 'team-a', agent, agentUid: `uid-${agent}`, epoch: at, assignedTime: time, matchReason: '' });
const output = (changes: Partial<AttemptResult> = {}): AttemptResult => ({ digest: 'd', durationMs: 1400, ...changes });
const attempt = (number = 1, at = epoch(2)): Attempt => ({ attempt: number, agent: 'p-1', epoch: at, reason: 'AgentLost', message: 'gone', endTime: time });
const decided = (result: Outcome['result'], resultDigest?: string): Outcome => ({ result, reason: 'Completed', message: '', time, ...(resultDigest === undefined ? {} : { resultDigest }) });

const by = (changes: Partial<AttemptResult> = {}) => ({ number: 1, epoch: epoch(2), assignment: assignedTo('p-1'), startTime: time, output: output(changes) });
const proposals = {
  accepted: { kind: 'judged', accepted: true, reason: 'Accepted', message: 'fine' },
  refused: { kind: 'judged', accepted: false, reason: 'NoMatchingPool', message: 'no pool' },
  assigned: { kind: 'assigned', attempt: 1, assignment: assignedTo('p-1') },
  running: { kind: 'running', attempt: 1, assignment: assignedTo('p-1'), startTime: time },
  attemptEnded: { kind: 'attemptEnded', attempt: attempt() },
  succeeded: { kind: 'outcome', result: 'Succeeded', reason: 'Completed', message: 'done', attempt: by() },
  failed: { kind: 'outcome', result: 'Failed', reason: 'ActionFailed', message: 'exit code 1', attempt: by() },
  memoized: { kind: 'outcome', result: 'Succeeded', reason: 'Memoized', message: 'nothing ran', known: { observed: { passed: 3 }, claimed: undefined, artifacts: undefined, workspace: { treeBefore: 't', treeAfter: 't' }, memoizedFrom: { task: 'b', uid: 'uid-b', time, agents: ['p-9'] } } },
  cancelled: { kind: 'outcome', result: 'Cancelled', reason: 'MissionCancelled', message: 'cancelled' },
  skipped: { kind: 'outcome', result: 'Skipped', reason: 'DependencyFailed', message: 'b failed' },
} as const satisfies Record<string, Proposal>;
type Name = keyof typeof proposals;

const statuses = {
  blank: undefined,
  accepted: statusAfter(aLoneTask(), proposals.accepted),
  'assigned by this leader': { attempt: 1, assignment: assignedTo('p-1') },
  'assigned by the leader before': { attempt: 1, assignment: assignedTo('p-0', epoch(1)) },
  'assigned by the next leader': { attempt: 1, assignment: assignedTo('p-2', epoch(3)) },
  'in back-off': { attempt: 1, attempts: [attempt()] },
  Succeeded: { outcome: decided('Succeeded', 'd') },
  'Succeeded with another result': { outcome: decided('Succeeded', 'other') },
  Failed: { outcome: decided('Failed', 'd') },
  Cancelled: { outcome: decided('Cancelled') },
  Skipped: { outcome: decided('Skipped') },
  'decided by a known result': { outcome: decided('Succeeded') },
} as const satisfies Record<string, TaskStatus | undefined>;

function apply(status: TaskStatus | undefined, proposal: Proposal): Application {
  return applyProposal(aTask('a', {}, status), proposal, t0);
}

function statusAfter(task: Task, ...all: readonly Proposal[]): TaskStatus {
  let status = task.status ?? {};
  for (const proposal of all) {
    const application = applyProposal({ ...task, status }, proposal, t0);
    if (application.kind === 'write') ({ status } = application);
  }
  return status;
}

const conditionsOf = (status: TaskStatus) => Object.fromEntries((status.conditions ?? []).map(({ type, status: value, reason }) => [type, `${value}/${reason}`]));

/** What each proposal meets; `write` unless told. */
const table: Record<keyof typeof statuses, Partial<Record<Name, Application['kind']>>> = {
  blank: {},
  accepted: {},
  'assigned by this leader': { assigned: 'same', memoized: 'overtaken' },
  'assigned by the leader before': { assigned: 'overtaken', memoized: 'overtaken' },
  'assigned by the next leader': { assigned: 'overtaken', running: 'overtaken', memoized: 'overtaken' },
  'in back-off': { attemptEnded: 'same', running: 'overtaken' },
  Succeeded: { ...everything('decidedOtherwise'), succeeded: 'same' },
  'Succeeded with another result': everything('decidedOtherwise'),
  Failed: { ...everything('decidedOtherwise'), failed: 'same' },
  Cancelled: { ...everything('decidedOtherwise'), cancelled: 'same' },
  Skipped: { ...everything('decidedOtherwise'), skipped: 'same' },
  'decided by a known result': { ...everything('decidedOtherwise'), memoized: 'same' },
};

function everything(kind: Application['kind']): Record<Name, Application['kind']> {
  return Object.fromEntries(Object.keys(proposals).map((name) => [name, kind])) as Record<Name, Application['kind']>;
}

describe.each(Object.keys(statuses) as (keyof typeof statuses)[])('a task that is %s', (state) => {
  test.each(Object.keys(proposals) as Name[])('meets %s', (name) => {
    expect(apply(statuses[state], proposals[name]).kind).toBe(table[state][name] ?? 'write');
  });
});

describe('conditions say where a task stands', () => {
  const cases: Record<string, { task?: Task; proposals: readonly Proposal[]; want: Record<string, string> }> = {
    'accepted: it waits, and tools wait with it': { proposals: [proposals.accepted], want: { Accepted: 'True/Accepted', Reconciling: 'True/Starting', Succeeded: 'Unknown/Waiting' } },
    'refused: it stalls': { proposals: [proposals.refused], want: { Accepted: 'False/NoMatchingPool', Stalled: 'True/NotAccepted', Succeeded: 'Unknown/Waiting' } },
    'accepted after all': { proposals: [proposals.refused, proposals.accepted], want: { Accepted: 'True/Accepted', Reconciling: 'True/Starting', Succeeded: 'Unknown/Waiting' } },
    'assigned': { proposals: [proposals.assigned], want: { Accepted: 'True/Accepted', Reconciling: 'True/Starting', Succeeded: 'Unknown/Assigned' } },
    'running': { proposals: [proposals.accepted, proposals.running], want: { Accepted: 'True/Accepted', Reconciling: 'True/Starting', Succeeded: 'Unknown/Running' } },
    'in back-off': { proposals: [proposals.running, proposals.attemptEnded], want: { Accepted: 'True/Accepted', Reconciling: 'True/Starting', Succeeded: 'Unknown/Backoff' } },
    'judged while it runs: what is known of the attempt stays': { proposals: [proposals.running, proposals.accepted], want: { Accepted: 'True/Accepted', Reconciling: 'True/Starting', Succeeded: 'Unknown/Running' } },
    'succeeded: nothing is left to wait for': { proposals: [proposals.running, proposals.succeeded], want: { Accepted: 'True/Accepted', Succeeded: 'True/Completed' } },
    'decided by a known result: nothing is said of a run': { proposals: [proposals.memoized], want: { Accepted: 'True/Accepted', Succeeded: 'True/Memoized' } },
    'failed: it stalls': { proposals: [proposals.failed], want: { Accepted: 'True/Accepted', Stalled: 'True/Ended', Succeeded: 'False/ActionFailed' } },
    'cancelled': { proposals: [proposals.cancelled], want: { Accepted: 'True/Accepted', Succeeded: 'False/MissionCancelled' } },
    'skipped': { proposals: [proposals.skipped], want: { Accepted: 'True/Accepted', Succeeded: 'False/DependencyFailed' } },
    'cancelled, never accepted': { proposals: [proposals.refused, proposals.cancelled], want: { Accepted: 'False/NoMatchingPool', Succeeded: 'False/MissionCancelled' } },
    'ran inside a boundary': { proposals: [{ ...proposals.succeeded, attempt: by({ boundary: 'full' }) }], want: { Accepted: 'True/Accepted', Isolated: 'True/Isolated', Succeeded: 'True/Completed' } },
    'ran inside a part of a boundary': { proposals: [{ ...proposals.succeeded, attempt: by({ boundary: 'partial' }) }], want: { Accepted: 'True/Accepted', Isolated: 'False/PartialBoundary', Succeeded: 'True/Completed' } },
    'left what was expected': { proposals: [{ ...proposals.succeeded, attempt: by({ action: { tool: 'vitest', expected: [] } }) }], want: { Accepted: 'True/Accepted', Consistent: 'True/Consistent', Succeeded: 'True/Completed' } },
    'left something else, though it succeeded': { proposals: [{ ...proposals.succeeded, attempt: by({ action: { tool: 'vitest', expected: [] }, violations: [{ kind: 'UnexpectedChange', message: 'a.ts changed' }] }) }], want: { Accepted: 'True/Accepted', Consistent: 'False/Violated', Succeeded: 'True/Completed' } },
    'ran without a boundary': { proposals: [{ ...proposals.succeeded, attempt: by({ boundary: 'none' }) }], want: { Accepted: 'True/Accepted', Isolated: 'False/NoBoundary', Succeeded: 'True/Completed' } },
  };
  test.each(Object.entries(cases))('%s', (_, { task = aTask(), proposals: all, want }) => {
    expect(conditionsOf(statusAfter(task, ...all))).toEqual(want);
  });
});

describe('what is kept of an attempt', () => {
  test('the deciding one: results, times, who made it', () => {
    const { conditions: _, ...status } = statusAfter(aTask(), { ...proposals.succeeded, attempt: by({ observed: { passed: 3 }, claimed: { mood: 'good' }, boundary: 'full' }) });
    expect(status).toEqual({
      observedGeneration: 1,
      attempt: 1,
      assignment: assignedTo('p-1'),
      startTime: time,
      completionTime: time,
      durationSeconds: 1,
      observed: { passed: 3 },
      claimed: { mood: 'good' },
      boundary: 'full',
      outcome: { result: 'Succeeded', reason: 'Completed', message: 'done', epoch: epoch(2), resultDigest: 'd', time },
    });
  });

  test('none that ran: the result of another task, and which one', () => {
    const { conditions: _, ...status } = statusAfter(aTask(), proposals.memoized);
    expect(status).toEqual({
      observedGeneration: 1,
      completionTime: time,
      observed: { passed: 3 },
      workspace: { treeBefore: 't', treeAfter: 't' },
      memoizedFrom: { task: 'b', uid: 'uid-b', time, agents: ['p-9'] },
      outcome: { result: 'Succeeded', reason: 'Memoized', message: 'nothing ran', time },
    });
  });

  test('one that ended leaves no assignment behind', () => {
    const status = statusAfter(aTask(), proposals.running, proposals.attemptEnded);
    expect(status.attempts).toEqual([attempt()]);
    expect(status).not.toHaveProperty('assignment');
    expect(status).not.toHaveProperty('startTime');
  });

  test('the last five that ended, oldest first', () => {
    const ends = Array.from({ length: 7 }, (_, index): Proposal => ({ kind: 'attemptEnded', attempt: attempt(index + 1, epoch(2, index + 1)) }));
    const status = statusAfter(aTask(), ...ends);
    expect(status.attempts?.map((each) => each.attempt)).toEqual([3, 4, 5, 6, 7]);
    expect(status.attempt).toBe(7);
  });

  test('messages are cut to what the API holds and obey no terminal', () => {
    const loud = `\u001b[31m${'x'.repeat(3000)}`;
    const status = statusAfter(aTask(), { kind: 'attemptEnded', attempt: { ...attempt(), message: loud } }, { ...proposals.failed, message: loud });
    expect(TaskStatus.safeParse(status).success).toBe(true);
    const messages = [status.outcome, ...(status.attempts ?? []), ...(status.conditions ?? [])].map((said) => said?.message ?? '');
    expect(messages.filter((message) => message.includes('\u001b'))).toEqual([]);
  });
});

const anyProposal = fc.constantFrom(...Object.values<Proposal>(proposals), { kind: 'assigned', attempt: 2, assignment: assignedTo('p-2', epoch(2, 9)) } as const, { kind: 'attemptEnded', attempt: attempt(2, epoch(2, 9)) } as const);

test('an outcome, once there, never changes, whatever follows', () => {
  fc.assert(
    fc.property(fc.array(anyProposal), fc.constantFrom<Proposal>(proposals.succeeded, proposals.failed, proposals.cancelled, proposals.skipped), fc.array(anyProposal), (before, end, after) => {
      const first = statusAfter(aTask(), ...before, end);
      expect(first.outcome).toBeDefined();
      expect(statusAfter(aTask('a', {}, first), ...after)).toEqual(first);
    }),
  );
});

test('a proposal that was carried out is the same the second time, or changes nothing', () => {
  fc.assert(
    fc.property(fc.array(anyProposal), anyProposal, (before, proposal) => {
      const once = statusAfter(aTask(), ...before, proposal);
      expect(statusAfter(aTask('a', {}, once), proposal)).toEqual(once);
    }),
  );
});

test('every status is one that the API accepts', () => {
  fc.assert(
    fc.property(fc.array(anyProposal), (all) => {
      expect(TaskStatus.safeParse(statusAfter(aTask(), ...all)).error).toBeUndefined();
    }),
  );
});
