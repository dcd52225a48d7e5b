import { expect, test } from 'vitest';
import { Head } from './imagine.ts';

const head = "import assert from 'node:assert/strict';\nimport test from 'node:test';\n";
const cases: Record<string, { files: Record<string, string>; want: object | undefined }> = {
  'tests that hold and tests that do not are told apart': {
    files: { 'src/a.js': 'export function sum(a, b) {\n  return a - b;\n}\n', 'test/a.test.js': `${head}import { sum } from '../src/a.js';\ntest('one', () => assert.equal(sum(2, 3), 5));\ntest('two', () => assert.equal(sum(2, 0), 2));\n` },
    want: { passed: [1], all: 2 },
  },
  'modules load each other, under other names too': {
    files: { 'src/a.js': "import { one as uno } from './b.js';\nexport const two = uno + uno;\n", 'src/b.js': 'export const one = 1;\n', 'test/a.test.js': `${head}import { two } from '../src/a.js';\ntest('two', () => assert.deepEqual([two], [2]));\n` },
    want: { passed: [0], all: 1 },
  },
  'promises are waited for, and one that never ends is a failure': {
    files: { 'test/a.test.js': `${head}test('ends', async () => { await null; assert.ok(true); });\ntest('fails', async () => { await null; assert.ok(false); });\ntest('hangs', () => new Promise(() => {}));\n` },
    want: { passed: [0], all: 3 },
  },
  'errors are expected by pattern and by class': {
    files: { 'test/a.test.js': `${head}test('x', () => assert.throws(() => { throw new RangeError('far out'); }, RangeError));\ntest('y', () => assert.rejects(async () => { throw new Error('no'); }, /no/));\ntest('z', () => assert.throws(() => 1));\n` },
    want: { passed: [0, 1], all: 3 },
  },
  'a loop without end is no answer': { files: { 'test/a.test.js': `${head}test('x', () => { for (;;); });\n` }, want: undefined },
  'a file that is not known is no answer': { files: { 'test/a.test.js': "import { b } from '../src/b.js';\n" }, want: undefined },
  'a file that cannot be read is no answer': { files: { 'test/a.test.js': 'const {' }, want: undefined },
  'there is no way out': { files: { 'test/a.test.js': `${head}test('x', () => assert.equal(typeof process, 'undefined'));\ntest('y', () => { (() => {}).constructor('return 1')(); });\n` }, want: { passed: [0], all: 2 } },
};
test.each(Object.entries(cases))('%s', (_, { files, want }) => {
  expect(new Head().imagine(new Map(Object.entries(files)), ['test/a.test.js'])).toEqual(want);
});
