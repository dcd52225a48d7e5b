import { describe, expect, test } from 'vitest';
import { parse } from '#agent-runtime/roles/analyzer/syntax.ts';
import { pythonImports } from './read-python.ts';
import { scriptImports } from './read-scripts.ts';

const scripts: Record<string, { text: string; load?: readonly string[]; later?: readonly string[]; never?: readonly string[] }> = {
  'default, named and namespace imports': { text: `import a, { b } from 'x';\nimport * as c from "y"\nexport { d } from 'z'\nexport * from 'w'`, load: ['x', 'y', 'z', 'w'] },
  'imports for their effect': { text: `import './effect.ts'`, load: ['./effect.ts'] },
  'lists over several lines, with comments': { text: `import {\n  a, // one\n  /* two */\n  b,\n} from './many.ts';`, load: ['./many.ts'] },
  'a value import named type': { text: `import type from './type.ts'`, load: ['./type.ts'] },
  'an inline type beside a value': { text: `import { type A, b } from './mixed.ts'`, load: ['./mixed.ts'] },
  'a default beside inline types': { text: `import a, { type B } from './default.ts'`, load: ['./default.ts'] },
  'types alone never run': { text: `import type { A } from './a.ts'; import { type B } from './b.ts'; export type { C } from './c.ts'; export { type D } from './d.ts'; import type * as e from './e.ts'`, never: ['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts'] },
  'comments and texts are none': { text: `// import a from 'x'\n/* import b from 'y' */ const c = "import d from 'z'"; \`import e from 'v'\`` },
  'require of a literal': { text: `const a = require('./a'); import b = require('./b'); require(c); require.resolve('./d')`, load: ['./a', './b'] },
  'require inside a function runs later': { text: `function f() { return require('./a'); }require('./b')`, load: ['./b'], later: ['./a'] },
  'dynamic imports run later': { text: "await import('./a'); import(`./b`); import(`./${c}`)", later: ['./a', './b'] },
  'broken code says what it still can': { text: `import { a } from './a.ts'\nconst = (((\nrequire('./b')`, load: ['./a.ts', './b'] },
};
test.each(Object.entries(scripts))('%s', async (_, { text, load = [], later = [], never = [] }) => {
  const found = scriptImports(await parse('typescript', text)).map(({ when, target }) => [when, target.kind === 'script' && target.specifier]);
  const named = (wanted: string) => found.filter(([when]) => when === wanted).map(([, name]) => name);
  expect({ load: named('load'), later: named('later'), never: named('never') }).toEqual({ load, later, never });
});

const modules: Record<string, { text: string; load?: readonly string[]; later?: readonly string[]; never?: readonly string[] }> = {
  'modules by name': { text: 'import os, app.data as d', load: ['os:', 'app.data:'] },
  'names from modules': { text: 'from app.core import (\n  a,  # one\n  b as c,\n)', load: ['app.core:a,b'] },
  'relative imports': { text: 'from . import a\nfrom .b import c\nfrom ... import d\nfrom ..e.f import *', load: ['.:a', '.b:c', '...:d', '..e.f:'] },
  'imports inside functions run later': { text: 'def f():\n  import a\nclass C:\n  import b\n  async def g(self):\n    from c import d\n', load: ['b:'], later: ['a:', 'c:d'] },
  'a fallback at module level runs': { text: 'try:\n  import a\nexcept ImportError:\n  import b\nif x:\n  import c\n', load: ['a:', 'b:', 'c:'] },
  'what is for type checkers never runs, its else does': { text: 'if TYPE_CHECKING:\n  import a\n  from b import c\nelse:\n  import d\nif typing.TYPE_CHECKING:\n  import e\nif not TYPE_CHECKING:\n  import f\nif TYPE_CHECKING:\n  def f():\n    import g\n', load: ['d:', 'f:'], never: ['a:', 'b:c', 'e:', 'g:'] },
  'the future is none, nor are texts': { text: 'from __future__ import annotations\n"""\nimport a\n"""\n# import b' },
};
test.each(Object.entries(modules))('%s', async (_, { text, load = [], later = [], never = [] }) => {
  const found = pythonImports(await parse('python', text)).map(({ when, target }) => [when, target.kind === 'python' && `${'.'.repeat(target.dots)}${target.module}:${target.names.join(',')}`]);
  const named = (wanted: string) => found.filter(([when]) => when === wanted).map(([, name]) => name);
  expect({ load: named('load'), later: named('later'), never: named('never') }).toEqual({ load, later, never });
});

describe('the line of an import', () => {
  test('is where its statement begins', async () => {
    expect(scriptImports(await parse('typescript', `\nimport {\n a } from 'x';\n\nrequire('y')`)).map(({ line }) => line)).toEqual([2, 5]);
    expect(pythonImports(await parse('python', '\n\nfrom a import (\n b,\n c)\nimport d\n')).map(({ line }) => line)).toEqual([3, 6]);
  });
});

test('deep code takes no quadratic time', async () => {
  const startedAt = process.cpuUsage().user;
  const depth = 10_000;
  expect(scriptImports(await parse('javascript', `${'function f() {'.repeat(depth)}require('./a')${'}'.repeat(depth)}`))).toMatchObject([{ when: 'later' }]);
  await parse('python', 'import '.repeat(100_000)).then(pythonImports);
  expect(process.cpuUsage().user - startedAt).toBeLessThan(10_000_000);
});
