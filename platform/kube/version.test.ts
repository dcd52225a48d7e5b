import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isAtLeast } from './version.ts';

test('versions compare as numbers of any size', () => {
  const version = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n });
  fc.assert(fc.property(version, version, (a, b) => {
    expect(isAtLeast(String(a), String(b))).toBe(a >= b);
  }));
});

test('no version is older than every version', () => {
  expect([isAtLeast('', '1'), isAtLeast('1', ''), isAtLeast('', '')]).toEqual([false, true, true]);
});
