import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { atSpeed, dueAt, jumped, paused, resumed, shown, startPace, toldAt, type Pace } from './pace.ts';
import { t0 } from './testing.ts';

const start = (speed: Pace['speed'], longestWaitMs = 60_000) => startPace(t0, 100, { speed, longestWaitMs });

describe('the next event is due', () => {
  const cases: Record<string, { pace: Pace; at: number; want: number | undefined }> = {
    'after its own time at speed 1': { pace: start(1), at: t0 + 2000, want: 2100 },
    'ten times sooner at speed 10': { pace: start(10), at: t0 + 2000, want: 300 },
    'ten times later at speed 0.1': { pace: start(0.1), at: t0 + 2000, want: 20_100 },
    'at once at full speed': { pace: start('max'), at: t0 + 999_999, want: 100 },
    'at once when its time is past': { pace: start(1), at: t0 - 5, want: 100 },
    'no later than the longest wait': { pace: start(1, 3000), at: t0 + 3_600_000, want: 3100 },
    'never while the replay stands still': { pace: paused(start(1), 100), at: t0, want: undefined },
    'no faster than 1000 times': { pace: start(1e9), at: t0 + 1_000_000, want: 1100 },
    'no slower than a tenth': { pace: start(0), at: t0 + 100, want: 1100 },
    'from where it stood once it goes on': { pace: resumed(paused(start(1), 600), 5000), at: t0 + 2000, want: 6500 },
    'by the new speed from the moment of the change on': { pace: atSpeed(start(1), 10, 1100), at: t0 + 2000, want: 1200 },
    'by the time that was jumped to': { pace: jumped(start(1), t0 + 1500, 700), at: t0 + 2000, want: 1200 },
  };
  test.each(Object.entries(cases))('%s', (_, { pace, at, want }) => expect(dueAt(pace, at)).toBe(want));
});

test('to stand still twice, and to go on twice, is as once', () => {
  const still = paused(start(1), 600);
  expect([paused(still, 900), resumed(start(1), 900)]).toEqual([still, start(1)]);
  expect(toldAt(still, 900)).toBe(t0 + 500);
});

test('who shows events late does not fall behind', () => {
  let pace = start(2);
  for (const at of [1000, 1500, 4000]) pace = shown(pace, t0 + at, dueAt(pace, t0 + at) ?? 0);
  expect(dueAt(pace, t0 + 5000)).toBe(100 + 2500);
});

test('a history takes its length divided by the speed, however it is cut', () => {
  fc.assert(fc.property(fc.array(fc.nat(5000), { minLength: 1 }), fc.constantFrom(0.1, 1, 7, 1000), (gaps, speed) => {
    let pace = start(speed, 1e9);
    let at = t0;
    for (const gap of gaps) {
      at += gap;
      pace = shown(pace, at, dueAt(pace, at) ?? Number.NaN);
    }
    expect(pace.real - 100).toBeCloseTo((at - t0) / speed, 3);
  }));
});

test('the clock of history never goes back by itself', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('pause', 'resume', 'faster', 'slower'), fc.nat(1000))), (orders) => {
    let [pace, real, last] = [start(1), 100, t0];
    for (const [order, ms] of orders) {
      real += ms;
      if (order === 'pause') pace = paused(pace, real);
      else if (order === 'resume') pace = resumed(pace, real);
      else pace = atSpeed(pace, order === 'faster' ? 50 : 0.5, real);
      expect(toldAt(pace, real)).toBeGreaterThanOrEqual(last - 1e-6);
      last = toldAt(pace, real);
    }
  }));
});
