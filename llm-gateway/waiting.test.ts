import { expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import type { Charge } from './access.ts';
import { account } from './testing.ts';
import { createWaiting } from './waiting.ts';

const of = (taskUid: string, attempt = 1): Charge => ({ account: { ...account, taskUid, purpose: 'work' }, attempt: { attempt, epoch: { term: 1, counter: 1 } } });

test('callers wait until they get through, each counted once and for its own mission', () => {
  const waiting = createWaiting(new ManualClock());
  for (const charge of [of('a'), of('a'), of('b'), of('b', 2), { account }]) waiting.waits(charge);
  expect([waiting.countOf('m-1'), waiting.countOf('m-2')]).toEqual([4, 0]);
  waiting.goesOn(of('a'));
  waiting.goesOn(of('nobody'));
  expect(waiting.countOf('m-1')).toBe(3);
});

test('a caller that does not come back has given up', async () => {
  const clock = new ManualClock();
  const waiting = createWaiting(clock);
  waiting.waits(of('a'));
  await clock.advance(40_000);
  waiting.waits(of('b'));
  await clock.advance(80_000);
  expect(waiting.countOf('m-1')).toBe(1);
  await clock.advance(40_000);
  expect(waiting.countOf('m-1')).toBe(0);
});
