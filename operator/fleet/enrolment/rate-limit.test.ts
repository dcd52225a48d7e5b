import { expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { createRateLimit } from './rate-limit.ts';

const limit = (maxCallers = 100) => {
  const clock = new ManualClock();
  return { clock, mayAsk: createRateLimit({ clock, burst: 2, refillMs: 1000, maxCallers }) };
};

test('a burst passes, then one call per refill', async () => {
  const { clock, mayAsk } = limit();
  expect([mayAsk('a'), mayAsk('a'), mayAsk('a')]).toEqual([true, true, false]);
  await clock.advance(999);
  expect(mayAsk('a')).toBe(false);
  await clock.advance(1);
  expect([mayAsk('a'), mayAsk('a')]).toEqual([true, false]);
});

test('a long silence earns a burst and no more', async () => {
  const { clock, mayAsk } = limit();
  mayAsk('a');
  await clock.advance(1e9);
  expect([mayAsk('a'), mayAsk('a'), mayAsk('a')]).toEqual([true, true, false]);
});

test('callers do not use up each other\'s allowance', () => {
  const { mayAsk } = limit();
  mayAsk('a');
  mayAsk('a');
  expect(mayAsk('b')).toBe(true);
});

test('only so many callers are remembered, the latest', () => {
  const { mayAsk } = limit(2);
  for (const caller of ['a', 'a', 'b', 'b', 'c']) mayAsk(caller);
  expect([mayAsk('b'), mayAsk('a')]).toEqual([false, true]);
});
