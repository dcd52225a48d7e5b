// From what a failure names to the files that may hold the fault, in the layouts of several languages.
import { expect, test } from 'vitest';
import { progressAfter } from './progress.ts';
import { suspects } from './suspects.ts';
import type { Step } from './transcript.ts';

interface Case {
  readonly listing: string;
  readonly output: string;
  /** Files that were read, with their texts. */
  readonly read?: Readonly<Record<string, string>>;
  readonly want: readonly string[];
}

const cases: Record<string, Case> = {
  'sources that are named come before tests that are named': { listing: 'test/a.test.js\nsrc/a.js', output: 'test/a.test.js:3 src/a.js:9', want: ['src/a.js', 'test/a.test.js'] },
  'an absolute path is that of the listed file': { listing: './src/a.py\n./b/src/a.py', output: '/home/x/b/src/a.py:3', want: ['src/a.py'] },
  'a path below a package is found below the workspace': { listing: 'packages/core/src/a.ts', output: 'src/a.ts:3:1', want: ['packages/core/src/a.ts'] },
  'a path that is not listed stays as it is': { listing: 'x.md', output: './lib/a.rs:3', want: ['lib/a.rs'] },
  'a relative import, with the ending of the compiled file': { listing: 'src/a.ts\nsrc/a.test.ts', output: 'src/a.test.ts', read: { 'src/a.test.ts': "import { a } from './a.js';" }, want: ['src/a.test.ts', 'src/a.ts'] },
  'a require': { listing: 'lib/a.js\ntest/a.js', output: 'test/a.js', read: { 'test/a.js': "const a = require('../lib/a');" }, want: ['test/a.js', 'lib/a.js'] },
  'a dotted module below src': { listing: 'src/shop/cart.py\ntests/test_cart.py', output: 'tests/test_cart.py:4', read: { 'tests/test_cart.py': 'from shop.cart import total\n' }, want: ['tests/test_cart.py', 'src/shop/cart.py'] },
  'a package of Python': { listing: 'calc/__init__.py\ntest_calc.py', output: 'test_calc.py:4', read: { 'test_calc.py': 'import calc\n' }, want: ['test_calc.py', 'calc/__init__.py'] },
  'a Go file beside its test': { listing: 'calc/calc.go\ncalc/calc_test.go\ncalc/other.go', output: 'calc_test.go:9: got 1', read: { 'calc/calc_test.go': 'package calc' }, want: ['calc/calc_test.go', 'calc/calc.go'] },
  'a crate': { listing: 'src/lib.rs\nsrc/parse.rs\ntests/all.rs', output: "panicked at tests/all.rs:5:3", read: { 'tests/all.rs': 'use grammar::parse;' }, want: ['tests/all.rs', 'src/lib.rs', 'src/parse.rs'] },
  'what a test loads is unknown until it is read': { listing: 'src/a.js\ntest/a.test.js', output: 'test/a.test.js', want: ['test/a.test.js'] },
};

test.each(Object.entries(cases))('%s', (_, { listing, output, read = {}, want }) => {
  const step = (tool: Step['tool'], text: string, values: Step['values'] = {}): Step => ({ tool, values, output: text, isError: false });
  const steps = [step('list_files', listing), step('run_tests', `${output}\n1 failed`), ...Object.entries(read).map(([path, text]) => step('read_file', text, { path }))];
  expect(suspects(progressAfter(steps)).toSorted()).toEqual(want.toSorted());
  expect(suspects(progressAfter(steps))[0]).toBe(want[0]);
});

test('numbers that a tool puts before lines are no part of a file', () => {
  const shown = ['1\tconst a = 1;\n2\tconst b = 2;', '  1: const a = 1;\n  2: const b = 2;', '1 | const a = 1;\n2 | const b = 2;'];
  for (const output of shown) expect(progressAfter([{ tool: 'read_file', values: { path: 'a.js' }, output, isError: false }]).files.get('a.js')).toBe('const a = 1;\nconst b = 2;');
});
