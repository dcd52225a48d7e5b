import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FailureClass } from '#domain/consistency/state.ts';
import { type FinishedRun, readRun } from './read-run.ts';

const recorded = (name: string) => readFileSync(join(import.meta.dirname, 'recorded', name), 'utf8');

interface Case {
  readonly framework?: string;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly report?: string;
  readonly exitCode: number;
  /** Passed, failed, skipped. */
  readonly counts: readonly [number, number, number] | undefined;
  readonly failureClass: FailureClass;
  /** `class | test | place | message`, an empty part for nothing. */
  readonly failures: readonly string[];
}

function runOf({ framework, stdout, stderr, report, exitCode }: Case): FinishedRun {
  const text = (name: string | undefined) => (name === undefined ? '' : recorded(name));
  return { framework, stdout: text(stdout), stderr: text(stderr), exitCode, ending: exitCode === 0 ? 'completed' : 'failed', ...(report === undefined ? {} : { report: text(report) }) };
}

const vitestFailures = [
  "compileError |  | src/bad.test.js:1 | Error: Cannot find module './missing.js' imported from /srv/app/src/bad.test.js",
  'noTests |  | src/empty.test.js | Error: No test suite found in file /srv/app/src/empty.test.js',
  'error | h | src/hook.test.js:2 | Error: no database',
  'compileError |  | src/syntax.test.js:2 | RolldownError: Parse failure: Parse failed with 1 error: Unexpected token',
  'assertion | add > adds badly | src/add.test.js:5 | AssertionError: expected 3 to be 4 // Object.is equality',
  'error | add > throws | src/add.js:2 | TypeError: boom is broken',
  'timeout | add > slow | src/add.test.js:9 | TestTimeoutError: Test timed out in 100ms.',
];

const goFailures = ['assertion | TestAddBadly | example.org/g/a/a_test.go:9 | Add(1, 2) = 3, want 4', 'assertion | TestSub/two | example.org/g/a/a_test.go:14 | two is bad'];
const goDeaths = ['crash | TestPanic | /srv/app/b/b_test.go:6 | panic: assignment to entry in nil map [recovered, repanicked]', 'compileError |  | c/c_test.go:5 | undefined: undefined'];

const pytestFailures = (module: string, type: string) => [
  `assertion | ${module}test_adds_badly | tests/test_a.py:10 | assert 3 == 4`,
  `error | ${module}test_throws | tests/test_a.py:5 | TypeError: boom is broken`,
  `assertion | ${module}test_raises | tests/test_a.py:24 | Failed: DID NOT RAISE ValueError`,
  `assertion | ${module}test_fail | tests/test_a.py:26 | Failed: by hand`,
  `assertion | ${type}test_n[2] | tests/test_a.py:29 | assert 2 == 1`,
];

const cases: Record<string, Case> = {
  'vitest, as people read it': { framework: 'vitest', stdout: 'vitest-stdout.txt', stderr: 'vitest-stderr.txt', exitCode: 1, counts: [1, 3, 3], failureClass: 'timeout', failures: vitestFailures },
  'vitest, its report with what it printed': { framework: 'vitest', stdout: 'vitest-stdout.txt', stderr: 'vitest-stderr.txt', report: 'vitest-report.json', exitCode: 1, counts: [1, 3, 3], failureClass: 'timeout', failures: vitestFailures },
  'vitest, its report alone': {
    report: 'vitest-report.json',
    exitCode: 1,
    counts: [1, 3, 3],
    failureClass: 'timeout',
    failures: [
      'assertion | add adds badly | /srv/app/src/add.test.js:5 | AssertionError: expected 3 to be 4 // Object.is equality',
      'error | add throws | /srv/app/src/add.js:2 | TypeError: boom is broken',
      'timeout | add slow | /srv/app/src/add.test.js:9 | TestTimeoutError: Test timed out in 100ms.',
      "compileError |  | /srv/app/src/bad.test.js | Cannot find module './missing.js' imported from /srv/app/src/bad.test.js",
      'noTests |  | /srv/app/src/empty.test.js | No test suite found in file /srv/app/src/empty.test.js',
      'error |  | /srv/app/src/hook.test.js | a hook failed; what it threw is in the log',
      'compileError |  | /srv/app/src/syntax.test.js:2 | Parse failure: Parse failed with 1 error: Unexpected token',
    ],
  },
  'vitest, a worker that crashed and an error that no test is blamed for': {
    stdout: 'vitest-crash.txt',
    exitCode: 1,
    counts: [2, 1, 0],
    failureClass: 'crash',
    failures: ['error |  | src/unh.test.js:2 | Error: later', 'crash |  | /srv/app/src/crash.test.js | Error: [vitest-pool]: Worker forks emitted error.'],
  },
  'node, TAP': {
    framework: 'node',
    stdout: 'node-tap.txt',
    exitCode: 1,
    counts: [1, 6, 2],
    failureClass: 'crash',
    failures: [
      'assertion | add > adds badly | /srv/app/a.test.mjs:5 | Expected values to be strictly equal: 3 !== 4',
      'error | throws | /srv/app/a.test.mjs:9 | boom is broken',
      'timeout | slow | /srv/app/a.test.mjs:10 | test timed out after 50ms',
      'error | h > x | /srv/app/a.test.mjs:11 | test did not finish before its parent and was cancelled',
      'error | h | /srv/app/a.test.mjs:11 | no database',
      "compileError | b.test.mjs | b.test.mjs | Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/srv/app/missing.mjs' imported from /srv/app/b.test.mjs",
      'crash | c.test.mjs | c.test.mjs | the process of the file was ended by SIGSEGV',
    ],
  },
  'node, as people read it: a signal is not told': {
    stdout: 'node-spec.txt',
    exitCode: 1,
    counts: [1, 6, 2],
    failureClass: 'timeout',
    failures: [
      'assertion | adds badly | /srv/app/a.test.mjs:5 | AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:',
      'error | throws | /srv/app/a.test.mjs:9 | TypeError: boom is broken',
      'timeout | slow | a.test.mjs:10 | test timed out after 50ms',
      'error | x | a.test.mjs:11 | test did not finish before its parent and was cancelled',
      'error | h | /srv/app/a.test.mjs:11 | Error: no database',
      "compileError | b.test.mjs | b.test.mjs | Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/srv/app/missing.mjs' imported from /srv/app/b.test.mjs",
      'error | c.test.mjs | c.test.mjs | the file ended with an exit code of its own',
    ],
  },
  'pytest': {
    framework: 'pytest',
    stdout: 'pytest.txt',
    exitCode: 1,
    counts: [3, 6, 2],
    failureClass: 'error',
    failures: ['error | test_db | tests/test_a.py:21 | RuntimeError: no database', ...pytestFailures('', 'TestC.')],
  },
  'pytest, files that cannot be collected': {
    stdout: 'pytest-collection.txt',
    exitCode: 2,
    counts: [0, 3, 0],
    failureClass: 'compileError',
    failures: [
      "compileError |  | tests/test_b.py:1 | ModuleNotFoundError: No module named 'missing'",
      'compileError |  | tests/test_c.py:1 | SyntaxError: invalid syntax',
      "error |  | tests/test_d.py:1 | NameError: name 'undefined_name' is not defined",
    ],
  },
  'pytest, JUnit': {
    report: 'pytest-junit.xml',
    exitCode: 1,
    counts: [3, 6, 2],
    failureClass: 'error',
    failures: pytestFailures('tests.test_a > ', 'tests.test_a.TestC > ').toSpliced(2, 0, 'error | tests.test_a > test_db | tests/test_a.py:21 | failed on setup with "RuntimeError: no database"'),
  },
  'go, events': { framework: 'go', stdout: 'go-events.txt', exitCode: 1, counts: [3, 4, 1], failureClass: 'crash', failures: [...goFailures, ...goDeaths] },
  'go -v': { framework: 'go', stdout: 'go-verbose.txt', exitCode: 1, counts: [3, 4, 1], failureClass: 'crash', failures: [...goFailures, ...goDeaths] },
  'go without -v names no passing test, so nothing is counted': { framework: 'go', stdout: 'go-plain.txt', exitCode: 1, counts: undefined, failureClass: 'crash', failures: [...goFailures, ...goDeaths] },
  'go, a test that ran too long': { stdout: 'go-timeout.txt', exitCode: 1, counts: [0, 1, 0], failureClass: 'timeout', failures: ['timeout | TestSlow | /srv/app/t_test.go:5 | panic: test timed out after 1s'] },
  'cargo': {
    framework: 'cargo',
    stdout: 'cargo.txt',
    exitCode: 101,
    counts: [3, 5, 1],
    failureClass: 'error',
    failures: [
      'assertion | tests::adds_badly | src/lib.rs:12 | assertion `left == right` failed: sum',
      'error | tests::boom | src/lib.rs:16 | called `Option::unwrap()` on a `None` value',
      'assertion | tests::panics | src/lib.rs:22 | test did not panic as expected at src/lib.rs:22:8',
      'assertion | tests::holds | src/lib.rs:14 | assertion failed: add(1, 2) > 4',
      'error | tests::res |  | Error: "bad"',
    ],
  },
  'cargo, what does not compile': { stdout: 'cargo-compile.txt', exitCode: 101, counts: undefined, failureClass: 'compileError', failures: ['compileError |  | tests/it.rs:2 | error[E0425]: cannot find function `nothing` in this scope'] },
  'cargo, a binary that aborted': { stdout: 'cargo-abort.txt', exitCode: 101, counts: undefined, failureClass: 'crash', failures: ['crash |  |  | it-b462ec70d69dbcd3 was ended by SIGABRT'] },
};

describe('outputs of real runs', () => {
  test.each(Object.entries(cases))('%s', (_, given) => {
    const { counts, failureClass, failures } = readRun(runOf(given));
    expect(failures.map(({ class: kind, test: name = '', file, line, message }) => [kind, name, [file, line].filter((part) => part !== undefined).join(':'), message].join(' | '))).toEqual(given.failures);
    expect(counts && [counts.passed, counts.failed, counts.skipped]).toEqual(given.counts);
    expect(failureClass).toBe(given.failureClass);
  });

  test('colours and the ends of lines of Windows change nothing', () => {
    for (const given of Object.values(cases)) {
      const run = runOf(given);
      expect(readRun({ ...run, stdout: run.stdout.replaceAll('\n', '\r\n'), stderr: run.stderr.replaceAll('\n', '\u001B[0m\n') })).toEqual(readRun(run));
    }
  });
});
