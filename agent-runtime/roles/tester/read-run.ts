// Makes of a run of tests what is certain: exact counts, the class of the gravest failure, and the failures one by one.
// A report in a file goes before what was printed, and the runner's last word before earlier ones. Tests run in the same
// sandbox as their runner and can still forge either: that is why goals are verified with checks from the base revision.
import type { FailureClass } from '#domain/consistency/state.ts';
import { cargo } from './readers/cargo.ts';
import { goJson } from './readers/go-json.ts';
import { goText } from './readers/go-text.ts';
import { jestText } from './readers/jest-text.ts';
import { junit, readJunit } from './readers/junit.ts';
import { mochaJson, mochaText, readMochaJson } from './readers/mocha.ts';
import { nodeSpec } from './readers/node-spec.ts';
import { pytest } from './readers/pytest.ts';
import { type Failure, type Printed, type Reader, reading, type Reading, type TestCounts } from './readers/reading.ts';
import { readSuiteJson, suiteJson } from './readers/suite-json.ts';
import { readTap, tap } from './readers/tap.ts';
import { endFailure, type Ended, explain, gravest } from './readers/verdict.ts';
import { vitestText } from './readers/vitest-text.ts';

/** A run of tests that has ended. */
export interface FinishedRun extends Ended {
  /** Name of the framework where it is known; its own forms are tried first. */
  readonly framework?: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Text of the report file, where there is one. */
  readonly report?: string | undefined;
}

/** What is certain about a run; `counts` is absent when nothing was unmistakable. */
export interface RunReading {
  readonly counts: TestCounts | undefined;
  readonly failureClass: FailureClass;
  readonly failures: readonly Failure[];
}

/** Reads a run; total, whatever was printed. */
export function readRun({ framework, stdout, stderr, report, ...ended }: FinishedRun): RunReading {
  const whole = plain(stdout);
  const text = cutLines(`${whole}\n${plain(stderr)}`);
  const printed: Printed = { whole, stdout: cutLines(whole), text, lines: text.split('\n') };
  const told = completed(report === undefined ? undefined : readReport(report), readPrinted(framework, printed));
  const failures = [...told.failures, ...furtherFailures(ended, printed.text, told)];
  return { counts: told.counts, failureClass: gravest(failures) ?? 'none', failures };
}

// oxlint-disable-next-line eslint/no-control-regex -- terminal sequences start with a control character
const sequences = /\u001B\[[0-9;?]*[ -/]*[@-~]/g;

function plain(text: string): string {
  return text.replaceAll(sequences, '').replaceAll('\r\n', '\n');
}

/** Patterns are tried on every line: a line without an end must not cost more than its length. */
function cutLines(text: string): string {
  return text.replaceAll(/([^\n]{2000})[^\n]*/g, '$1');
}

/** Forms by framework; whatever is not known is held against all of them. */
const forms: Readonly<Record<string, readonly Reader[]>> = {
  vitest: [suiteJson, vitestText],
  jest: [suiteJson, jestText],
  mocha: [mochaJson, mochaText],
  node: [tap, nodeSpec],
  pytest: [pytest],
  go: [goJson, goText],
  cargo: [cargo],
};

const allForms: readonly Reader[] = [junit, suiteJson, mochaJson, goJson, vitestText, jestText, nodeSpec, pytest, cargo, mochaText, goText, tap];

function readPrinted(framework: string | undefined, printed: Printed): Reading {
  const own = framework !== undefined && Object.hasOwn(forms, framework) ? (forms[framework] ?? []) : [];
  for (const reader of [...own, ...allForms]) {
    const found = reader(printed);
    if (found !== undefined) return found;
  }
  return reading(undefined, []);
}

function readReport(report: string): Reading | undefined {
  const text = plain(report).replace(/^\uFEFF/, '').trim();
  if (text.startsWith('<')) return readJunit(text);
  if (text.startsWith('{')) return readSuiteJson(text) ?? readMochaJson(text);
  return /^(TAP version|1\.\.\d+|(?:not )?ok\b)/m.test(text) ? readTap(cutLines(text)) : undefined;
}

/** The JSON of vitest has no errors of hooks and none that no test is blamed for; what was printed has them, and is believed where it counts the same. */
function completed(report: Reading | undefined, printed: Reading): Reading {
  if (report === undefined) return printed;
  const isSame = report.counts !== undefined && JSON.stringify(report.counts) === JSON.stringify(printed.counts);
  return isSame && printed.failures.length >= report.failures.length ? printed : report;
}

/** What vitest and jest say when they are told that it is fine to find nothing. */
const allowedEmpty = /^No test(?: file)?s found, exiting with code 0$/m;

/** What the end of the process adds to what the report tells. */
function furtherFailures(ended: Ended, text: string, told: Reading): readonly Failure[] {
  const end = endFailure(ended, text);
  if (end !== undefined) return [end];
  if (told.failures.length > 0) return [];
  const { passed, failed, skipped } = told.counts ?? { passed: 0, failed: 0, skipped: 0 };
  const isEmpty = told.counts === undefined ? allowedEmpty.test(text) : passed + failed + skipped === 0;
  return ended.ending === 'completed' && failed === 0 && !isEmpty ? [] : [explain(ended, text, told)];
}
