import { afterAll, describe, expect, test } from 'vitest';
import type { Failure } from '#agent-runtime/roles/tester/readers/reading.ts';
import { folderWith } from '#agent-runtime/roles/fixtures.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import { type Analysed, analyse, type Suspect, testFileOf } from './analyse.ts';
import { failedTests, failureArtifacts, sentence } from './failures-report.ts';
import { locateFailures } from './locate.ts';

const failure = (more: Partial<Failure>): Failure => ({ class: 'assertion', message: 'expected 3, got 4', frames: [], ...more });
const frames = (...places: readonly string[]) => places.map((place) => ({ file: place.split(':')[0] ?? '', line: Number(place.split(':')[1]) }));

describe('the likely cause', () => {
  interface Case {
    readonly failure: Partial<Failure>;
    readonly changed: readonly string[];
    readonly texts?: Readonly<Record<string, string>>;
    readonly want: Suspect | undefined;
  }
  const cases: Record<string, Case> = {
    'a changed file in the stack': { failure: { frames: frames('src/deep.ts:3', 'src/add.ts:9', 'src/add.test.ts:2') }, changed: ['src/add.ts'], want: { path: 'src/add.ts', because: 'stack' } },
    'of two in the stack the inner one': { failure: { frames: frames('b.go:1', 'a.go:2', 'a_test.go:3') }, changed: ['a.go', 'b.go'], want: { path: 'b.go', because: 'stack' } },
    'the test itself is in every stack, and says nothing of what it tests': { failure: { frames: frames('src/add.test.ts:2') }, changed: ['src/add.test.ts', 'src/add.ts'], want: { path: 'src/add.ts', because: 'name' } },
    'what the test imports': { failure: { frames: frames('test/x.test.ts:2') }, changed: ['src/b.ts'], texts: { 'test/x.test.ts': "import { b } from '../src/b.ts';" }, want: { path: 'src/b.ts', because: 'import' } },
    'of two imports the first': { failure: { frames: frames('t/x.test.js:1') }, changed: ['b.js', 'a.js'], texts: { 't/x.test.js': "const a = require('../a');\nconst b = require('../b');" }, want: { path: 'a.js', because: 'import' } },
    'of two imports the one named like the test': { failure: { frames: frames('b.test.js:1') }, changed: ['a.js', 'b.js'], texts: { 'b.test.js': "import './a.js';\nimport './b.js';" }, want: { path: 'b.js', because: 'import' } },
    'an index by the name of its folder': { failure: { frames: frames('x.test.ts:1') }, changed: ['lib/index.ts'], texts: { 'x.test.ts': "import l from './lib';" }, want: { path: 'lib/index.ts', because: 'import' } },
    'an import by an alias, below any folder': { failure: { frames: frames('x.test.ts:1') }, changed: ['packages/core/domain/sum.ts'], texts: { 'x.test.ts': "import { sum } from '#domain/sum.ts';" }, want: { path: 'packages/core/domain/sum.ts', because: 'import' } },
    'a package of a registry is no file of the workspace': { failure: { frames: frames('x.test.ts:1') }, changed: ['src/zod.ts'], texts: { 'x.test.ts': "import z from 'zod';" }, want: undefined },
    'a module of Python': { failure: { frames: frames('tests/test_x.py:1') }, changed: ['src/shop/cart.py'], texts: { 'tests/test_x.py': 'import os\nfrom shop.cart import total\n' }, want: { path: 'src/shop/cart.py', because: 'import' } },
    'a module of Python among the names that are imported': { failure: { frames: frames('tests/test_x.py:1') }, changed: ['shop/cart.py'], texts: { 'tests/test_x.py': 'from shop import stock, cart as c\n' }, want: { path: 'shop/cart.py', because: 'import' } },
    'a file of the same package of Go': { failure: { frames: frames('a/x_test.go:1') }, changed: ['b/y.go', 'a/y.go'], want: { path: 'a/y.go', because: 'import' } },
    'a twin by its name, in another folder': { failure: { frames: frames('tests/test_cart.py:1') }, changed: ['shop/cart.py'], want: { path: 'shop/cart.py', because: 'name' } },
    'no twin in another language': { failure: { frames: frames('tests/test_cart.py:1') }, changed: ['web/cart.ts'], want: undefined },
    'the test, when only it was changed': { failure: { file: 'tests/a.test.js' }, changed: ['tests/a.test.js', 'README.md'], want: { path: 'tests/a.test.js', because: 'itself' } },
    'nobody is blamed without a sign': { failure: { frames: frames('a.test.ts:1') }, changed: ['docs/z.md'], want: undefined },
    'nobody is blamed when nothing was changed': { failure: { frames: frames('a.ts:1') }, changed: [], want: undefined },
    'a failure without a place has no cause': { failure: {}, changed: ['a.ts'], want: undefined },
  };
  test.each(Object.entries(cases))('%s', (_, { failure: given, changed, texts = {}, want }) => {
    expect(analyse([failure(given)], { paths: changed, textOf: (path) => texts[path] })[0]?.suspected).toEqual(want);
  });

  test('the test file is the outermost place that is named like one', () => {
    expect(testFileOf(failure({ file: 'a.ts', frames: frames('a.ts:1', 'help.test.ts:2', 'x.spec.ts:3', 'run.ts:4') }))).toBe('x.spec.ts');
    expect(testFileOf(failure({ file: 'src/latest.ts', frames: frames('src/latest.ts:1') }))).toBe('src/latest.ts');
  });
});

describe('places', () => {
  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map(removeTree)));
  const workspace = async () => {
    const folder = await folderWith({ 'src/a.ts': '', 'pkg/b.go': '' });
    folders.push(folder);
    return folder;
  };

  test('absolute paths of the sandbox and paths below a package become paths of the workspace', async () => {
    const located = await locateFailures(await workspace(), [failure({ file: '/box/files/src/a.ts', line: 3, frames: frames('/box/files/src/a.ts:3', 'example.org/m/pkg/b.go:4', '/usr/lib/x.js:1') })]);
    expect(located[0]).toMatchObject({ file: 'src/a.ts', line: 3, frames: frames('src/a.ts:3', 'pkg/b.go:4', '/usr/lib/x.js:1') });
  });

  test('a file that only the run made is told below the same root', async () => {
    const located = await locateFailures(await workspace(), [failure({ file: '/box/files/src/a.ts' }), failure({ file: '/box/files/made/c.ts' })]);
    expect(located.map(({ file }) => file)).toEqual(['src/a.ts', 'made/c.ts']);
  });

  test('the same place told in two ways is one', async () => {
    const located = await locateFailures(await workspace(), [failure({ frames: frames('/box/src/a.ts:3', 'src/a.ts:3') })]);
    expect(located[0]?.frames).toEqual(frames('src/a.ts:3'));
  });

  test('a way up is left as it was printed', async () => {
    const located = await locateFailures(await workspace(), [failure({ file: '../../etc/passwd' })]);
    expect(located[0]?.file).toBe('../../etc/passwd');
  });
});

describe('the report', () => {
  const suspected: Suspect = { path: 'src/add.ts', because: 'import' };
  const one: Analysed = { ...failure({ test: 'add > sums', file: 'add.test.ts', line: 12, frames: frames('add.test.ts:12') }), suspected };
  const reading = { counts: { passed: 40, failed: 1, skipped: 0 }, failureClass: 'assertion' } as const;

  const sentences: Record<string, { failures: readonly Analysed[]; reading: Parameters<typeof sentence>[1]; want: string }> = {
    'counts, place, message and the likely cause': { failures: [one], reading, want: '1 of 41 tests failed: add.test.ts:12 expected 3, got 4. likely cause: src/add.ts (changed, and imported by the test)' },
    'the gravest first, the rest as a number': {
      failures: [1, 2, 3, 4, 5].map((line) => failure({ file: 'a.py', line, class: line === 5 ? 'crash' : 'assertion' })),
      reading: { counts: { passed: 0, failed: 5, skipped: 0 }, failureClass: 'crash' },
      want: '5 of 5 tests failed, the tests crashed: a.py:5 expected 3, got 4; a.py:1 expected 3, got 4; a.py:2 expected 3, got 4; and 2 more',
    },
    'a compile error without counts': { failures: [failure({ class: 'compileError', message: 'no such name', test: 'b.test.ts' })], reading: { counts: undefined, failureClass: 'compileError' }, want: 'tests cannot be loaded: b.test.ts no such name' },
    'a missing tool says what to do': { failures: [failure({ class: 'missingTool', message: 'no pytest' })], reading: { counts: undefined, failureClass: 'missingTool' }, want: 'the tests cannot run here; use an agent image that has the tool: no pytest' },
  };
  test.each(Object.entries(sentences))('in one sentence: %s', (_, { failures, reading: read, want }) => expect(sentence(failures, read)).toBe(want));

  const artifact = (name: string, failures: readonly Analysed[]) => {
    const found = failureArtifacts(failures, reading).find((produced) => produced.name === name);
    return Buffer.from(found?.bytes ?? []).toString();
  };

  test('for machines', () => {
    expect(JSON.parse(artifact('failures.json', [one]))).toEqual([{ class: 'assertion', test: 'add > sums', file: 'add.test.ts', line: 12, message: 'expected 3, got 4', stack: ['add.test.ts:12'], suspected: 'src/add.ts', because: 'import' }]);
  });

  test('for people, and nothing in it leaves its cell', () => {
    const page = artifact('failures.md', [failure({ message: 'a | b\n# <img>', test: '`x`' })]);
    expect(page).toContain(String.raw`| assertion | \`x\` |  | a \| b # \<img\> |  |`);
    expect(page.split('\n').filter((line) => line.startsWith('#'))).toEqual(['# 1 of 41 tests failed']);
  });

  test('a long list is cut in the page and whole in the JSON', () => {
    const many = Array.from({ length: 60 }, (_, index) => failure({ test: `t${index}` }));
    expect(artifact('failures.md', many)).toContain('10 more are in failures.json.');
    expect(JSON.parse(artifact('failures.json', many))).toHaveLength(60);
  });

  test('nothing is written when nothing failed', () => expect(failureArtifacts([], reading)).toEqual([]));

  test('names for the status stay small', () => {
    const names = failedTests(Array.from({ length: 300 }, (_, index) => failure({ test: `${index} ${'ü'.repeat(400)}` })));
    expect(names.length).toBeGreaterThan(2);
    expect(Buffer.byteLength(JSON.stringify(names))).toBeLessThan(1100);
  });
});
