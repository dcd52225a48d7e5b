import { expect, test } from 'vitest';
import { verdictTables } from './tables.ts';

const errors = { errorRate: 0.25, boastRate: 0.5 };
const verdict = { mission: 'shop-1', words: '', seconds: 3, replans: 0, isMade: true };

test('each arm that was run has its line, and every miss its reason', () => {
  const [summary, misses] = verdictTables([verdict, { ...verdict, seconds: 9, replans: 2 }, { ...verdict, fault: 'bad plan', isMade: false, words: 'it ended as TaskFailed' }], errors);
  expect(summary).toContain('errs in 25 % of its edits, tasks and plans, and calls 50 % of what it gives up done (simulated)');
  expect(summary.split('\n').map((line) => line.split(/\s{2,}/).slice(0, 5))).toEqual([
    ['fault', 'runs', 'made', 'replans', 'median s'],
    ['left alone', '2', '2', '2', '9.0'],
    ['bad plan', '1', '0', '0', '3.0'],
  ]);
  expect(misses.split('\n').at(-1)).toMatch(/^shop-1 +bad plan +3\.0 +it ended as TaskFailed$/);
});

test('without a miss there is nothing to explain', () => expect(verdictTables([verdict], errors)[1]).toBe('Every mission got there.'));
