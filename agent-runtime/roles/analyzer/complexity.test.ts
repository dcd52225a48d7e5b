import { expect, test } from 'vitest';
import { measureComplexity, mostWays } from './complexity.ts';
import { parse, type SyntaxLanguage } from './syntax.ts';

const measured = async (language: SyntaxLanguage, text: string) => measureComplexity(language, await parse(language, text));

/** Function name to number of ways. */
const cases: Record<string, { language: SyntaxLanguage; text: string; want: Readonly<Record<string, number>> }> = {
  'a straight function has one way': { language: 'typescript', text: 'function f() { a(); b(); }', want: { f: 1 } },
  'each branch of a script is a way': { language: 'javascript', text: 'function f(a) { if (a) {} else if (b) {} for (;;) {} for (const x of a) {} while (a) {} do {} while (a); try {} catch {} return a ? 1 : 2 }', want: { f: 9 } },
  'logical operators are ways, others are none': { language: 'typescript', text: 'const f = () => (a && b) || (c ?? d) + (e | g) - (x?.y ?? z)', want: { f: 5 } },
  'labels that share a body are one way, default is none': { language: 'javascript', text: 'function f(a) { switch (a) { case 1: case 2: return 3; case 4: return 5; default: return 6 } }', want: { f: 3 } },
  'functions inside count for themselves': { language: 'typescript', text: 'function outer() { if (a) {} return xs.map(function inner(x) { return x ? y : z && w }) }', want: { inner: 3, outer: 2 } },
  'what is assigned gives the name': { language: 'typescript', text: 'const a = () => b ? 1 : 2; class C { d = () => e || f || g; get h() { return 1 } }; const o = { i: function () { if (x) if (y) if (z) w() } }', want: { i: 4, d: 3, a: 2, h: 1 } },
  'branches outside functions belong to none': { language: 'tsx', text: 'if (a) {}\nconst f = () => <b>{c && d}</b>', want: { f: 2 } },
  'Python': { language: 'python', text: 'def f(a):\n  if a and b or not c: pass\n  elif d: pass\n  else: pass\n  for x in a: pass\n  while a: pass\n  try: pass\n  except E: pass\n  except: pass\n  finally: pass\n  return 1 if a else 2\n', want: { f: 10 } },
  'cases of Python, without the default': { language: 'python', text: 'def f(a):\n  match a:\n    case 1: pass\n    case [x, _] if x: pass\n    case _: pass\n', want: { f: 3 } },
  'lambdas count for themselves': { language: 'python', text: 'def f(a):\n  key = lambda x: x or y or z\n  return key', want: { key: 3, f: 1 } },
  'Go': { language: 'go', text: 'package p\nfunc (r *R) F(a int) {\n if a > 0 && b || c {\n } else if d {\n }\n for range x {\n }\n switch a {\n case 1, 2:\n  g()\n case 3:\n default:\n  h()\n }\n select {\n case <-c:\n  g()\n }\n func() { if a { } }()\n}', want: { F: 8, '': 2 } },
  'Rust': { language: 'rust', text: 'fn f(a: i32) { if a > 0 && b || c {} else if let Some(x) = y {} for x in a {} while a {} loop {} match a { 1 | 2 => 1, 3 if b => 2, _ => 4 }; xs.map(|x| x && y); }', want: { f: 10, '': 2 } },
};
test.each(Object.entries(cases))('%s', async (_, { language, text, want }) => {
  const { functions, most } = await measured(language, text);
  expect(Object.fromEntries(most.map(({ name, complexity }) => [name, complexity]))).toEqual(Object.fromEntries(Object.entries(want).slice(0, 3)));
  expect(functions).toBe(Object.keys(want).length);
});

test('a function is placed by its lines', async () => {
  expect((await measured('python', '\n@cached\ndef f(a):\n  if a:\n    pass\n')).most).toEqual([{ name: 'f', line: 3, endLine: 5, complexity: 2 }]);
});

test('all functions above the bound are kept, and three of the others', async () => {
  const text = (ways: number) => `function f${ways}() { ${'if (a) b();'.repeat(ways - 1)} }`;
  const { functions, most } = await measured('javascript', Array.from({ length: mostWays + 5 }, (_, at) => text(at + 1)).join('\n'));
  expect(functions).toBe(20);
  expect(most.map(({ complexity }) => complexity)).toEqual([20, 19, 18, 17, 16]);
  expect((await measured('javascript', [1, 2, 3, 4, 5].map(text).join('\n'))).most.map(({ complexity }) => complexity)).toEqual([5, 4, 3]);
});

test('broken code is measured as far as it goes', async () => {
  expect((await measured('typescript', 'function f() { if (a) { } } }}} ((( function g() { while (')).functions).toBeGreaterThanOrEqual(1);
});
