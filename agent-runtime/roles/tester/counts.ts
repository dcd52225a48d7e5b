// Reads how many tests passed from what test runners print. Only forms that are unmistakable; anything else is no count at all.

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

type Reader = (text: string) => TestCounts | undefined;

// oxlint-disable-next-line eslint/no-control-regex -- terminal colours start with a control character
const colours = /\u001B\[[0-9;]*m/g;

/** Counts in the output of a test run, by the first form that is recognised; undefined when none is. */
export function readCounts(output: string): TestCounts | undefined {
  const text = output.replaceAll(colours, '');
  for (const reader of readers) {
    const counts = reader(text);
    if (counts !== undefined) return counts;
  }
  return undefined;
}

const number = (text: string | undefined) => Number(text ?? 0);
const lastMatch = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].at(-1);

/** `# pass 3` (TAP reporter) or `ℹ pass 3` (spec reporter) of node --test. */
const nodeTest: Reader = (text) => {
  const field = (name: string) => lastMatch(text, new RegExp(`^(?:#|ℹ) ${name} (\\d+)$`, 'gm'))?.[1];
  const passed = field('pass');
  if (passed === undefined || field('fail') === undefined) return undefined;
  return { passed: number(passed), failed: number(field('fail')), skipped: number(field('skipped')) + number(field('todo')) };
};

/** `      Tests  1 failed | 3 passed | 2 skipped (6)` of vitest. */
const vitest: Reader = (text) => {
  const line = lastMatch(text, /^\s*Tests {2}((?:\d+ [a-z ]+(?: \| )?)+)\(\d+\)$/gm)?.[1];
  return line === undefined ? undefined : wordCounts(line);
};

/** `==== 1 failed, 3 passed, 2 skipped in 0.12s ====` of pytest; with -q without the frame. */
const pytest: Reader = (text) => {
  const line = lastMatch(text, /^(?:=+ )?((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s(?: \([\d:]+\))?(?: =+)?$/gm)?.[1];
  return line === undefined ? undefined : wordCounts(line);
};

/** `{"Action":"pass","Test":"TestX",...}` of go test -json. */
const goJson: Reader = (text) => countLines(text, [
  ['passed', /^\{.*"Action":"pass".*"Test":/],
  ['failed', /^\{.*"Action":"fail".*"Test":/],
  ['skipped', /^\{.*"Action":"skip".*"Test":/],
]);

/** `--- PASS: TestX (0.00s)` of go test -v. */
const goVerbose: Reader = (text) => countLines(text, [
  ['passed', /^\s*--- PASS: /],
  ['failed', /^\s*--- FAIL: /],
  ['skipped', /^\s*--- SKIP: /],
]);

/** `ok 1 - name` and `not ok 2 - name # SKIP` of TAP, top level only, and only after a version or plan line. */
const tap: Reader = (text) => {
  if (!/^(TAP version 1[34]|1\.\.\d+)/m.test(text)) return undefined;
  return countLines(text, [
    ['skipped', /^(?:not )?ok\b.*# (?:SKIP|TODO)/i],
    ['passed', /^ok\b/],
    ['failed', /^not ok\b/],
  ]);
};

const readers: readonly Reader[] = [nodeTest, vitest, pytest, goJson, goVerbose, tap];

function wordCounts(line: string): TestCounts {
  const of = (...words: readonly string[]) => words.reduce((sum, word) => sum + number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1]), 0);
  return { passed: of('passed'), failed: of('failed', 'error'), skipped: of('skipped', 'todo', 'xfailed') };
}

function countLines(text: string, patterns: readonly (readonly [keyof TestCounts, RegExp])[]): TestCounts | undefined {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const line of text.split('\n')) {
    const kind = patterns.find(([, pattern]) => pattern.test(line))?.[0];
    if (kind !== undefined) counts[kind] += 1;
  }
  return counts.passed + counts.failed + counts.skipped === 0 ? undefined : counts;
}
