import { expect, test } from 'vitest';
import { addUp, type Count, type StepResult } from './summary.ts';

const passed = (name: string): StepResult => ({ name, hasPassed: true });
const failed = (name: string): StepResult => ({ name, hasPassed: false });
const vitest = { numPassedTests: 40, numFailedTests: 0 };

const cases: Record<string, { steps: StepResult[]; reports?: { test?: unknown; e2e?: unknown }; want: Count }> = {
  'steps without a report count as one each': { steps: [passed('check'), failed('other')], want: { passed: 1, failed: 1 } },
  'tests count one by one': { steps: [passed('check'), passed('test')], reports: { test: vitest }, want: { passed: 41, failed: 0 } },
  'failed tests count one by one': { steps: [failed('test')], reports: { test: { numPassedTests: 38, numFailedTests: 2 } }, want: { passed: 38, failed: 2 } },
  'a test run that failed without a failed test (coverage, an import) still counts as failed': { steps: [failed('test')], reports: { test: vitest }, want: { passed: 40, failed: 1 } },
  'a test run that left no report is one failure': { steps: [failed('test')], want: { passed: 0, failed: 1 } },
  'stories count by their result, and one that was not run as neither': {
    steps: [passed('e2e')],
    reports: { e2e: [{ result: 'passed' }, { result: 'passed' }, { result: 'not run' }] },
    want: { passed: 2, failed: 0 },
  },
};

test.each(Object.entries(cases))('%s', (_, { steps, reports, want }) => {
  expect(addUp(steps, reports ?? {})).toEqual(want);
});
