// What a package of Go prints while it is tested, and what of that is a failure. Go has no assertions: a test that reports an error has one.
import { framesIn } from './frames.ts';
import { type Failure, failureOf, maxFailures } from './reading.ts';

export interface GoTest {
  readonly name: string;
  readonly output: string;
  /** False for a test that began and never ended. */
  readonly hasEnded: boolean;
}

const report = /^\s+(\S+\.go):(\d+): (.*)$/m;
const ends = /^(?:panic: |fatal error: |SIG\w+: |signal: |runtime: (?:goroutine stack|out of memory))/m;
const timeout = /^panic: test timed out after .*$/m;

/** Failures of one package. A test is not told when only its subtests failed. */
export function goFailures(folder: string, failed: readonly GoTest[], output: string): readonly Failure[] {
  const some = failed.slice(0, maxFailures);
  const named = some.filter(({ name, output: own }) => report.test(own) || ends.test(own) || !some.some((other) => other.name.startsWith(`${name}/`)));
  return named.map((test) => testFailure(folder, test, output));
}

function testFailure(folder: string, { name, output: own, hasEnded }: GoTest, output: string): Failure {
  if (!hasEnded || ends.test(own)) return deathOf(ends.test(own) ? own : output, { test: name });
  const [, file = '', line, message] = report.exec(own) ?? [];
  if (message === undefined) return failureOf('assertion', 'it failed without a word', { test: name });
  const place = { file: inFolder(folder, file), line: Number(line) };
  return failureOf('assertion', message, { test: name, ...place, frames: [place] });
}

/** The end of the whole process, by its last words. */
function deathOf(output: string, about: { readonly test?: string; readonly file?: string }): Failure {
  const message = lineAt(output, timeout) ?? lineAt(output, ends) ?? 'the process of the tests ended while it ran';
  return failureOf(timeout.test(output) ? 'timeout' : 'crash', message, { ...about, frames: framesIn(output) });
}

/** A package that failed although no test of it did: it did not compile, or its process died between tests. */
export function packageFailure(folder: string, output: string): Failure {
  return ends.test(output) ? deathOf(output, { file: folder }) : failureOf('error', `${folder} failed although no test of it did`, { file: folder });
}

/** A package that did not compile, with what the compiler says. */
export function buildFailure(folder: string, output: string): Failure {
  const message = output.split('\n').find((line) => /:\d+(?::\d+)?: /.test(line)) ?? output.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#')) ?? `${folder} does not compile`;
  const frames = framesIn(output);
  return failureOf('compileError', message.replace(/^\S+\.go:\d+(?::\d+)?: /, ''), { frames, ...(frames.length === 0 ? { file: folder } : {}) });
}

function lineAt(text: string, pattern: RegExp): string | undefined {
  const start = text.search(pattern);
  return start === -1 ? undefined : text.slice(start).split('\n', 1)[0];
}

function inFolder(folder: string, file: string): string {
  return file.includes('/') || folder === '' ? file : `${folder}/${file}`;
}
