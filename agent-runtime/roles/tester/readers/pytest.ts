// What pytest prints: counts in its last line, and a headed block for each failure and error.
import { classOfError, classOfLoad } from './classify.ts';
import { framesIn } from './frames.ts';
import { blocks, countOf, type Failure, type FailureKind, failureOf, maxFailures, type Reader, reading } from './reading.ts';

const summary = /^(?:=+ )?((?:\d+ [a-z]+(?:, )?)+|no tests ran) in [\d.]+s(?: \([\d:]+\))?(?: =+)?$/;
const section = /^=+ (.+?) =+$/;

/** Reads counts and failures; expected failures count as skipped, unexpected passes as passed. */
export const pytest: Reader = ({ lines }) => {
  const last = lines.findLastIndex((line) => summary.test(line));
  const words = summary.exec(lines[last] ?? '')?.[1];
  if (words === undefined) return undefined;
  const counts = { passed: countOf(words, 'passed', 'xpassed'), failed: countOf(words, 'failed', 'errors?'), skipped: countOf(words, 'skipped', 'xfailed') };
  const parts = blocks(lines.slice(0, last), (line) => section.exec(line)?.[1]);
  const told = parts.filter(({ head }) => head === 'ERRORS' || head === 'FAILURES').flatMap(({ body }) => failuresIn(body));
  return reading(counts, told.length > 0 ? told : shortFailures(parts.find(({ head }) => head.startsWith('short test summary'))?.body ?? lines));
};

function failuresIn(body: readonly string[]): readonly Failure[] {
  return blocks(body, (line) => /^_+ ([^_ ].*?|_\w.*?) _+$/.exec(line)?.[1]).slice(0, maxFailures).map(({ head, body: lines }) => failureIn(head, lines));
}

function failureIn(head: string, lines: readonly string[]): Failure {
  // What the test itself printed is not its error.
  const captured = lines.findIndex((line) => /^-+ Captured /.test(line));
  const own = captured === -1 ? lines : lines.slice(0, captured);
  const said = own.flatMap((line) => /^E {2,}(.*)$/.exec(line)?.[1] ?? []);
  const frames = framesIn(own.join('\n')).toReversed();
  const collected = /^ERROR collecting (\S+)/.exec(head)?.[1];
  if (collected !== undefined) {
    const message = said.findLast((line) => /^\s*\w+(?:Error|Exception)\b/.test(line)) ?? said.at(-1) ?? own.find((line) => line.trim() !== '') ?? head;
    return failureOf(classOfLoad(said.length === 0 ? own.join('\n') : said.join('\n')), message, { file: collected, frames });
  }
  const test = head.replace(/^ERROR at (?:setup|teardown) of /, '');
  const message = said[0] ?? own.findLast((line) => line.trim() !== '') ?? head;
  return failureOf(kindOf(message, test !== head), message, { test, frames });
}

/** A fixture that fails is set-up, whatever it checks. */
function kindOf(message: string, isSetUp: boolean): FailureKind {
  const kind = classOfError(message);
  return isSetUp && kind === 'assertion' ? 'error' : kind;
}

const short = /^(FAILED|ERROR) ([^\s:]+)(?:::(.+?))?(?: - (.+))?$/;

/** `FAILED tests/test_a.py::test_x - assert 1 == 2`: all that is left when tracebacks are off. */
function shortFailures(lines: readonly string[]): readonly Failure[] {
  return lines.filter((line) => short.test(line)).slice(0, maxFailures).map((line) => {
    const [, word, file, test, message = ''] = short.exec(line) ?? [];
    const kind = test === undefined ? classOfLoad(message) : kindOf(message, word === 'ERROR');
    return failureOf(message === '' && word === 'FAILED' ? 'assertion' : kind, message, { test, file });
  });
}
