import { describe, expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { createPace, createPoolBook } from './book.ts';

describe('book', () => {
  test('a pool that nobody has seen remembers nothing', () => {
    expect(createPoolBook().read('u')).toEqual({ memory: { wishes: [], silentSince: {}, failures: { count: 0, at: 0 } } });
  });

  test('what a look has seen does not overwrite what was done', () => {
    const book = createPoolBook();
    book.scaled('u', 5000);
    book.ended('u', 6000);
    book.remember('u', { wishes: [{ replicas: 2 }], silentSince: { a: 1 } });
    expect(book.read('u').memory).toEqual({ wishes: [{ replicas: 2 }], silentSince: { a: 1 }, failures: { count: 1, at: 6000 }, lastScaleAt: 5000 });
  });

  test('pods that end together count as one failure', () => {
    const book = createPoolBook();
    [10_000, 10_100, 10_999, 11_000].forEach((at) => book.ended('u', at));
    expect(book.read('u').memory.failures.count).toBe(2);
  });

  test('refusals count up for one spec, and start again for the next or after a success', () => {
    const book = createPoolBook();
    const refuse = (generation: number) => book.refused('u', { kind: 'quota', message: '', at: 0, generation });
    const count = () => book.read('u').refusal?.count;
    refuse(1);
    refuse(1);
    expect(count()).toBe(2);
    refuse(2);
    expect(count()).toBe(1);
    book.admitted('u');
    expect(count()).toBeUndefined();
  });

  test('a forgotten pool is blank', () => {
    const book = createPoolBook();
    book.scaled('u', 1);
    book.refused('u', { kind: 'quota', message: '', at: 0, generation: 1 });
    book.forget('u');
    expect(book.read('u')).toEqual(createPoolBook().read('u'));
  });
});

describe('pace', () => {
  test('as many at once as per second, then one after the other', async () => {
    const clock = new ManualClock();
    const pace = createPace(4, clock);
    expect([1, 2, 3, 4, 5].map(() => pace.take())).toEqual([true, true, true, true, false]);
    expect(pace.peek()).toEqual({ available: 0, nextMs: 250 });
    await clock.advance(250);
    expect([pace.take(), pace.take()]).toEqual([true, false]);
  });

  test('rest does not pile up beyond the burst', async () => {
    const clock = new ManualClock();
    const pace = createPace(2, clock);
    await clock.advance(3_600_000);
    expect(pace.peek().available).toBe(2);
  });
});
