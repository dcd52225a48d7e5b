import { expect, test } from 'vitest';
import { isRestarted, nextBackoffMs } from './backoff.ts';

test('pauses double from a second to a minute', () => {
  const pauses: number[] = [];
  for (let turn = 0; turn < 9; turn += 1) pauses.push(nextBackoffMs(pauses.at(-1), 10));
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('a run of a minute starts the pauses anew', () => {
  expect(nextBackoffMs(32_000, 59_999)).toBe(60_000);
  expect(nextBackoffMs(32_000, 60_000)).toBe(1000);
});

test.each([
  ['Always', 0, true],
  ['Always', 1, true],
  ['OnFailure', 0, false],
  ['OnFailure', 1, true],
  ['Never', 0, false],
  ['Never', 1, false],
] as const)('policy %s after exit code %i: restarted %s', (policy, exitCode, want) => {
  expect(isRestarted(policy, exitCode)).toBe(want);
});
