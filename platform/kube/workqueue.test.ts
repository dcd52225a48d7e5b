import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { KubeError } from './error.ts';
import { createWorkQueue, type WorkQueueOptions } from './workqueue.ts';

const noJitter = { next: () => 0 };

/** A queue whose handler is driven by the test. */
function aQueue(options: Partial<WorkQueueOptions> = {}) {
  const clock = new ManualClock();
  const turns: string[] = [];
  const errors: string[] = [];
  const queue = createWorkQueue({
    handler: async (key) => {
      turns.push(key);
      return {};
    },
    workers: 2, clock, random: noJitter,
    onError: (key, _, attempt) => errors.push(`${key} ${attempt}`),
    ...options,
  });
  return { clock, queue, turns, errors };
}

test('a key asked for many times gets one turn', async () => {
  const { queue, turns } = aQueue();
  for (let index = 0; index < 10; index++) queue.add('a');
  await settle();
  expect(turns).toEqual(['a']);
});

test('no turn starts inside add', async () => {
  const { queue, turns } = aQueue();
  queue.add('a');
  expect(turns).toEqual([]);
  await settle();
  expect(turns).toEqual(['a']);
});

test('a key asked for during its turn gets exactly one more, after it', async () => {
  const gates: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const { queue } = aQueue({
    handler: async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => gates.push(resolve));
      running--;
      return {};
    },
  });
  queue.add('a');
  await settle();
  queue.add('a');
  queue.add('a');
  await settle();
  expect(gates).toHaveLength(1);
  gates[0]?.();
  await settle();
  expect(gates).toHaveLength(2);
  gates[1]?.();
  await settle();
  expect([most, gates.length, queue.size]).toEqual([1, 2, 0]);
});

test('only so many keys are worked on at once, in the order they came', async () => {
  const ends: (() => void)[] = [];
  const { queue } = aQueue({ handler: async () => { await new Promise<void>((resolve) => ends.push(resolve)); return {}; } });
  for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
  await settle();
  expect([ends.length, queue.depth]).toEqual([2, 2]);
  ends[0]?.();
  await settle();
  expect([ends.length, queue.depth]).toEqual([3, 1]);
});

test('failures pause longer and longer up to the cap, success starts over', async () => {
  let fails = true;
  const times: number[] = [];
  const { queue, clock, errors } = aQueue({
    backoff: { baseMs: 5, maxMs: 30 },
    handler: async () => {
      times.push(clock.monotonic());
      if (fails) throw new Error('no');
      return {};
    },
  });
  queue.add('a');
  await clock.advance(100);
  expect(times).toEqual([0, 5, 15, 35, 65, 95]);
  fails = false;
  await clock.advance(30);
  fails = true;
  queue.add('a');
  await clock.advance(5);
  expect(times.slice(-2)).toEqual([130, 135]);
  expect(errors.slice(-2)).toEqual(['a 1', 'a 2']);
});

test('a change cuts the pause of a failure short', async () => {
  const { queue, clock, errors } = aQueue({ backoff: { baseMs: 1000, maxMs: 1000 }, handler: async () => { throw new Error('no'); } });
  queue.add('a');
  await settle();
  queue.add('a');
  await settle();
  expect([errors, clock.pending]).toEqual([['a 1', 'a 2'], 1]);
});

test('a pause that the server asked for is kept', async () => {
  const times: number[] = [];
  const { queue, clock } = aQueue({
    handler: async () => {
      times.push(clock.monotonic());
      throw new KubeError('patch', 'busy', { status: 429, reason: 'TooManyRequests', retryAfterMs: 700 });
    },
  });
  queue.add('a');
  await clock.advance(1400);
  expect(times).toEqual([0, 700, 1400]);
});

test('of several wishes for later the earliest counts, and now beats later', async () => {
  const { queue, turns, clock } = aQueue();
  queue.addAfter('a', 500);
  queue.addAfter('a', 100);
  queue.addAfter('a', 900);
  await clock.advance(100);
  expect(turns).toEqual(['a']);
  await clock.advance(1000);
  expect(turns).toEqual(['a']);
  queue.addAfter('b', 100);
  queue.add('b');
  await clock.advance(1000);
  expect([turns, queue.size, clock.pending]).toEqual([['a', 'b'], 0, 0]);
});

test('a turn that wishes to be woken is woken', async () => {
  const wishes = [50, undefined];
  const { queue, clock } = aQueue({ handler: async () => { const wakeAfterMs = wishes.shift(); return wakeAfterMs === undefined ? {} : { wakeAfterMs }; } });
  queue.add('a');
  await clock.advance(49);
  expect(wishes).toHaveLength(1);
  await clock.advance(1);
  expect([wishes.length, queue.size]).toEqual([0, 0]);
});

test('stop waits for running turns and starts no others', async () => {
  const ends: (() => void)[] = [];
  const { queue, clock } = aQueue({ workers: 1, handler: async () => { await new Promise<void>((resolve) => ends.push(resolve)); return { wakeAfterMs: 1 }; } });
  for (const key of ['a', 'b']) queue.add(key);
  queue.addAfter('c', 10);
  await settle();
  let stopped = false;
  const stopping = queue.stop().then(() => { stopped = true; });
  queue.add('d');
  await clock.advance(100);
  expect(stopped).toBe(false);
  ends[0]?.();
  await stopping;
  expect([ends.length, queue.size, queue.depth]).toEqual([1, 0, 0]);
});

test('the age of the oldest waiting key is known', async () => {
  const { queue, clock } = aQueue({ workers: 1, handler: () => new Promise(() => {}) });
  queue.add('a');
  await settle();
  queue.add('b');
  await clock.advance(20);
  queue.add('c');
  await clock.advance(5);
  expect([queue.depth, queue.oldestAgeMs()]).toEqual([2, 25]);
});

test('many keys are each worked on once, and none is remembered', async () => {
  const { queue, turns } = aQueue();
  for (let index = 0; index < 5000; index++) queue.add(`k${index}`);
  await expect.poll(() => turns.length).toBe(5000);
  expect([new Set(turns).size, queue.size]).toEqual([5000, 0]);
});

test('whatever happens: one handler a key, and the last wish is never lost', async () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c'), action: fc.constantFrom('add', 'later', 'pass'), fails: fc.boolean() });
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
    const running = new Set<string>();
    const wanted = new Map<string, number>();
    const served = new Map<string, number>();
    let fails = false;
    const { queue, clock } = aQueue({
      handler: async (key) => {
        expect(running.has(key)).toBe(false);
        running.add(key);
        const wish = wanted.get(key) ?? 0;
        await settle();
        running.delete(key);
        if (fails) throw new Error('no');
        served.set(key, wish);
        return {};
      },
    });
    for (const { key, action, fails: next } of steps) {
      fails = next;
      if (action === 'pass') await clock.advance(3);
      else wanted.set(key, (wanted.get(key) ?? 0) + 1);
      if (action === 'add') queue.add(key);
      if (action === 'later') queue.addAfter(key, 20);
    }
    fails = false;
    for (let round = 0; round < 100 && queue.size > 0; round++) await clock.advance(1000);
    expect(Object.fromEntries(served)).toEqual(Object.fromEntries(wanted));
    expect(queue.size).toBe(0);
  }), { numRuns: 40 });
});
