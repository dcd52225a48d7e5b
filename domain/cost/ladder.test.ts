import { describe, expect, test } from 'vitest';
import { isReached, rungOf } from './ladder.ts';

const used = (usedMicroUsd: number, limitMicroUsd = 1_000_000) => ({ usedMicroUsd, limitMicroUsd });
const both = { cheaperFromPercent: 60, cachedOnlyFromPercent: 90 };

describe('the ladder of a budget', () => {
  const cases: Record<string, { budget: Parameters<typeof rungOf>[0]; used: ReturnType<typeof used>; want: string }> = {
    'asks whom it was told to while little is spent': { budget: both, used: used(599_999), want: '' },
    'takes the cheaper model from its share on': { budget: both, used: used(600_000), want: 'cheaper' },
    'takes what is known alone from its share on': { budget: both, used: used(900_000), want: 'cheaper known' },
    'may have the last rung alone': { budget: { cachedOnlyFromPercent: 50 }, used: used(500_000), want: 'known' },
    'has no rungs unless told': { budget: {}, used: used(1_000_000), want: '' },
    'has none for a mission without a budget': { budget: undefined, used: used(1_000_000), want: '' },
    'is at its end for a budget of nothing': { budget: both, used: used(0, 0), want: 'cheaper known' },
  };
  test.each(Object.entries(cases))('%s', (_, { budget, used: gone, want }) => {
    const { isCheaper, isCachedOnly } = rungOf(budget, gone);
    expect([isCheaper && 'cheaper', isCachedOnly && 'known'].filter(Boolean).join(' ')).toBe(want);
  });
  test('is exact for the largest budget', () => {
    const largest = 999_999_999_999_999;
    expect([isReached(100, used(largest, largest)), isReached(100, used(largest - 1, largest)), isReached(undefined, used(largest, largest))]).toEqual([true, false, false]);
  });
});
