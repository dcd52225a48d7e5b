// The JSON report that jest and vitest share: counts, and for each file its tests or why it could not be loaded.
import { classOfError, classOfLoad } from './classify.ts';
import { framesIn } from './frames.ts';
import { countIn, fieldsOf, itemsOf, parsedObject, textOf } from './json.ts';
import { type Failure, failureOf, maxFailures, type Reader, reading, type Reading, type TestCounts } from './reading.ts';

/** Lines that look like a report and are tried, from the end. */
const candidates = 5;

/** Reads the report among the lines of stdout: the last one that is a whole report, for the runner prints after its tests. */
export const suiteJson: Reader = ({ whole }) => {
  const lines = whole.split('\n').filter((line) => line.startsWith('{"num'));
  for (const line of lines.slice(-candidates).toReversed()) {
    const found = readSuiteJson(line);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** Reads a text that is nothing but the report. */
export function readSuiteJson(text: string): Reading | undefined {
  const report = parsedObject(text);
  const counts = report && countsOf(report);
  if (report === undefined || counts === undefined) return undefined;
  return reading(counts, itemsOf(report['testResults']).map(fieldsOf).filter(({ status }) => status === 'failed').slice(0, maxFailures).flatMap(fileFailures));
}

function countsOf({ numTotalTests, numPassedTests, numFailedTests, numPendingTests, numTodoTests = 0 }: Readonly<Record<string, unknown>>): TestCounts | undefined {
  const [total, passed, failed, pending, todo] = [numTotalTests, numPassedTests, numFailedTests, numPendingTests, numTodoTests].map(countIn);
  if (total === undefined || passed === undefined || failed === undefined || pending === undefined || todo === undefined) return undefined;
  const skipped = pending + todo;
  // A test that began and never ended is in the total alone.
  return { passed, failed: Math.max(failed, total - passed - skipped), skipped };
}

function fileFailures({ name, message, assertionResults }: Readonly<Record<string, unknown>>): readonly Failure[] {
  const file = textOf(name);
  const tests = itemsOf(assertionResults).map(fieldsOf);
  const failed = tests.filter((test) => test['status'] === 'failed').slice(0, maxFailures).map((test) => testFailure(test, file));
  if (failed.length > 0) return failed;
  const text = loadMessage(textOf(message) ?? '');
  // Without tests the file was not loaded; with them a hook around them failed, and the report does not say how.
  const kind = tests.length === 0 ? classOfLoad(text) : 'error';
  return [failureOf(kind, text === '' ? 'a hook failed; what it threw is in the log' : text, { file, frames: framesIn(text) })];
}

function testFailure({ fullName, failureMessages, location }: Readonly<Record<string, unknown>>, file: string | undefined): Failure {
  const text = itemsOf(failureMessages).map((message) => textOf(message) ?? '').join('\n');
  const frames = framesIn(text);
  const line = countIn(fieldsOf(location)['line']);
  return failureOf(classOfError(text), text, { test: textOf(fullName), frames, ...(frames.length === 0 ? { file, line } : {}) });
}

/** What jest says of a file that failed to run, without its heading. */
export function loadMessage(text: string): string {
  return text.replace(/^\s*● Test suite failed to run\s*/, '').trim();
}
