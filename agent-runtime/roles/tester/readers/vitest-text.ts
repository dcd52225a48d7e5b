// What vitest's default reporter prints: `Tests  1 failed | 3 passed (4)` at the end, and a block for each error.
import { classOfError, classOfLoad } from './classify.ts';
import { framesIn } from './frames.ts';
import { countOf, type Failure, failureOf, linesUntil, maxFailures, type Reader, reading, type TestCounts } from './reading.ts';

/** Reads counts and errors. */
export const vitestText: Reader = ({ lines }) => {
  const summary = lines.findLastIndex((line) => /^\s*Test Files {2}/.test(line));
  const counts = summary === -1 ? undefined : countsOf(lines.slice(summary, summary + 4).find((line) => /^\s*Tests {2}/.test(line)));
  return counts && reading(counts, [...failuresIn(lines), ...unhandledIn(lines)]);
};

function countsOf(line: string | undefined): TestCounts | undefined {
  if (line === undefined) return undefined;
  if (/^\s*Tests {2}no tests$/.test(line)) return { passed: 0, failed: 0, skipped: 0 };
  const match = /^\s*Tests {2}([\da-z |]*)\((\d+)\)$/.exec(line);
  if (match === null) return undefined;
  const [, words = '', total] = match;
  const [passed, skipped] = [countOf(words, 'passed', 'expected fail'), countOf(words, 'skipped', 'todo')];
  // A test that began and never ended is in the total alone.
  return { passed, failed: Math.max(countOf(words, 'failed'), Number(total) - passed - skipped), skipped };
}

const rule = /^\s*⎯{3,}/;
const heading = /^\s*⎯{3,} (.+?) ⎯{3,}/;

function failuresIn(lines: readonly string[]): readonly Failure[] {
  const failures: Failure[] = [];
  let section = '';
  for (const [index, line] of lines.entries()) {
    section = heading.exec(line)?.[1] ?? section;
    const name = /^\s*FAIL {2}(.+)$/.exec(line)?.[1];
    if (name === undefined) continue;
    // Tests that failed with the same error stand above it together.
    const text = linesUntil(lines, index, (next) => rule.test(next)).filter((next) => !/^\s*FAIL {2}/.test(next));
    failures.push(failureNamed(name.trim(), section, text.join('\n')));
    if (failures.length === maxFailures) break;
  }
  return failures;
}

function failureNamed(name: string, section: string, text: string): Failure {
  const frames = framesIn(text);
  // `src/a.test.ts [ src/a.test.ts ]`: the file itself.
  const loaded = /^(\S+) \[ .+ \]$/.exec(name)?.[1];
  if (loaded !== undefined) return failureOf(classOfLoad(text), text, { file: loaded, frames });
  const [file, ...titles] = name.split(' > ');
  const own = classOfError(text);
  const kind = section.startsWith('Failed Suites') && own === 'assertion' ? 'error' : own;
  return failureOf(kind, text, { test: titles.join(' > '), frames, ...(frames.length === 0 ? { file: file?.replace(/^\|[^|]*\| /, '') } : {}) });
}

/** Errors that no test is blamed for. */
function unhandledIn(lines: readonly string[]): readonly Failure[] {
  const start = lines.findIndex((line) => heading.exec(line)?.[1] === 'Unhandled Errors');
  if (start === -1) return [];
  const heads = [...lines.entries()].filter(([index, line]) => index > start && /^(?:Unhandled|Uncaught) /.test(heading.exec(line)?.[1] ?? ''));
  return heads.slice(0, maxFailures).map(([index]) => {
    const text = linesUntil(lines, index + 1, (line) => rule.test(line)).join('\n');
    const kind = classOfError(/Worker (?:exited|terminated).*/.exec(text)?.[0] ?? text);
    const file = /while running test file (\S+)/.exec(text)?.[1];
    // An assertion that no test waited for is an error of the test.
    return failureOf(kind === 'assertion' ? 'error' : kind, text, { file, frames: framesIn(text) });
  });
}
