import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Epoch } from '#api/v1alpha1/schema.ts';
import type { Assignment, Attempt, Outcome } from '#api/v1alpha1/task.ts';
import { compareEpochs } from './epoch.ts';
import { judgeTakeover, type TakeoverView, type TaskClaim } from './takeover.ts';

type Found = NonNullable<TakeoverView['task']>;

const time = '2026-01-01T00:00:00Z';
const epoch = (term: number, counter: number): Epoch => ({ term, counter });
const assignedTo = (agent: string, at: Epoch): Assignment => ({ pool: 'p', poolNamespace: 'n', agent, agentUid: agent, epoch: at, assignedTime: time, matchReason: '' });
const failed = (attempt: number): Attempt => ({ attempt, epoch: epoch(1, attempt), reason: 'ActionFailed', message: '', endTime: time });
const outcome = (resultDigest?: string, result: Outcome['result'] = 'Succeeded'): Outcome => ({ result, reason: 'Completed', message: '', time, ...(resultDigest === undefined ? {} : { resultDigest }) });
const runs = (agent: string, at: Epoch, attempt = 1): TaskClaim => ({ agentUid: agent, attempt, epoch: at, finished: false, digest: '' });
const ended = (agent: string, at: Epoch, digest = 'd', attempt = 1): TaskClaim => ({ ...runs(agent, at, attempt), finished: true, digest });

const blank: Found = { sideEffects: 'None', status: {} };
/** Handed to `a` in term 1, with a trace. */
const traced: Found = { sideEffects: 'None', status: { attempt: 1, assignment: assignedTo('a', epoch(1, 1)) } };
const external: Found = { ...traced, sideEffects: 'External' };
const decided = (digest?: string): Found => ({ sideEffects: 'None', status: { ...traced.status, outcome: outcome(digest) } });
const cancelled: Found = { sideEffects: 'None', status: { outcome: outcome(undefined, 'Cancelled') } };
const a1 = runs('a', epoch(1, 1));
const done1 = ended('a', epoch(1, 1));

const view = (more: Partial<TakeoverView>): TakeoverView => ({ task: blank, claims: [], barrierDone: false, wasReadyBeforeTerm: true, ...more });

function describeTakeover(world: TakeoverView): string {
  const { verdict, aborts } = judgeTakeover(world);
  const detail = verdict.kind === 'adopt' ? ` ${verdict.claim.agentUid}` : verdict.kind === 'confirm' ? ` ${verdict.claims.map(({ agentUid }) => agentUid).join(' ')}` : verdict.kind === 'lost' ? ` ${verdict.reason}` : '';
  return `${verdict.kind}${detail}${aborts.length === 0 ? '' : `, abort ${aborts.map(({ agentUid }) => agentUid).join(' ')}`}`;
}

/** What a fault leaves behind for the new leader to find, by the state in which it struck. */
const states: Record<string, Record<string, { found: Partial<TakeoverView>; want: string }>> = {
  'unread (created, its dependencies not met before this term)': {
    'leader crash': { found: { wasReadyBeforeTerm: false }, want: 'dispatch' },
    'agent crash': { found: { wasReadyBeforeTerm: false, barrierDone: true }, want: 'dispatch' },
    both: { found: { wasReadyBeforeTerm: false }, want: 'dispatch' },
    partition: { found: { wasReadyBeforeTerm: false }, want: 'dispatch' },
    delete: { found: { task: undefined }, want: 'nothing' },
    cancel: { found: { task: cancelled }, want: 'nothing' },
    edit: { found: { task: undefined }, want: 'nothing' },
  },
  'ready (not sent, which nobody can know)': {
    'leader crash': { found: {}, want: 'wait' },
    'leader crash, all agents announced': { found: { barrierDone: true }, want: 'dispatchRecorded' },
    'leader crash, External: would have left a trace': { found: { task: { sideEffects: 'External', status: {} } }, want: 'dispatchRecorded' },
    'agent crash': { found: { barrierDone: true }, want: 'dispatchRecorded' },
    both: { found: {}, want: 'wait' },
    partition: { found: {}, want: 'wait' },
    delete: { found: { task: undefined }, want: 'nothing' },
    cancel: { found: { task: cancelled }, want: 'nothing' },
    edit: { found: { task: undefined }, want: 'nothing' },
  },
  'sent (first attempt, no trace yet)': {
    'leader crash': { found: { claims: [a1] }, want: 'adopt a' },
    'leader crash, even when it was not thought ready': { found: { claims: [a1], wasReadyBeforeTerm: false }, want: 'adopt a' },
    'agent crash': { found: { barrierDone: true }, want: 'dispatchRecorded' },
    both: { found: { barrierDone: true }, want: 'dispatchRecorded' },
    partition: { found: {}, want: 'wait' },
    'partition, healed after the task went to another agent': { found: { task: { sideEffects: 'None', status: { attempt: 1, assignment: assignedTo('b', epoch(2, 1)) } }, claims: [a1, runs('b', epoch(2, 1))] }, want: 'adopt b, abort a' },
    delete: { found: { task: undefined, claims: [a1] }, want: 'nothing, abort a' },
    cancel: { found: { task: cancelled, claims: [a1] }, want: 'nothing, abort a' },
    edit: { found: { task: undefined, claims: [a1] }, want: 'nothing, abort a' },
  },
  'sent or running, with a trace': {
    'leader crash': { found: { task: traced, claims: [a1] }, want: 'adopt a' },
    'leader crash, agent not back yet': { found: { task: traced }, want: 'wait' },
    'agent crash': { found: { task: traced, barrierDone: true }, want: 'lost LeaderLost' },
    both: { found: { task: traced, barrierDone: true }, want: 'lost LeaderLost' },
    'both, External': { found: { task: external, barrierDone: true }, want: 'lost OutcomeUnknown' },
    'leader crash, External': { found: { task: external, claims: [a1] }, want: 'adopt a' },
    partition: { found: { task: external }, want: 'wait' },
    'partition, another agent still has an older assignment': { found: { task: { sideEffects: 'None', status: { attempt: 1, assignment: assignedTo('b', epoch(2, 1)) } }, claims: [a1] }, want: 'wait, abort a' },
    'lost acknowledgement of a reissue: the agent still knows the old number': { found: { task: { sideEffects: 'None', status: { attempt: 1, assignment: assignedTo('a', epoch(2, 4)) } }, claims: [a1] }, want: 'adopt a' },
    delete: { found: { task: undefined, claims: [a1] }, want: 'nothing, abort a' },
    cancel: { found: { task: cancelled, claims: [a1] }, want: 'nothing, abort a' },
    edit: { found: { task: undefined, claims: [a1] }, want: 'nothing, abort a' },
  },
  'later attempts, recorded before they start': {
    'leader crash': { found: { task: { sideEffects: 'None', status: { attempt: 2, attempts: [failed(1)], assignment: assignedTo('b', epoch(1, 2)) } }, claims: [runs('b', epoch(1, 2), 2)] }, want: 'adopt b' },
    'leader crash during the wait before it': { found: { task: { sideEffects: 'None', status: { attempt: 1, attempts: [failed(1)], assignment: assignedTo('a', epoch(1, 1)) } } }, want: 'dispatchRecorded' },
    'partition: the failed attempt is announced after all': { found: { task: { sideEffects: 'None', status: { attempt: 1, attempts: [failed(1)], assignment: assignedTo('a', epoch(1, 1)) } }, claims: [done1] }, want: 'dispatchRecorded, abort a' },
    both: { found: { task: { sideEffects: 'None', status: { attempt: 2, attempts: [failed(1)], assignment: assignedTo('b', epoch(1, 2)) } }, claims: [a1], barrierDone: true }, want: 'lost LeaderLost, abort a' },
    'a restored etcd knows less than the agents': { found: { task: traced, claims: [runs('b', epoch(3, 1), 2)] }, want: 'adopt b' },
  },
  'finished, unacknowledged': {
    'leader crash': { found: { claims: [done1] }, want: 'adopt a' },
    'leader crash, with a trace': { found: { task: traced, claims: [done1] }, want: 'adopt a' },
    'leader crash after the outcome was written': { found: { task: decided('d'), claims: [done1] }, want: 'confirm a' },
    'agent crash': { found: { task: traced, barrierDone: true }, want: 'lost LeaderLost' },
    both: { found: { barrierDone: true }, want: 'dispatchRecorded' },
    partition: { found: { task: traced }, want: 'wait' },
    delete: { found: { task: undefined, claims: [done1] }, want: 'nothing, abort a' },
    cancel: { found: { task: cancelled, claims: [done1] }, want: 'nothing, abort a' },
    edit: { found: { task: undefined, claims: [done1] }, want: 'nothing, abort a' },
  },
  outcome: {
    'leader crash': { found: { task: decided('d') }, want: 'nothing' },
    'agent crash': { found: { task: decided('d'), barrierDone: true }, want: 'nothing' },
    both: { found: { task: decided('d') }, want: 'nothing' },
    'partition: another result than the one that counted': { found: { task: decided('d'), claims: [ended('b', epoch(1, 2), 'e')] }, want: 'nothing, abort b' },
    'partition: still at work': { found: { task: decided('d'), claims: [runs('b', epoch(1, 2)), done1] }, want: 'confirm a, abort b' },
    'partition: an outcome without a result confirms nobody': { found: { task: decided(), claims: [ended('a', epoch(1, 1), '')] }, want: 'nothing, abort a' },
    delete: { found: { task: undefined, claims: [done1] }, want: 'nothing, abort a' },
    cancel: { found: { task: decided('d'), claims: [done1] }, want: 'confirm a' },
    edit: { found: { task: undefined }, want: 'nothing' },
  },
};

describe.each(Object.entries(states))('%s', (_, faults) => {
  test.each(Object.entries(faults))('%s', (__, { found, want }) => expect(describeTakeover(view(found))).toBe(want));
});

test('of two claimants the higher old epoch wins, in whatever order they announce themselves', () => {
  const claims = [runs('a', epoch(1, 9)), runs('b', epoch(2, 1)), runs('c', epoch(1, 2))];
  expect(describeTakeover(view({ claims }))).toBe('adopt b, abort a c');
  expect(describeTakeover(view({ claims: claims.toReversed() }))).toBe('adopt b, abort c a');
});

describe('whatever is found', () => {
  const anyEpoch = fc.record({ term: fc.integer({ min: 1, max: 2 }), counter: fc.integer({ min: 1, max: 3 }) });
  const anyClaim: fc.Arbitrary<TaskClaim> = fc.record({ agentUid: fc.constantFrom('a', 'b', 'c'), attempt: fc.integer({ min: 1, max: 3 }), epoch: anyEpoch, finished: fc.boolean(), digest: fc.constantFrom('', 'd', 'e') });
  const anyTask: fc.Arbitrary<Found> = fc
    .record({ sideEffects: fc.constantFrom('None' as const, 'External' as const), attempt: fc.integer({ min: 0, max: 3 }), endedAttempts: fc.integer({ min: 0, max: 2 }), agent: fc.option(fc.constantFrom('a', 'b')), at: anyEpoch, outcome: fc.option(fc.constantFrom('d', 'e')) })
    .map(({ sideEffects, attempt, endedAttempts, agent, at, outcome: digest }) => ({
      sideEffects,
      status: {
        attempt,
        attempts: Array.from({ length: Math.min(endedAttempts, attempt) }, (_, index) => failed(index + 1)),
        ...(agent === null ? {} : { assignment: assignedTo(agent, at) }),
        ...(digest === null ? {} : { outcome: outcome(digest) }),
      },
    }));
  const anyView = fc.record({ task: fc.option(anyTask, { nil: undefined }), claims: fc.array(anyClaim, { maxLength: 4 }), barrierDone: fc.boolean(), wasReadyBeforeTerm: fc.boolean() });

  test('every claim gets exactly one answer', () => {
    fc.assert(
      fc.property(anyView, (world) => {
        const { verdict, aborts } = judgeTakeover(world);
        const kept = verdict.kind === 'adopt' ? [verdict.claim] : verdict.kind === 'confirm' ? verdict.claims : [];
        expect([...kept, ...aborts].length).toBe(world.claims.length);
        expect(new Set([...kept, ...aborts])).toEqual(new Set(world.claims));
      }),
    );
  });

  test('nothing waits once the barrier is done, and no External task that left a trace is sent again', () => {
    fc.assert(
      fc.property(anyView, (world) => {
        const { verdict } = judgeTakeover({ ...world, barrierDone: true });
        expect(verdict.kind).not.toBe('wait');
        const { sideEffects, status } = world.task ?? blank;
        const isOpen = status.assignment !== undefined && (status.attempt ?? 0) > (status.attempts?.length ?? 0);
        expect(sideEffects === 'External' && isOpen && verdict.kind.startsWith('dispatch')).toBe(false);
      }),
    );
  });

  test('the adopted claim is of no older attempt and, within its attempt, of no older epoch than any other that could be', () => {
    fc.assert(
      fc.property(fc.array(anyClaim, { minLength: 1, maxLength: 4 }), (claims) => {
        const { verdict } = judgeTakeover(view({ claims }));
        const adopted = verdict.kind === 'adopt' ? verdict.claim : undefined;
        expect(adopted).toBeDefined();
        for (const other of claims) expect((adopted?.attempt ?? 0) - other.attempt || compareEpochs(adopted?.epoch ?? epoch(0, 0), other.epoch)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
