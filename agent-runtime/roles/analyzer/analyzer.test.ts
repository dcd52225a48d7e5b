import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { artifactText, contextOver, folderWith, runIntent } from '#agent-runtime/roles/fixtures.ts';
import { findCycles } from './cycles.ts';
import { countLines } from './files.ts';
import { pythonImports, scriptImports } from './imports.ts';

const analyze = async (files: Record<string, string | Uint8Array>, params: JsonObject = {}) => runIntent('Analyzer', 'AnalyzeCode', params, contextOver(await folderWith(files)));

describe('AnalyzeCode', () => {
  const cases: Record<string, { files: Record<string, string | Uint8Array>; params?: JsonObject; want: JsonObject }> = {
    'an empty workspace measures as zeros': {
      files: {},
      want: { files: 0, lines: 0, languages: 0, largestFileLines: 0, importCycles: 0, importEdges: 0, importFiles: 0, branches: 0, mostBranchesInFile: 0 },
    },
    'files, lines and languages are counted; binary files have no lines': {
      files: { 'a.ts': 'one\ntwo', 'b/c.py': 'x\n', 'README.md': '# hi\n', 'noise.bin': Buffer.from([1, 0, 2, 10]), LICENSE: 'text\n' },
      want: { files: 5, lines: 5, languages: 3, largestFileLines: 2 },
    },
    'the repository itself is not source': { files: { '.git/config': 'x\n', 'a.ts': '' }, want: { files: 1, lines: 0 } },
    'a cycle through .js names and folders is one cycle': { files: { 'a.ts': `import { b } from './b/index.js'`, 'b/index.ts': `export * from '../c'`, 'c.ts': `const x = require('./a')` }, want: { importCycles: 1, importEdges: 3, importFiles: 3 } },
    'type-only imports close no cycle': { files: { 'a.ts': `import type { B } from './b.ts'`, 'b.ts': `import { a } from './a.ts'` }, want: { importCycles: 0, importEdges: 1 } },
    'subpath imports of package.json are followed': { files: { 'package.json': '{"imports":{"#*":"./*"}}', 'x/a.ts': `import '#y/b.ts'`, 'y/b.ts': `await import('#x/a.ts')` }, want: { importCycles: 1, importEdges: 2 } },
    'packages and built-ins are no edges': { files: { 'a.ts': `import fs from 'node:fs'; import z from 'zod'; import './missing.ts'` }, want: { importEdges: 0 } },
    'Python modules, packages and relative imports are followed': {
      files: { 'src/app/__init__.py': '', 'src/app/main.py': 'from app import (\n  util,  # helpers\n)\nimport os, app.data as d\n', 'src/app/util.py': 'from . import main\n', 'src/app/data.py': 'from .util import helper\n' },
      want: { importCycles: 1, importEdges: 4 },
    },
    'a file that imports itself is a cycle': { files: { 'a.js': `import './a.js'` }, want: { importCycles: 1 } },
    'branches are counted in languages with statements only': { files: { 'a.ts': 'if (a && b) {} else if (c) {}', 'b.md': 'if if if' }, want: { branches: 3, mostBranchesInFile: 3 } },
    'an area is measured alone': { files: { 'a.ts': 'x\n', 'b/c.ts': 'y\n' }, params: { area: 'b' }, want: { files: 1, lines: 1 } },
  };
  test.each(Object.entries(cases))('%s', async (_, { files, params, want }) => {
    const result = await analyze(files, params);
    expect(result).toMatchObject({ result: 'Succeeded', reason: 'Completed', observed: want });
    expect(artifactText(result, 'analysis.md')).toMatch(/^# Analysis of/);
  });

  test('only the measures that were asked for are observed', async () => {
    expect((await analyze({ 'a.ts': '' }, { measures: ['languages'] })).observed).toEqual({ files: 1, languages: 1 });
  });

  test('an area that does not exist, or leads out by a link, is refused', async () => {
    const folder = await folderWith({ 'a.ts': '' });
    await symlink('/etc', join(folder, 'out'));
    for (const area of ['none', 'out', 'a.ts']) expect(await runIntent('Analyzer', 'AnalyzeCode', { area }, contextOver(folder))).toMatchObject({ result: 'Failed', reason: 'ActionRefused', message: `area ${area}: the workspace has no such folder` });
  });

  test('links are not followed', async () => {
    const folder = await folderWith({ 'a.ts': '' });
    await symlink('/etc/passwd', join(folder, 'b.ts'));
    expect((await runIntent('Analyzer', 'AnalyzeCode', {}, contextOver(folder))).observed).toMatchObject({ files: 1 });
  });

  test('a file name cannot write its own table', async () => {
    expect(artifactText(await analyze({ 'a|b`<c>.ts': 'x' }), 'analysis.md')).toContain('| a\\|b\\`\\<c\\>.ts | 1 | 1 |');
  });
});

describe('imports', () => {
  const scripts: Record<string, { text: string; want: readonly string[] }> = {
    'default, named and namespace imports': { text: `import a, { b } from 'x';\nimport * as c from "y"\nexport { d } from 'z'`, want: ['x', 'y', 'z'] },
    'lists over several lines': { text: `import {\n  a,\n  b,\n} from './many.ts';`, want: ['./many.ts'] },
    'a value import named type': { text: `import type from './type.ts'`, want: ['./type.ts'] },
    'an inline type beside a value': { text: `import { type A, b } from './mixed.ts'`, want: ['./mixed.ts'] },
    'commented lines are no imports': { text: `// import a from 'x'\n * import b from 'y'`, want: [] },
  };
  test.each(Object.entries(scripts))('%s', (_, { text, want }) => expect(scriptImports(text).map((found) => found.kind === 'script' && found.specifier)).toEqual(want));

  test('hostile texts take no quadratic time', () => {
    const startedAt = process.cpuUsage().user;
    for (const text of ['import '.repeat(100_000), 'import\n'.repeat(100_000), 'from . import ('.repeat(50_000)]) expect([...scriptImports(text), ...pythonImports(text)].length).toBeLessThan(100_000);
    expect(process.cpuUsage().user - startedAt).toBeLessThan(10_000_000);
  });
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

test('lines are counted like people do', () => {
  expect(['', 'a', 'a\n', 'a\nb', '\n\n'].map(countLines)).toEqual([0, 1, 1, 2, 2]);
});

describe('CountPatterns', () => {
  test('counts literal texts, with their places', async () => {
    const folder = await folderWith({ 'a.ts': 'x.*y\nx.*y x.*y\n', 'b/c.md': 'no xzy here, but x.*y\n' });
    const result = await runIntent('Analyzer', 'CountPatterns', { patterns: [{ name: 'dots', text: 'x.*y' }, { name: 'none', text: 'zzz' }] }, contextOver(folder));
    expect(result.observed).toEqual({ dots: 4, none: 0 });
    expect(artifactText(result, 'patterns.md')).toContain('| a.ts:2 | x.\\*y x.\\*y |');
    expect(artifactText(result, 'patterns.md')).toContain('| b/c.md:1 |');
  });
});

describe('WriteReport', () => {
  test('lists inputs, objects field by field', async () => {
    const context = contextOver('/', { inputs: { files: 3, clean: true, tests: { passed: 2, names: ['a', 'b'] }, none: null } });
    const result = await runIntent('Analyzer', 'WriteReport', { title: 'State of *it*' }, context);
    expect(artifactText(result, 'report.md')).toBe('# State of \\*it\\*\n\n| Result | Value |\n| --- | --- |\n| files | 3 |\n| clean | true |\n| tests.passed | 2 |\n| tests.names | a, b |\n| none | null |\n');
    expect(result.observed).toEqual({ rows: 5 });
  });
});
