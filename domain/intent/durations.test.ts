import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Alike, durationKey, median } from './durations.ts';

describe('median', () => {
  const cases: Record<string, { past: readonly number[]; want: number | undefined }> = {
    'no runs have no median': { past: [], want: undefined },
    'one run is its own median': { past: [7], want: 7 },
    'the middle of three, in any order': { past: [100, 1, 9], want: 9 },
    'between the two in the middle of four': { past: [1, 2, 4, 100], want: 3 },
    'what is no duration does not count': { past: [Number.NaN, -5, 4, Number.POSITIVE_INFINITY], want: 4 },
  };
  test.each(Object.entries(cases))('%s', (_, { past, want }) => expect(median(past)).toBe(want));

  test('lies among the runs, whatever their order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(604_800), { minLength: 1 }), (past) => {
        const middle = median(past) ?? Number.NaN;
        expect(past.filter((seconds) => seconds <= middle).length * 2).toBeGreaterThanOrEqual(past.length);
        expect(past.filter((seconds) => seconds >= middle).length * 2).toBeGreaterThanOrEqual(past.length);
        expect(median(past.toReversed())).toBe(middle);
      }),
    );
  });
});

describe('durationKey', () => {
  const base: Alike = { namespace: 'team', type: 'Tester', intent: { action: 'RunTests', params: { framework: 'go', timeoutSeconds: 60 } }, workspaceUrl: 'https://example.org/a.git' };
  const others: Record<string, Alike> = {
    'another tenant': { ...base, namespace: 'other' },
    'another role': { ...base, type: 'Coder' },
    'another action': { ...base, intent: { ...base.intent, action: 'RunCommand' } },
    'another parameter': { ...base, intent: { action: 'RunTests', params: { framework: 'node', timeoutSeconds: 60 } } },
    'no parameters': { ...base, intent: { action: 'RunTests' } },
    'another repository': { ...base, workspaceUrl: 'https://example.org/b.git' },
    'no repository': { ...base, workspaceUrl: undefined },
  };
  test.each(Object.entries(others))('%s is not alike', (_, other) => expect(durationKey(other)).not.toBe(durationKey(base)));

  test('the order of parameters does not matter, at any depth', () => {
    const key = (params: Alike['intent']['params']) => durationKey({ ...base, intent: { action: 'x', params } });
    expect(key({ a: 1, b: { c: [1, { d: 2, e: 3 }] } })).toBe(key({ b: { c: [1, { e: 3, d: 2 }] }, a: 1 }));
    expect(key({ a: [1, 2] })).not.toBe(key({ a: [2, 1] }));
    expect(key({ a: { b: 1 } })).not.toBe(key({ a: ['b', 1] }));
  });
});
