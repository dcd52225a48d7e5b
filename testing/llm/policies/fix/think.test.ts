import { describe, expect, test } from 'vitest';
import { think } from './think.ts';
import { thoughtAbout } from './thought.ts';

const head = "import assert from 'node:assert/strict';\nimport test from 'node:test';\n";

function known(source: string, imported: string, checks: string) {
  const files = [['src/a.js', source], ['test/a.test.js', `${head}import { ${imported} } from '../src/a.js';\ntest('${imported}', async () => { ${checks} });\n`]] as const;
  return { files, sources: ['src/a.js'], output: `1 failed: ${imported}`, wanted: 1 };
}

/** A faulty line of a function, and what it has to become. */
const mends: Record<string, { source: string; name: string; checks: string; want: string }> = {
  'a missing await': { source: 'export async function f(get) {\n  const value = get();\n  return value + 1;\n}\n', name: 'f', checks: 'assert.equal(await f(async () => 1), 2); assert.equal(await f(async () => 4), 5);', want: '  const value = await get();' },
  'a missing default': { source: 'export function f(map, key) {\n  return map[key];\n}\n', name: 'f', checks: 'assert.equal(f({ a: 1 }, "a"), 1); assert.equal(f({}, "a"), 0);', want: '  return map[key] ?? 0;' },
  'a missing null check': { source: 'export function f(item) {\n  return item.name.first;\n}\n', name: 'f', checks: 'assert.equal(f({}), undefined); assert.equal(f({ name: { first: 1 } }), 1);', want: '  return item.name?.first;' },
  'swapped arguments': { source: 'const less = (a, b) => a - b;\nexport function f(x, y) {\n  return less(y, x);\n}\n', name: 'f', checks: 'assert.equal(f(5, 3), 2); assert.equal(f(3, 5), -2);', want: '  return less(x, y);' },
  'an order of texts': { source: 'export function f(values) {\n  return values.toSorted();\n}\n', name: 'f', checks: 'assert.deepEqual(f([10, 9]), [9, 10]); assert.deepEqual(f([1, 100, 20]), [1, 20, 100]);', want: '  return values.toSorted((a, b) => a - b);' },
  'a mutation of the input': { source: 'export function f(values) {\n  return values.reverse();\n}\n', name: 'f', checks: 'const v = [1, 2]; assert.deepEqual(f(v), [2, 1]); assert.deepEqual(v, [1, 2]);', want: '  return values.toReversed();' },
  'a missing case': { source: "const known = ['a', 'b'];\nexport function f(x) {\n  return known.includes(x);\n}\n", name: 'f', checks: "assert.equal(f('c'), true); assert.equal(f('x'), false);", want: "const known = ['a', 'b', 'c'];" },
  'an open pattern': { source: 'export function f(text) {\n  return /^\\d+/.test(text);\n}\n', name: 'f', checks: "assert.equal(f('1a b'), false); assert.equal(f('12'), true); assert.equal(f('12a'), false); assert.equal(f('a'), false); assert.equal(f('0x1'), false);", want: '  return /^\\d+$/.test(text);' },
  'a wrong sign': { source: 'export function f(x) {\n  return { sum: x };\n}\n', name: 'f', checks: 'assert.deepEqual(f(3), { sum: -3 });', want: '  return { sum: -x };' },
  'a wrong property': { source: 'export function f(x) {\n  return x.width * x.width;\n}\nexport const g = (x) => x.height;\n', name: 'f', checks: 'assert.equal(f({ width: 2, height: 5 }), 10);', want: '  return x.height * x.width;' },
  'a cache that is not emptied': { source: 'const known = new Map();\nconst items = [];\nexport function f(x) {\n  if (!known.has("n")) known.set("n", items.length);\n  return known.get("n");\n}\nexport function drop() {\n  items.pop();\n  known.clear();\n}\nexport function add(x) {\n  items.push(x);\n}\n', name: 'f, add', checks: 'add(1); assert.equal(f(), 1); add(2); assert.equal(f(), 2);', want: '  known.clear();' },
  'a limit that is off by a few': { source: 'export function f(text) {\n  return text.slice(0, 18);\n}\n', name: 'f', checks: 'assert.equal(f("x".repeat(30)).length * 2, 44);', want: '  return text.slice(0, 22);' },
  'an index that is off by a few': { source: 'export function f(list, at) {\n  return list[at];\n}\n', name: 'f', checks: 'const v = [9, 8, 7, 6, 5]; assert.equal(f(v, 0), 6); assert.equal(f(v, 1), 5);', want: '  return list[(at + 3)];' },
  'a length that is one too long': { source: 'export function f(list) {\n  return list[list.length];\n}\n', name: 'f', checks: 'assert.equal(f([3, 2]), 2); assert.equal(f([3, 2, 7]), 7);', want: '  return list[(list.length - 1)];' },
  'a fraction with its point elsewhere': { source: 'export function f(x) {\n  return x * 0.05;\n}\n', name: 'f', checks: 'assert.equal(f(10), 5); assert.equal(f(4), 2);', want: '  return x * 0.5;' },
  'an operator in a hole of a template': { source: 'export function f(a, b) {\n  return `${a - b} - all`;\n}\n', name: 'f', checks: 'assert.equal(f(2, 3), "5 - all");', want: '  return `${a + b} - all`;' },
  'a default that only the tests know': { source: 'export function f(map, key) {\n  return map[key];\n}\n', name: 'f', checks: "assert.equal(f({ a: 1 }, 'a'), 1); assert.equal(f({}, 'a'), 'none');", want: "  return map[key] ?? 'none';" },
  'a parameter without its default': { source: 'export function f(text, width) {\n  return text.padEnd(width);\n}\n', name: 'f', checks: 'assert.equal(f("a").length, 6); assert.equal(f("a", 3), "a  ");', want: 'export function f(text, width = 6) {' },
  'a wrong word': { source: "export function f(x) {\n  return x ? 'yes' : 'no';\n}\n", name: 'f', checks: "assert.equal(f(true), 'yes'); assert.equal(f(false), 'maybe');", want: "  return x ? 'yes' : 'maybe';" },
};
test.each(Object.entries(mends))('mends %s', (_, { source, name, checks, want }) => {
  expect(think(known(source, name, checks))?.good.map(({ after }) => after.split('\n').at(-1))).toEqual([want]);
});

const faulty = known('export function f(a, b) {\n  return a - b;\n}\n', 'f', 'assert.equal(f(2, 3), 5);');

describe('a thought', () => {
  test('knows edits that do not help, for whoever errs', () => {
    const thought = think(faulty);
    expect(thought?.good).toEqual([{ path: 'src/a.js', before: '  return a - b;', after: '  return a + b;' }]);
    expect(thought?.bad.length).toBeGreaterThan(3);
    expect(thought?.bad.filter(({ after }) => after.includes('a + b'))).toEqual([]);
  });

  test('is no thought when nothing fails, or a file was not read', () => {
    expect(think({ ...faulty, files: [['src/a.js', 'export const f = (a, b) => a + b;\n'], ...faulty.files.slice(1)] })).toBeUndefined();
    expect(think({ ...faulty, files: faulty.files.slice(1) })).toBeUndefined();
  });

  test('comes from a thread at once, and bears promises that nobody waits for', () => {
    const source = 'export async function f() {\n  void Promise.reject(new Error("lost"));\n  return 1;\n}\n';
    expect(thoughtAbout(known(source, 'f', 'assert.equal(await f(), 2);'))?.good[0]?.after).toBe('  return 2;');
    expect(thoughtAbout(faulty)).toEqual(think(faulty));
  });
});
