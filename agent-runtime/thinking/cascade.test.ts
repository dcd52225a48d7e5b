// Who takes over from whom, and with how many turns.
import { describe, expect, test } from 'vitest';
import { climb, type Try } from './cascade.ts';
import type { End } from './loop.ts';

const gaveUp: End = { kind: 'gaveUp', summary: 'x' };
const stuck: End = { kind: 'stuck', message: 'x' };
const limit: End = { kind: 'limit', message: 'x' };
const finished: End = { kind: 'finished', summary: 'x' };
const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd: 0 };

interface Case {
  readonly tiers?: readonly (string | undefined)[];
  readonly first?: number;
  readonly maxTurns?: number;
  /** How each try ends, and after how many turns; all of them unless told. */
  readonly ends: readonly (readonly [End, number?])[];
  /** Models and turns of the tries. */
  readonly want: readonly (readonly [string | undefined, number])[];
}

const cases: Record<string, Case> = {
  'the first that finishes is the last that is asked': { ends: [[finished, 3]], want: [['cheap', 10]] },
  'who gives up hands over, and turns that are left go to the others': { ends: [[gaveUp, 2], [stuck, 8], [limit]], want: [['cheap', 10], ['fair', 14], ['strong', 20]] },
  'who declines hands over too': { ends: [[{ kind: 'declined', message: 'x' }, 1], [finished, 1]], want: [['cheap', 10], ['fair', 15]] },
  'a budget is the same for all models': { ends: [[{ kind: 'refused', type: 'budget_exceeded', message: 'x' }, 1]], want: [['cheap', 10]] },
  'so is a gateway that nobody reaches': { ends: [[{ kind: 'later', retryAfterMs: 1, message: 'x' }, 0]], want: [['cheap', 10]] },
  'a second attempt begins one tier higher': { first: 1, ends: [[gaveUp, 4], [finished, 1]], want: [['fair', 15], ['strong', 26]] },
  'no attempt begins above the last tier': { first: 7, ends: [[gaveUp, 1]], want: [['strong', 30]] },
  'there are no more turns than the task has': { maxTurns: 2, ends: [[limit], [limit]], want: [['cheap', 1], ['fair', 1]] },
  'one model has all turns': { tiers: [undefined], first: 3, ends: [[stuck, 1]], want: [[undefined, 30]] },
};

describe('tiers', () => {
  test.each(Object.entries(cases))('%s', async (_, { tiers = ['cheap', 'fair', 'strong'], first = 0, maxTurns = 30, ends, want }) => {
    const begun: Try[] = [];
    const { tries } = await climb({ tiers, first, maxTurns, signal: new AbortController().signal }, async (next) => {
      begun.push(next);
      const [end, turns = next.maxTurns] = ends[begun.length - 1] ?? expect.fail('nobody else is to be asked');
      return { end, turns: Array.from({ length: turns }, (_unused, turn) => ({ turn, model: 'm', said: '', usage, calls: [] })) };
    });
    expect(begun.map(({ modelName, maxTurns: share }) => [modelName, share])).toEqual(want);
    expect(tries.map(({ thought, turnsBefore }) => [thought.end, turnsBefore])).toEqual(ends.map(([end], at) => [end, ends.slice(0, at).reduce((sum, [, turns], each) => sum + (turns ?? want[each]?.[1] ?? 0), 0)]));
    expect(tries.every(({ isOneOfMany }) => isOneOfMany === (Math.min(first, tiers.length - 1) < tiers.length - 1))).toBe(true);
  });

  test('nobody takes over once the task was stopped', async () => {
    const { tries } = await climb({ tiers: ['a', 'b'], first: 0, maxTurns: 9, signal: AbortSignal.abort() }, async () => ({ end: limit, turns: [] }));
    expect(tries).toHaveLength(1);
  });
});
