import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, syntaxOf } from '#agent-runtime/roles/analyzer/syntax.ts';
import { namesFiles, readAliases } from './aliases.ts';
import { findCycles } from './cycles.ts';
import { type ImportGraph, linkImports } from './graph.ts';
import { pythonImports } from './read-python.ts';
import { scriptImports } from './read-scripts.ts';
import type { ImportStatement } from './statement.ts';

async function graphOf(files: Readonly<Record<string, string>>): Promise<ImportGraph> {
  const statements = new Map<string, readonly ImportStatement[]>();
  for (const [path, text] of Object.entries(files)) {
    const syntax = syntaxOf(path);
    if (syntax !== undefined) statements.set(path, await parse(syntax, text).then(syntax === 'python' ? pythonImports : scriptImports));
  }
  const aliases = readAliases(new Map(Object.entries(files).filter(([path]) => namesFiles(path))));
  return linkImports(statements, { files: new Set(statements.keys()), aliases });
}

/** Loops as `a -> b`, without the step back. */
const loops = ({ cycles }: ImportGraph) => cycles.map(({ loop }) => loop.map(({ path, line }) => `${path}:${line}`).join(' -> '));

const cases: Record<string, { files: Record<string, string>; edges: number; loops?: readonly string[] }> = {
  'a cycle through .js names and folders': {
    files: { 'a.ts': `\nimport { b } from './b/index.js'`, 'b/index.ts': `export * from '../c'`, 'c.ts': `const x = require('./a')` },
    edges: 3,
    loops: ['a.ts:2 -> b/index.ts:1 -> c.ts:1'],
  },
  'the shortest way round is told': {
    files: { 'a.ts': `import './b'\nimport './d'`, 'b.ts': `import './c'`, 'c.ts': `import './a'`, 'd.ts': `import './a'\nimport './c'` },
    edges: 6,
    loops: ['a.ts:2 -> d.ts:1'],
  },
  'imports that run later close no cycle': { files: { 'a.ts': `import './b.ts'`, 'b.ts': `await import('./a.ts')` }, edges: 2 },
  'imports of types alone are no edges': { files: { 'a.ts': `import type { B } from './b.ts'`, 'b.ts': `import { a } from './a.ts'` }, edges: 1 },
  'a load after a later one counts': { files: { 'a.ts': `import('./b.ts')\nimport './b.ts'`, 'b.ts': `import './a.ts'` }, edges: 2, loops: ['a.ts:2 -> b.ts:1'] },
  'a file that imports itself': { files: { 'a.js': `import './a.js'` }, edges: 1, loops: ['a.js:1'] },
  'packages, built-ins and what is missing are no edges': { files: { 'a.ts': `import fs from 'node:fs'; import z from 'zod'; import './missing.ts'; import '/b.ts'`, 'b.ts': '' }, edges: 0 },
  'the file itself comes before its folder': { files: { 'a.ts': `import './b'`, 'b.ts': '', 'b/index.ts': `import '../a'` }, edges: 2 },
  'subpath imports, by conditions and patterns': {
    files: { 'package.json': '{"imports":{"#*":{"types":"./no.d.ts","default":"./src/*"},"#db":"./src/deep/db.ts"}}', 'src/a.ts': `import '#b.ts'; import '#db'`, 'src/b.ts': '', 'src/deep/db.ts': `import '#a.ts'` },
    edges: 3,
    loops: ['src/a.ts:1 -> src/deep/db.ts:1'],
  },
  'paths and baseUrl of tsconfig, with comments, inherited': {
    files: { 'tsconfig.base.json': '{ /* a */ "compilerOptions": { "baseUrl": ".", "paths": { "@lib/*": ["lib/*"], }, } // b\n}', 'app/tsconfig.json': '{"extends":"../tsconfig.base.json"}', 'app/a.ts': `import '@lib/b'; import 'lib/c'`, 'lib/b.ts': '', 'lib/c.ts': '' },
    edges: 2,
  },
  'names of workspace packages lead to their sources': {
    files: {
      'package.json': '{"workspaces":["packages/*"]}',
      'packages/one/package.json': '{"name":"@x/one","main":"dist/index.js"}',
      'packages/one/src/index.ts': `import '@x/two/util'`,
      'packages/two/package.json': '{"name":"@x/two","exports":{".":"./index.js","./util":{"import":"./dist/util.js"}}}',
      'packages/two/src/util.ts': `import '@x/one'`,
    },
    edges: 2,
    loops: ['packages/one/src/index.ts:1 -> packages/two/src/util.ts:1'],
  },
  'a package that is no workspace is not what a bare name means': { files: { 'package.json': '{"workspaces":["packages/*"]}', 'fixtures/react/package.json': '{"name":"react"}', 'fixtures/react/index.js': '', 'a.js': `import 'react'` }, edges: 0 },
  'Python modules, packages and relative imports': {
    files: { 'src/app/__init__.py': '', 'src/app/main.py': 'from app import (\n  util,  # helpers\n)\nimport os, app.data as d\n', 'src/app/util.py': 'from . import main\n', 'src/app/data.py': 'from .util import helper\n' },
    edges: 4,
    loops: ['src/app/data.py:1 -> src/app/util.py:1 -> src/app/main.py:4'],
  },
  'a name of a package that is no module means the package': { files: { 'p/__init__.py': 'from p.a import x', 'p/a.py': 'from p import y', 'p/b.py': '' }, edges: 2, loops: ['p/__init__.py:1 -> p/a.py:1'] },
  'a module of a package is not found by its bare name': { files: { 'p/__init__.py': '', 'p/json.py': '', 'p/a.py': 'import json' }, edges: 0 },
  'tests beside src find the package': { files: { 'src/app/__init__.py': '', 'src/app/core.py': '', 'tests/test_core.py': 'from app.core import f\nfrom app import core' }, edges: 1 },
  'scripts find their neighbours': { files: { 'tools/a.py': 'import b', 'tools/b.py': '' }, edges: 1 },
  'parents of the parent': { files: { 'p/q/a.py': 'from ..r import b\nfrom ... import c', 'p/r.py': '', 'c.py': '' }, edges: 2 },
};
test.each(Object.entries(cases))('%s', async (_, { files, edges, loops: want = [] }) => {
  const graph = await graphOf(files);
  expect(graph.edges).toBe(edges);
  expect(loops(graph)).toEqual(want);
});

test('what much rests on, and what stands alone', async () => {
  const graph = await graphOf({ 'a.ts': `import './c'`, 'b.ts': `import './c'; import './a'`, 'c.ts': '', 'd.ts': '', 'e.ts': `import './e'`, 'f.ts': '', 'g.ts': `import type { F } from './f.ts'` });
  expect(graph.imported).toEqual([{ path: 'c.ts', importers: 2 }, { path: 'a.ts', importers: 1 }, { path: 'f.ts', importers: 1 }]);
  expect(graph.alone).toEqual(['d.ts']);
});

test('files that are no manifests give no names', () => {
  for (const text of ['', '[', '{"imports":7}', '{"imports":{"#a":[[[[[[[["./a"]]]]]]]]}}', 'null', '{"name":{}}', '"/*']) expect(readAliases(new Map([['package.json', text], ['tsconfig.json', text]])).size).toBeLessThan(3);
});

describe('cycles', () => {
  test('groups are those nodes that reach each other', () => {
    const graph = fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 20 });
    fc.assert(
      fc.property(graph, (pairs) => {
        const edges = new Map<string, string[]>();
        for (const [from, to] of pairs) edges.set(`${from}`, [...(edges.get(`${from}`) ?? []), `${to}`]);
        const cyclic = [...edges.keys()].filter((node) => reaches(edges, node, node));
        expect(findCycles(edges).flat().toSorted()).toEqual(cyclic.toSorted());
        for (const group of findCycles(edges)) for (const a of group) for (const b of group) expect(reaches(edges, a, b) || (a === b && group.length === 1)).toBe(true);
      }),
    );
  });

  test('a loop is a way round its members that starts at the first', () => {
    const graph = fc.array(fc.tuple(fc.nat(6), fc.nat(6)), { maxLength: 20 });
    fc.assert(
      fc.property(graph, (pairs) => {
        const files = new Set(Array.from({ length: 7 }, (_, at) => `${at}.ts`));
        const statements = new Map([...files].map((path): [string, ImportStatement[]] => [path, pairs.filter(([from]) => `${from}.ts` === path).map(([, to]) => ({ line: 1, when: 'load', target: { kind: 'script', specifier: `./${to}` } }))]));
        for (const { members, loop } of linkImports(statements, { files, aliases: new Map() }).cycles) {
          expect(loop[0]?.path).toBe(members[0]);
          loop.forEach(({ path }, at) => expect(pairs.some(([from, to]) => `${from}.ts` === path && `${to}.ts` === (loop[at + 1] ?? loop[0])?.path)).toBe(true));
        }
      }),
    );
  });

  test('a chain of 100,000 files is no danger to the stack', () => {
    expect(findCycles(new Map(Array.from({ length: 100_000 }, (_, node) => [`${node}`, [`${(node + 1) % 100_000}`]])))).toHaveLength(1);
  });

  function reaches(edges: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
    const seen = new Set<string>();
    const next = [...(edges.get(from) ?? [])];
    for (let node = next.pop(); node !== undefined; node = next.pop()) {
      if (node === to) return true;
      if (!seen.has(node)) next.push(...(edges.get(node) ?? []));
      seen.add(node);
    }
    return false;
  }
});
