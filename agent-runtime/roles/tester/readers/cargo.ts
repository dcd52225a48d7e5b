// What cargo test prints: a result line for each binary of tests, a block for each failing test, and the compiler's words on stderr.
import { framesIn } from './frames.ts';
import { blocks, type Failure, failureOf, maxFailures, type Reader, reading, type TestCounts } from './reading.ts';

const resultLine = /^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored; \d+ measured; \d+ filtered out/;

/** Reads counts and failures of all binaries. */
export const cargo: Reader = ({ lines }) => {
  const counts = countsOf(lines);
  const broken = [...compileFailures(lines), ...deaths(lines)];
  if (counts === undefined && broken.length === 0) return undefined;
  return reading(counts, [...testFailures(lines), ...broken]);
};

function countsOf(lines: readonly string[]): TestCounts | undefined {
  const results = lines.flatMap((line) => {
    const match = resultLine.exec(line);
    return match === null ? [] : [match.slice(1).map(Number)];
  });
  const sum = (column: number) => results.reduce((total, numbers) => total + (numbers[column] ?? 0), 0);
  return results.length === 0 ? undefined : { passed: sum(0), failed: sum(1), skipped: sum(2) };
}

/** `---- tests::adds stdout ----` and what the test printed, up to the list of names that follows the last one. */
function testFailures(lines: readonly string[]): readonly Failure[] {
  const items = blocks(lines, (line) => /^---- (.+) stdout ----$/.exec(line)?.[1] ?? (/^(?:failures:|test result: .*|running \d+ tests?)$/.test(line) ? '' : undefined));
  return items.filter(({ head }) => head !== '').slice(0, maxFailures).map(({ head, body }) => testFailure(head, body.join('\n')));
}

const assertion = /^(?:assertion `?.*failed|test did not panic as expected|panic did not contain expected string)/;

function testFailure(test: string, output: string): Failure {
  const frames = framesIn(output);
  if (output.includes("Couldn't compile the test.")) return failureOf('compileError', lineOf(output, /^error.*$/m) ?? output, { test, frames });
  const message = panicOf(output) ?? lineOf(output, /test did not panic as expected.*$/m) ?? lineOf(output, /^Error: .*$/m) ?? output;
  return failureOf(assertion.test(message) ? 'assertion' : 'error', message, { test, frames });
}

function lineOf(output: string, pattern: RegExp): string | undefined {
  return pattern.exec(output)?.[0];
}

/** The message of a panic stands below its place, or between quotes before it in older versions of Rust. */
function panicOf(output: string): string | undefined {
  const note = lineOf(output, /panic did not contain expected string.*$/m);
  if (note !== undefined) return note;
  const match = /panicked at (?:'([^\n]*)', \S+:\d+:\d+|\S+:\d+:\d+:\n(.*))/.exec(output);
  return match === null ? undefined : (match[1] ?? match[2]);
}

/** Errors of the compiler, each with its place below it; without one, what cargo says itself. */
function compileFailures(lines: readonly string[]): readonly Failure[] {
  const isBroken = lines.some((line) => /^error: could not compile `|^error: aborting due to/.test(line));
  const items = blocks(lines, (line) => (/^(?:error(?:\[E\d+\])?: |warning: |test |\s*(?:Compiling|Running|Finished) )/.test(line) ? line : undefined));
  const errors = items.filter(({ head, body }) => /^error(?:\[E\d+\])?: /.test(head) && body.some((line) => /^\s*--> /.test(line)));
  if (!isBroken) return [];
  if (errors.length > 0) return errors.slice(0, maxFailures).map(({ head, body }) => failureOf('compileError', head, { frames: framesIn(body.join('\n')) }));
  return [failureOf('compileError', lines.find((line) => line.startsWith('error: could not compile')) ?? 'the tests do not compile')];
}

/** A binary of tests that a signal ended. */
function deaths(lines: readonly string[]): readonly Failure[] {
  return lines.flatMap((line) => {
    const [, binary = '', signal] = /process didn't exit successfully: `([^`]+)`.* \(signal: \d+, (\w+)/.exec(line) ?? [];
    return signal === undefined ? [] : [failureOf('crash', `${binary.split(' ')[0]?.split('/').at(-1)} was ended by ${signal}`)];
  });
}
