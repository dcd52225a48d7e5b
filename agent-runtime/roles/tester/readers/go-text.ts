// What go test -v prints. Tests print among it: a result counts only for a test that has begun.
import { buildFailure, goFailures, type GoTest, packageFailure } from './go-output.ts';
import { blocks, type Failure, linesUntil, type Reader, reading } from './reading.ts';

const begin = /^=== (?:RUN|CONT|NAME) {2,3}(\S+)$/;
const result = /--- (PASS|FAIL|SKIP): (\S+) \(\d+\.\d+s\)$/;
const packageEnd = /^(?:ok {2}|FAIL|\? {3})\t(\S+)/;

/** Reads counts and failures; without -v passing tests are not named, and nothing is counted. */
export const goText: Reader = ({ lines }) => {
  if (!lines.some((line) => packageEnd.test(line) || begin.test(line))) return undefined;
  const packages = packagesOf(lines).map((printed): Tested => ({ ...printed, tests: testsOf(printed.body) }));
  const isCounted = packages.every(({ body }) => body.some((line) => begin.test(line) || /\[(?:no test files|(?:build|setup) failed)\]$/.test(line)));
  const count = (word: Word) => packages.reduce((total, { tests }) => total + tests.filter((test) => test.word === word).length, 0);
  const counts = { passed: count('PASS'), failed: count('FAIL'), skipped: count('SKIP') };
  const words = compilerWords(lines);
  return reading(isCounted ? counts : undefined, packages.flatMap((tested) => failuresOf(tested, words)));
};

interface Printed {
  readonly name: string;
  readonly body: readonly string[];
}

/** The lines of each package end with its own line; the last one may have been cut before it. */
function packagesOf(lines: readonly string[]): readonly Printed[] {
  const packages: Printed[] = [];
  let body: string[] = [];
  for (const line of lines) {
    body.push(line);
    const name = packageEnd.exec(line)?.[1];
    if (name === undefined) continue;
    packages.push({ name, body });
    body = [];
  }
  return body.some((line) => begin.test(line)) ? [...packages, { name: '', body }] : packages;
}

interface Tested extends Printed {
  readonly tests: readonly Told[];
}

type Word = 'PASS' | 'FAIL' | 'SKIP';

interface Told extends GoTest {
  readonly word: Word;
}

function testsOf(body: readonly string[]): readonly Told[] {
  if (body.some((line) => begin.test(line))) return begunTests(body);
  return body.flatMap((line, index) => {
    const told = resultIn(line);
    return told === undefined ? [] : [{ ...told, hasEnded: true, output: followers(body, index + 1).join('\n') }];
  });
}

/** The tests that began in a package, with what was printed while each was the current one; a test that never ended has failed. */
function begunTests(body: readonly string[]): readonly Told[] {
  const open = new Map<string, string[]>();
  const ended: Told[] = [];
  let current = '';
  for (const [index, line] of body.entries()) {
    const begun = begin.exec(line)?.[1];
    current = begun ?? current;
    if (begun !== undefined && !open.has(begun)) open.set(begun, []);
    const told = resultIn(line);
    const output = told && open.get(told.name);
    if (told === undefined || output === undefined) addTo(open.get(current), line);
    else {
      ended.push({ ...told, hasEnded: true, output: [...output, ...followers(body, index + 1)].join('\n') });
      open.delete(told.name);
    }
  }
  return [...ended, ...[...open].map(([name, output]): Told => ({ name, word: 'FAIL', hasEnded: false, output: output.join('\n') }))];
}

function addTo(output: string[] | undefined, line: string): void {
  output?.push(line);
}

/** The result of a test in a line; of a test in `open`, when that is given. */
function resultIn(line: string, open?: ReadonlyMap<string, unknown>): Pick<Told, 'word' | 'name'> | undefined {
  const [, word, name = ''] = result.exec(line) ?? [];
  if (open?.has(name) === false) return undefined;
  return word === 'PASS' || word === 'FAIL' || word === 'SKIP' ? { word, name } : undefined;
}

/** Messages stand below a result where output is not streamed, and a panic always does. */
function followers(body: readonly string[], start: number): readonly string[] {
  return linesUntil(body, start, (line) => result.test(line) || /^=== |^(?:FAIL|PASS|ok)\b/.test(line));
}

function failuresOf({ name, body, tests }: Tested, words: ReadonlyMap<string, string>): readonly Failure[] {
  const end = body.at(-1) ?? '';
  if (/\[(?:build|setup) failed\]$/.test(end)) return [buildFailure(name, words.get(name) ?? '')];
  const failed = tests.filter(({ word }) => word === 'FAIL');
  const output = body.join('\n');
  if (failed.length > 0) return goFailures(name, failed, output);
  return end.startsWith('FAIL') ? [packageFailure(name, output)] : [];
}

/** What the compiler says, by package: it stands under a heading of its own, `# example.org/x [example.org/x.test]`. */
function compilerWords(lines: readonly string[]): ReadonlyMap<string, string> {
  const parts = blocks(lines, (line) => /^# (\S+)/.exec(line)?.[1] ?? (packageEnd.test(line) || begin.test(line) ? '' : undefined));
  return new Map(parts.map(({ head, body }) => [head.replace(/_test$/, ''), body.join('\n')]));
}
