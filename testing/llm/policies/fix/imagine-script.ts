// The small part of node:assert and node:test that an imagined run has. It is source text: values of one context are strangers in another.

/** Declares `assert`, and `runAll(modules, roots, first)`, which gives a count that is whole once all promises have gone on. */
export const headScript = String.raw`
const same = (a, b) => {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Map || a instanceof Set) return a.size === b.size && same([...a], [...b]);
  if (a instanceof Date) return a.getTime() === b.getTime();
  const [x, y] = [Object.keys(a), Object.keys(b)];
  return x.length === y.length && x.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
};
const hold = (isTrue) => { if (!isTrue) throw new Error('it does not hold'); };
const isExpected = (error, expected) => expected === undefined || (expected instanceof RegExp ? expected.test(String(error)) : typeof expected === 'function' ? error instanceof expected : Object.entries(expected).every(([key, value]) => (value instanceof RegExp ? value.test(error[key]) : same(error[key], value))));
const assert = Object.assign((value) => hold(value), {
  ok: (value) => hold(value),
  equal: (a, b) => hold(Object.is(a, b)), strictEqual: (a, b) => hold(Object.is(a, b)),
  notEqual: (a, b) => hold(!Object.is(a, b)),
  deepEqual: (a, b) => hold(same(a, b)), deepStrictEqual: (a, b) => hold(same(a, b)),
  match: (text, pattern) => hold(pattern.test(text)),
  throws: (run, expected) => { try { run(); } catch (error) { return hold(isExpected(error, expected)); } hold(false); },
  rejects: async (from, expected) => { try { await (typeof from === 'function' ? from() : from); } catch (error) { return hold(isExpected(error, expected)); } hold(false); },
});
const runAll = (modules, roots, first) => {
  const tests = [];
  const test = (name, run) => void tests.push(run);
  test.test = test;
  const loaded = new Map();
  const load = (path) => {
    if (!loaded.has(path)) loaded.set(path, modules[path](load, assert, test));
    return loaded.get(path);
  };
  for (const path of roots) load(path);
  const count = { all: tests.length, passed: [], isCut: false };
  const order = [...new Set([...first, ...tests.keys()])];
  (async () => {
    for (const index of order) {
      try {
        await tests[index]();
        count.passed.push(index);
      } catch {
        if (first.length > 0) return void (count.isCut = true);
      }
    }
  })();
  return count;
};
`;
