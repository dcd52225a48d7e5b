// What is kept, for whom, how long, and in how much memory.
import { describe, expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { createAnswerCache } from './answer-cache.ts';

const answer = (text: string) => ({ text, headers: {}, costMicroUsd: 5 });
const of = (key: string, asker?: string, isAnew = false) => ({ key, asker, isAnew });
const world = (maxBytes = 1_000_000) => {
  const clock = new ManualClock();
  return { clock, cache: createAnswerCache(maxBytes, clock) };
};

describe('an answer', () => {
  test('is found by its key alone', () => {
    const { cache } = world();
    cache.keep(of('a'), answer('x'));
    expect([cache.find(of('a')), cache.find(of('b'))]).toEqual([answer('x'), undefined]);
  });
  test('is gone after an hour, however often it was asked for', async () => {
    const { cache, clock } = world();
    cache.keep(of('a'), answer('x'));
    await clock.advance(3_599_999);
    expect(cache.find(of('a'))).toBeDefined();
    await clock.advance(1);
    expect(cache.find(of('a'))).toBeUndefined();
  });
  test('is not given to a question that wants a new one, whose answer then takes its place', () => {
    const { cache } = world();
    cache.keep(of('a'), answer('x'));
    expect(cache.find(of('a', undefined, true))).toBeUndefined();
    cache.keep(of('a', undefined, true), answer('y'));
    expect(cache.find(of('a'))).toEqual(answer('y'));
  });
  test('is not given again to whoever has it; a newer one is', () => {
    const { cache } = world();
    cache.keep(of('a'), answer('x'));
    cache.told(of('a', 'm-1'));
    expect([cache.find(of('a', 'm-1')), cache.find(of('a', 'm-2'))]).toEqual([undefined, answer('x')]);
    cache.keep(of('a'), answer('y'));
    expect(cache.find(of('a', 'm-1'))).toEqual(answer('y'));
  });
  test('is given again and again to whoever may have the same twice', () => {
    const { cache } = world();
    cache.keep(of('a'), answer('x'));
    cache.told(of('a'));
    expect(cache.find(of('a'))).toEqual(answer('x'));
  });
});

describe('memory', () => {
  // Two answers of this length fit, three do not.
  const long = answer('x'.repeat(1000));
  const bytes = 2 * (1024 + 2000) + 300;
  const found = (cache: ReturnType<typeof createAnswerCache>) => ['a', 'b', 'c'].filter((key) => cache.find(of(key)) !== undefined).join('');
  test('is made by dropping what was not used for longest', () => {
    const { cache } = world(bytes);
    for (const key of ['a', 'b']) cache.keep(of(key), long);
    cache.find(of('a'));
    cache.keep(of('c'), long);
    expect(found(cache)).toBe('ac');
  });
  test('of an answer that is replaced, or too old, is free again', async () => {
    const { cache, clock } = world(bytes);
    for (const key of ['a', 'b', 'b', 'b']) cache.keep(of(key), long);
    expect(found(cache)).toBe('ab');
    await clock.advance(3_600_000);
    expect(found(cache)).toBe('');
    for (const key of ['b', 'c']) cache.keep(of(key), long);
    expect(found(cache)).toBe('bc');
  });
  test('is needed for askers too, each once', () => {
    const { cache } = world(bytes);
    for (const key of ['a', 'b']) cache.keep(of(key), long);
    for (let again = 0; again < 9; again += 1) cache.told(of('b', 'm-1'));
    expect(found(cache)).toBe('ab');
    cache.told(of('b', 'm-2'));
    expect(found(cache)).toBe('b');
  });
  test.each([0, 3023])('of %i bytes is too small for it', (maxBytes) => {
    const { cache } = world(maxBytes);
    cache.keep(of('a'), long);
    expect(found(cache)).toBe('');
  });
});
