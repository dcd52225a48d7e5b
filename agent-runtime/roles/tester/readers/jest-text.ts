// What jest prints to people: `Tests:  1 failed, 3 passed, 4 total`, and a block with a bullet for each failure.
import { classOfError, classOfLoad } from './classify.ts';
import { framesIn } from './frames.ts';
import { blocks, countOf, type Failure, failureOf, maxFailures, type Reader, reading } from './reading.ts';

/** Reads counts and failures; failures are printed once more at the end of a long run, and are read once. */
export const jestText: Reader = ({ lines }) => {
  const suites = lines.findLastIndex((line) => /^Test Suites: .*\d+ total$/.test(line));
  const words = lines.slice(suites + 1, suites + 3).map((line) => /^Tests: +(.*\d+ total)$/.exec(line)?.[1]).find((found) => found !== undefined);
  if (suites === -1 || words === undefined) return undefined;
  const counts = { passed: countOf(words, 'passed'), failed: countOf(words, 'failed'), skipped: countOf(words, 'skipped', 'todo') };
  const again = lines.findIndex((line) => line.startsWith('Summary of all failing tests'));
  return reading(counts, failuresIn(lines.slice(0, again === -1 ? suites : again)));
};

function failuresIn(lines: readonly string[]): readonly Failure[] {
  const files = blocks(lines, (line) => /^(?:FAIL|PASS) (?:\S+ )?\S.*$/.exec(line)?.[0]);
  return files.filter(({ head }) => head.startsWith('FAIL')).slice(0, maxFailures).flatMap(({ head, body }) => {
    const file = / (\S+\.\w+)(?: \([\d.]+ m?s\))?$/.exec(head)?.[1];
    return blocks(body, (line) => /^ {2}● (.+)$/.exec(line)?.[1]).filter(({ head: title }) => title !== 'Console').slice(0, maxFailures).map((block) => failureTitled(block.head, file, block.body.join('\n')));
  });
}

function failureTitled(title: string, file: string | undefined, text: string): Failure {
  const frames = framesIn(text);
  if (title === 'Test suite failed to run') return failureOf(classOfLoad(text), text, { file, frames });
  const test = title.split(' › ').join(' > ');
  return failureOf(classOfError(text.replace(/^\s*thrown: "?/, '')), text, { test, frames, ...(frames.length === 0 ? { file } : {}) });
}
