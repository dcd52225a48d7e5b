import { describe, expect, test } from 'vitest';
import { judgeReading, type Reading } from './reading.ts';
import { readSarif } from './sarif.ts';
import { compare, share, type Spot } from './score.ts';

const at = (rule: string, path: string, line: number, ...related: string[]): Spot => ({ rule, path, line, related });

describe('what was found against what was seeded', () => {
  const cases: Record<string, { seeded: Spot[]; found: Spot[]; want: { matched: number; missed: number; surplus: number } }> = {
    'a place matches within one line': { seeded: [at('js-var', 'a.js', 5)], found: [at('js-var', 'a.js', 6)], want: { matched: 1, missed: 0, surplus: 0 } },
    'two lines off is missed and surplus': { seeded: [at('js-var', 'a.js', 5)], found: [at('js-var', 'a.js', 7)], want: { matched: 0, missed: 1, surplus: 1 } },
    'another rule at the place does not match': { seeded: [at('js-var', 'a.js', 5)], found: [at('js-eval', 'a.js', 5)], want: { matched: 0, missed: 1, surplus: 1 } },
    'one finding matches one fault': { seeded: [at('js-var', 'a.js', 5)], found: [at('js-var', 'a.js', 5), at('js-var', 'a.js', 5)], want: { matched: 1, missed: 0, surplus: 1 } },
    'neighbours do not take each other\'s place': { seeded: [at('js-var', 'a.js', 5), at('js-var', 'a.js', 6)], found: [at('js-var', 'a.js', 6), at('js-var', 'a.js', 7)], want: { matched: 1, missed: 1, surplus: 1 } },
    'a cycle matches by its files, whatever the order': { seeded: [at('import-cycle', 'a.js', 1, 'b.js')], found: [at('import-cycle', 'b.js', 9, 'a.js')], want: { matched: 1, missed: 0, surplus: 0 } },
    'a part of a cycle does not match': { seeded: [at('import-cycle', 'a.js', 1, 'b.js', 'c.js')], found: [at('import-cycle', 'a.js', 1, 'b.js')], want: { matched: 0, missed: 1, surplus: 1 } },
  };
  test.each(Object.entries(cases))('%s', (_, { seeded, found, want }) => {
    const { matched, missed, surplus } = compare(seeded, found);
    expect({ matched, missed: missed.length, surplus: surplus.length }).toEqual(want);
  });

  test('all of nothing is all', () => {
    expect([share(0, 0), share(1, 4)]).toEqual([1, 0.25]);
  });
});

test('findings are read from SARIF, their paths decoded', () => {
  const location = (uri: string, startLine: number) => ({ physicalLocation: { artifactLocation: { uri, uriBaseId: 'SRCROOT' }, region: { startLine } } });
  const result = { ruleId: 'import-cycle', message: { text: 'a -> b' }, locations: [location('a%20b.js', 3)], relatedLocations: [location('c.js', 1)] };
  expect(readSarif(JSON.stringify({ runs: [{ results: [result] }] }))).toEqual([{ rule: 'import-cycle', path: 'a b.js', line: 3, related: ['c.js'], message: 'a -> b' }]);
});

describe('a reading against its answer', () => {
  const answer = { counts: { passed: 2, failed: 1, skipped: 0 }, failureClass: 'error', failures: [{ test: 'tests/test_a.py::test_one', class: 'error' }] } as const;
  const right: Reading = { counts: answer.counts, failureClass: 'error', failures: [{ class: 'error', test: 'test_a > test_one', message: 'no' }] };
  const cases: Record<string, { answer?: Partial<Parameters<typeof judgeReading>[1]>; reading?: Partial<Reading>; want: object }> = {
    'all is right': { want: { areCountsExact: true, classes: 2, classesRight: 2, misses: [] } },
    'counts differ by one': { reading: { counts: { passed: 3, failed: 1, skipped: 0 } }, want: { areCountsExact: false, misses: ['run: counts 3 passed, 1 failed, 0 skipped, not 2 passed, 1 failed, 0 skipped'] } },
    'no counts are none passed': { reading: { counts: undefined }, answer: { counts: { passed: 0, failed: 0, skipped: 0 } }, want: { areCountsExact: true } },
    'an answer without counts judges none': { answer: { counts: undefined }, want: { areCountsExact: undefined, misses: [] } },
    'the class of the run is wrong': { reading: { failureClass: 'assertion' }, want: { classesRight: 1, misses: ['run: the run is error, read as assertion'] } },
    'the class of a failure is wrong': { reading: { failures: [{ class: 'assertion', test: 'test_one', message: '' }] }, want: { classesRight: 1, misses: ['run: tests/test_a.py::test_one is error, read as assertion'] } },
    'a failure of another test is none of this one': { reading: { failures: [{ class: 'error', test: 'test_two', message: 'test_one' }] }, want: { classesRight: 1, misses: ['run: no failure is told for tests/test_a.py::test_one (error)'] } },
    'one failure answers for one test': { answer: { failures: [...answer.failures, { test: 'test_one', class: 'error' }] }, want: { classes: 3, classesRight: 2 } },
    'a file that was not loaded is known by its name': { answer: { failures: [{ test: 'test/a.test.js', class: 'error' }] }, reading: { failures: [{ class: 'error', file: 'test/a.test.js', message: '' }] }, want: { classesRight: 2 } },
  };
  test.each(Object.entries(cases))('%s', (_, { answer: other, reading, want }) => {
    expect(judgeReading('run', { ...answer, ...other }, { ...right, ...reading })).toMatchObject(want);
  });
});
