import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { taskConditions } from '#api/conditions.ts';
import { RetryPolicy, type TaskSpec } from '#api/v1alpha1/task.ts';
import { compareEpochs, formatEpoch, sameEpoch } from './epoch.ts';
import { resultFault } from './limits.ts';
import { resultDigest, type ResultFacts } from './resultDigest.ts';
import { countedFailures, mayRetry, nextBackoffMs } from './retry.ts';

const policy = (more: object = {}) => RetryPolicy.parse(more);
const spec = (limit = 2, sideEffects: TaskSpec['sideEffects'] = 'None') => ({ retryPolicy: policy({ limit }), sideEffects });
const after = (...reasons: string[]) => ({ attempt: reasons.length + 1, earlier: reasons.map((reason) => ({ reason })) });

describe('mayRetry', () => {
  const cases: Record<string, { spec: ReturnType<typeof spec>; failed: ReturnType<typeof after>; reason: string; want: boolean }> = {
    'a first failure is followed by another attempt': { spec: spec(), failed: after(), reason: 'ActionFailed', want: true },
    'limit counts further attempts': { spec: spec(2), failed: after('ActionFailed'), reason: 'TimedOut', want: true },
    'and ends them': { spec: spec(2), failed: after('ActionFailed', 'AgentLost'), reason: 'ActionFailed', want: false },
    'limit 0 means one attempt': { spec: spec(0), failed: after(), reason: 'ActionFailed', want: false },
    'a lost agent counts': { spec: spec(0), failed: after(), reason: 'AgentLost', want: false },
    'a stopped agent does not': { spec: spec(0), failed: after(), reason: 'AgentStopped', want: true },
    'nor does a lost leader': { spec: spec(0), failed: after(), reason: 'LeaderLost', want: true },
    'three lost leaders may be': { spec: spec(0), failed: after('LeaderLost', 'LeaderLost'), reason: 'LeaderLost', want: true },
    'the fourth ends the task': { spec: spec(9), failed: after('LeaderLost', 'LeaderLost', 'LeaderLost'), reason: 'LeaderLost', want: false },
    'stopped agents have a cap of their own': { spec: spec(0), failed: after('LeaderLost', 'LeaderLost', 'LeaderLost'), reason: 'AgentStopped', want: true },
    'which holds as well': { spec: spec(9), failed: after('AgentStopped', 'AgentStopped', 'AgentStopped'), reason: 'AgentStopped', want: false },
    'losses leave the limit to failures': { spec: spec(1), failed: after('LeaderLost', 'AgentStopped', 'LeaderLost'), reason: 'ActionFailed', want: true },
    'External is never tried again': { spec: spec(5, 'External'), failed: after(), reason: 'ActionFailed', want: false },
    'not even when the agent was stopped': { spec: spec(5, 'External'), failed: after(), reason: 'AgentStopped', want: false },
    'Idempotent is': { spec: spec(5, 'Idempotent'), failed: after(), reason: 'ActionFailed', want: true },
  };
  test.each(Object.entries(cases))('%s', (_, { spec: task, failed, reason, want }) => expect(mayRetry(task, failed, reason)).toBe(want));

  test('only failures that another attempt may avoid are tried again', () => {
    const retried = Object.keys(taskConditions.Succeeded).filter((reason) => mayRetry(spec(), after(), reason));
    expect(retried.toSorted()).toEqual(['ActionFailed', 'AgentError', 'AgentLost', 'AgentStopped', 'LeaderLost', 'TimedOut', 'WorkspaceFailed']);
  });

  test('whatever fails in whatever order, attempts end, even when only the last five are remembered', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 }), fc.infiniteStream(fc.constantFrom('ActionFailed', 'LeaderLost', 'AgentStopped', 'AgentLost')), (limit, reasons) => {
        const past: { reason: string }[] = [];
        for (const reason of reasons) {
          if (!mayRetry(spec(limit), { attempt: past.length + 1, earlier: past.slice(-5) }, reason)) break;
          past.push({ reason });
          expect(past.length).toBeLessThanOrEqual(limit + 6);
        }
      }),
    );
  });
});

describe('nextBackoffMs', () => {
  const cases: Record<string, { policy: object; failures: number; want: number }> = {
    'the first wait is backoffSeconds': { policy: { backoffSeconds: 3 }, failures: 1, want: 3000 },
    'it doubles': { policy: { backoffSeconds: 3 }, failures: 4, want: 24_000 },
    'up to the longest': { policy: { backoffSeconds: 3, maxBackoffSeconds: 20 }, failures: 4, want: 20_000 },
    'and never beyond any number': { policy: {}, failures: 1000, want: 60_000 },
    'no wait stays no wait': { policy: { backoffSeconds: 0 }, failures: 9, want: 0 },
    'a longest wait of nothing means none': { policy: { maxBackoffSeconds: 0 }, failures: 1, want: 0 },
  };
  test.each(Object.entries(cases))('%s', (_, { policy: given, failures, want }) => expect(nextBackoffMs(policy(given), failures)).toBe(want));

  test('losses do not lengthen it', () => {
    expect(countedFailures(after('LeaderLost', 'ActionFailed', 'AgentStopped'))).toBe(2);
    expect(countedFailures({ attempt: 1, earlier: [{ reason: 'LeaderLost' }, { reason: 'LeaderLost' }] })).toBe(1);
  });
});

describe('epochs', () => {
  const anyEpoch = fc.record({ term: fc.nat(3), counter: fc.nat(3) });
  test('are ordered by term, then by counter', () => {
    fc.assert(
      fc.property(anyEpoch, anyEpoch, (a, b) => {
        expect(Math.sign(compareEpochs(a, b))).toBe(Math.sign(a.term * 10 + a.counter - (b.term * 10 + b.counter)));
        expect(sameEpoch(a, b)).toBe(formatEpoch(a) === formatEpoch(b));
      }),
    );
  });

  test('an absent one equals nothing', () => {
    expect(sameEpoch(undefined, undefined)).toBe(false);
    expect(sameEpoch({ term: 1, counter: 1 }, undefined)).toBe(false);
    expect(formatEpoch({ term: 7, counter: 12 })).toBe('7.12');
  });
});

describe('resultDigest', () => {
  const base: ResultFacts = { result: 'Succeeded', reason: 'Completed', observed: { a: 1, b: 2 }, claimed: { c: 'x' }, artifacts: [{ name: 'x', sha256: '1' }, { name: 'y', sha256: '2' }], treeBefore: 't', treeAfter: 'u', commit: 'v', action: { tool: 'vitest' }, violations: [{ kind: 'FileMismatch', message: 'm', path: 'p' }] };
  const same: Record<string, object> = {
    'the order of keys': { observed: { b: 2, a: 1 } },
    'the order of artifacts': { artifacts: base.artifacts?.toReversed() },
    'where an artifact is kept': { artifacts: base.artifacts?.map((artifact) => ({ ...artifact, uri: 'blob:x', sizeBytes: 3 })) },
    'agent, epoch and times': { agent: 'q', epoch: { term: 9, counter: 9 }, startTime: 'x', message: 'm' },
  };
  test.each(Object.entries(same))('%s does not count', (_, change) => expect(resultDigest({ ...base, ...change })).toBe(resultDigest(base)));

  const other: Record<string, Partial<ResultFacts>> = {
    'the result': { result: 'Failed' }, 'the reason': { reason: 'ActionFailed' }, 'what was observed': { observed: { a: 1 } }, 'what was claimed': { claimed: {} },
    'an artifact': { artifacts: [{ name: 'x', sha256: '1' }, { name: 'y', sha256: '3' }] }, 'the name of an artifact': { artifacts: [{ name: 'z', sha256: '1' }, { name: 'y', sha256: '2' }] },
    'the tree before': { treeBefore: 'z' }, 'the tree after': { treeAfter: 'z' }, 'the commit': { commit: 'z' },
    'the tool': { action: { tool: 'jest' } }, 'a violation less': { violations: [] }, 'the path of a violation': { violations: [{ kind: 'FileMismatch', message: 'm', path: 'q' }] },
  };
  test.each(Object.entries(other))('%s counts', (_, change) => expect(resultDigest({ ...base, ...change })).not.toBe(resultDigest(base)));

  test('absent and empty are the same', () => {
    expect(resultDigest({ result: 'Failed', reason: 'x' })).toBe(resultDigest({ result: 'Failed', reason: 'x', observed: {}, claimed: {}, artifacts: [], treeBefore: '', treeAfter: '', commit: '', violations: [] }));
    expect(resultDigest({ ...base, violations: [{ kind: 'Timeout', message: 'm' }] })).toBe(resultDigest({ ...base, violations: [{ kind: 'Timeout', message: 'm', path: '' }] }));
  });
});

describe('resultFault', () => {
  const text = (bytes: number) => ({ t: 'x'.repeat(bytes - 8) });
  const cases: Record<string, { observed: unknown; claimed: unknown; want: string | undefined }> = {
    'empty results are fine': { observed: {}, claimed: {}, want: undefined },
    'two KiB together are fine': { observed: text(1024), claimed: text(1024), want: undefined },
    'one byte more is not': { observed: text(1024), claimed: text(1025), want: 'observed and claimed: 2049 bytes together, the limit is 2048' },
    'one alone may be too large': { observed: {}, claimed: text(2049), want: 'claimed: 2049 bytes, the limit is 2048' },
    'only whole numbers survive': { observed: { ratio: 0.5 }, claimed: {}, want: 'observed.ratio: must be a whole number' },
    'results are objects': { observed: {}, claimed: [], want: 'claimed: must be an object' },
  };
  test.each(Object.entries(cases))('%s', (_, { observed, claimed, want }) => expect(resultFault(observed, claimed)).toBe(want));
});
