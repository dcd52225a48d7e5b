import { describe, expect, test } from 'vitest';
import { breakEven, costRows, type Figures, type SweepPoint } from './figures.ts';

const figures = (costMicroUsd: number, more: Partial<Figures> = {}): Figures => ({ costMicroUsd, calls: 10, kept: 0, proven: 4, heldOutProven: 1, ...more });
const point = (errorRate: number, costMicroUsd: number): SweepPoint => ({ errorRate, figures: figures(costMicroUsd) });

describe('the point from which a cascade costs more than it saves', () => {
  const cases: Record<string, { points: readonly SweepPoint[]; want: number | undefined }> = {
    'lies on a straight line between two points': { points: [point(0, 50), point(0.4, 90), point(0.2, 70), point(1, 190)], want: 0.46 },
    'is the first point when it never pays': { points: [point(0.2, 120), point(0.1, 110)], want: 0.1 },
    'is not known when it pays everywhere': { points: [point(0, 50), point(0.4, 100)], want: undefined },
    'is not known without points': { points: [], want: undefined },
  };
  test.each(Object.entries(cases))('%s', (_, { points, want }) => {
    const at = breakEven(points, 100);
    if (want === undefined) expect(at).toBeUndefined();
    else expect(at).toBeCloseTo(want, 10);
  });
});

describe('rows', () => {
  const summary = { naive: figures(1000), competent: figures(400), everything: figures(50), repeated: figures(20, { calls: 3, kept: 9 }) };
  const valuesOf = (changed: Partial<typeof summary> = {}) => Object.fromEntries(costRows({ ...summary, ...changed }, { source: 'simulated', command: 'c' }).map(({ id, value }) => [id, value]));

  test('compare with the baselines', () => {
    expect(valuesOf()).toEqual({ cost_ratio_corpus: 20, cost_ratio_vs_competent: 8, cost_ratio_repeated: 50, decision_reuse_share: 0.75, pass_count_ratio: 1 });
  });

  test('count what fewer missions prove, in either round', () => {
    expect(valuesOf({ repeated: figures(20, { proven: 3 }) })).toMatchObject({ pass_count_ratio: 0.75 });
  });

  test('of a live run have names of their own and say so', () => {
    expect(costRows(summary, { source: 'live', command: 'c' })[0]).toMatchObject({ id: 'live_cost_ratio_corpus', source: 'live' });
  });
});
