import { mkdtemp, readdir, rm, symlink, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { resultFault } from '#domain/task/limits.ts';
import type { ActionContext, ActionResult } from '#agent-runtime/roles/action.ts';
import { artifactText, contextOver, folderWith, runIntent } from '#agent-runtime/roles/fixtures.ts';
import { analyzeCodeWith } from './analyze-code.ts';
import { openCache } from './cache.ts';
import { readFacts } from './facts.ts';
import type { Reader } from './reader/reader.ts';
import { childrenOfThis } from './reader/testing.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;

/** Reads in this process: what the child is for is tested with it. */
const readHere = (): Reader => ({ read: async (source) => ({ kind: 'read', facts: await readFacts(source) }), close: () => {} });

async function analyze(files: Files, params: JsonObject = {}, context: Partial<ActionContext> = {}): Promise<ActionResult> {
  const bound = analyzeCodeWith(readHere)(params);
  if (bound.kind === 'refused') throw new Error(bound.message);
  return bound.run({ ...contextOver(await folderWith(files)), ...context });
}

/** A function of `ways` ways over as many lines. */
const branching = (ways: number) => `function f(a) {\n${'  if (a) a();\n'.repeat(ways - 1)}}\n`;
const copied = Array.from({ length: 12 }, (_, at) => `  copied${at} = call${at}(copied, ${at});`).join('\n');
const awsKey = ['AKIA', 'Z7QW3ERT5YUI8OPA'].join('');

const counts = 'lines largestFileLines importFiles importEdges importCycles branches mostBranchesInFile complexFunctions mostComplexFunction duplicateBlocks duplicatedLines secrets dependencies findings errors warnings skippedFiles reusedFiles'.split(' ');

describe('what is observed', () => {
  const cases: Record<string, { files: Files; params?: JsonObject; want: JsonObject }> = {
    'an empty workspace measures as zeros': {
      files: {},
      want: { files: 0, languages: 0, ...Object.fromEntries(counts.map((name) => [name, 0])) },
    },
    'files, lines and languages; binary files have no lines': {
      files: { 'a.ts': 'one\ntwo', 'b/c.py': 'x\n', 'README.md': '# hi\n', 'noise.bin': Buffer.from([1, 0, 2, 10]), LICENSE: 'text\n' },
      want: { files: 5, lines: 5, languages: 3, mainLanguage: 'TypeScript', largestFileLines: 2 },
    },
    'the repository itself is not source': { files: { '.git/config': 'x\n', 'a.ts': '' }, want: { files: 1, lines: 0 } },
    'import cycles, one for each group': {
      files: { 'a.ts': `import './b.js'`, 'b.ts': `import './a'`, 'c.py': 'import d', 'd.py': 'import c', 'e.js': `import './e.js'` },
      want: { importCycles: 3, importEdges: 5, importFiles: 5, findings: 3, warnings: 3, errors: 0 },
    },
    'branches in languages with statements only': { files: { 'a.ts': 'if (a && b) {} else if (c) {}', 'b.md': 'if if if' }, want: { branches: 3, mostBranchesInFile: 3 } },
    'functions with more than 15 ways': { files: { 'a.js': branching(15), 'b.js': branching(16), 'c.js': branching(30) }, want: { complexFunctions: 2, mostComplexFunction: 30 } },
    'blocks that stand more than once': { files: { 'a.js': `f(function () {\n${copied}\n});`, 'b.js': copied, 'c.js': copied }, want: { duplicateBlocks: 1, duplicatedLines: 24 } },
    'faults and secrets': { files: { 'a.js': 'debugger;\nvar a = 1;\n', 'b.env': `KEY=${awsKey}\n` }, want: { errors: 2, secrets: 1, findings: 3 } },
    'code of others and code of tools is counted and not looked into': {
      files: { 'vendor/a.js': `debugger; k = '${awsKey}';\n`, 'node_modules/b/c.js': `import './c.js'; debugger;`, 'dist/d.js': 'debugger;', 'e.min.js': 'debugger;', 'f.ts': '// @generated\ndebugger;' },
      want: { files: 5, skippedFiles: 5, findings: 0, secrets: 0, importFiles: 0 },
    },
    'data in the shape of code is counted and not parsed': { files: { 'a.js': `${'debugger;\n'.repeat(120_000)}`, 'b.ts': Buffer.from([0, 1, 2]) }, want: { files: 2, skippedFiles: 2, findings: 0, lines: 120_000 } },
    'an area is measured alone': { files: { 'a.ts': 'x\n', 'b/c.ts': 'y\n' }, params: { area: 'b' }, want: { files: 1, lines: 1 } },
    'broken code is measured as far as it goes': { files: { 'a.ts': `import './a.ts'\nfunction f( { if (a) }}} debugger;`, 'b.py': 'def f(:\n  if x\n', 'c.rs': 'fn (', 'd.go': '}' }, want: { importCycles: 1, files: 4 } },
  };
  test.each(Object.entries(cases))('%s', async (_, { files, params, want }) => {
    const result = await analyze(files, params);
    expect(result).toMatchObject({ result: 'Succeeded', reason: 'Completed', observed: want });
    expect(resultFault(result.observed, {})).toBeUndefined();
    expect(artifactText(result, 'analysis.md')).toMatch(/^# Analysis of/);
    expect(JSON.parse(artifactText(result, 'analysis.sarif') ?? '')).toBeTypeOf('object');
  });

  test('only what was asked for', async () => {
    expect((await analyze({ 'a.ts': '' }, { measures: ['languages'] })).observed).toEqual({ files: 1, languages: 1, mainLanguage: 'TypeScript' });
    expect((await analyze({ 'a.md': 'long\n\n\n', 'b.json': '{}' }, { measures: ['languages'] })).observed).toEqual({ files: 2, languages: 2 });
    const { observed } = await analyze({ 'a.ts': `import './a.ts'; debugger;` }, { measures: ['imports'] });
    expect(observed).toEqual({ files: 1, importFiles: 1, importEdges: 1, importCycles: 1, findings: 1, errors: 0, warnings: 1, skippedFiles: 0, reusedFiles: 0 });
  });
});

describe('what is read', () => {
  test('an area that does not exist, or leads out by a link, is refused', async () => {
    const folder = await folderWith({ 'a.ts': '' });
    await symlink('/etc', join(folder, 'out'));
    for (const area of ['none', 'out', 'a.ts']) expect(await runIntent('Analyzer', 'AnalyzeCode', { area }, contextOver(folder))).toMatchObject({ result: 'Failed', reason: 'ActionRefused', message: `area ${area}: the workspace has no such folder` });
  });

  test('files that are too much for the parser are told, and the rest is read', async () => {
    const folder = await folderWith({ 'a.py': '/*\n'.repeat(30_000), 'b.ts': `import './b.ts'` });
    const lines: string[] = [];
    const result = await runIntent('Analyzer', 'AnalyzeCode', {}, { ...contextOver(folder), log: (text) => lines.push(text) });
    expect(result.observed).toMatchObject({ files: 2, skippedFiles: 1, importCycles: 1 });
    expect(lines.join('')).toContain('a.py was not analysed: its syntax is too much for the parser\n');
    expect(artifactText(result, 'analysis.md')).toContain('1 too much for the parser');
    await expect.poll(childrenOfThis).toEqual([]);
  });

  test('links are not followed', async () => {
    const folder = await folderWith({ 'a.ts': '' });
    await symlink('/etc/passwd', join(folder, 'b.ts'));
    expect((await runIntent('Analyzer', 'AnalyzeCode', {}, contextOver(folder))).observed).toMatchObject({ files: 1 });
  });

  test('large trees tell how far they are, in steps that only grow', async () => {
    const percents: number[] = [];
    await analyze(Object.fromEntries(Array.from({ length: 450 }, (_, at) => [`${at}.txt`, ''])), {}, { progress: (percent) => percents.push(percent) });
    expect(percents).toEqual([40, 80, 92]);
  });

  test('an abort ends it soon', async () => {
    const abort = new AbortController();
    const files = Object.fromEntries(Array.from({ length: 450 }, (_, at) => [`${at}.txt`, '']));
    const result = await analyze(files, {}, { signal: abort.signal, progress: () => abort.abort() });
    expect(result.observed['files']).toBeLessThan(210);
  });
});

describe('what was read before', () => {
  const sources = { 'a.ts': `import './b.ts'; debugger;\n`, 'b.ts': `import './a.ts';\n${copied}`, 'c.ts': copied, 'README.md': '# c' };

  async function cached(files: Files, folder: string) {
    const cache = await openCache({ folder, maxBytes: 1_000_000, clock: { now: () => 1_800_000_000_000 } });
    return analyze(files, {}, { cache });
  }

  test('is used again, and says the same', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'facts-'));
    const first = await cached(sources, folder);
    const second = await cached(sources, folder);
    expect(first.observed['reusedFiles']).toBe(0);
    expect(second.observed['reusedFiles']).toBe(3);
    expect({ ...second.observed, reusedFiles: 0 }).toEqual(first.observed);
    for (const name of ['analysis.md', 'analysis.sarif']) expect(artifactText(second, name)).toBe(artifactText(first, name));
    const changed = await cached({ ...sources, 'c.ts': `${copied}\nmore();`, 'd.ts': sources['c.ts'] }, folder);
    expect(changed.observed).toMatchObject({ reusedFiles: 2, importCycles: 1, duplicateBlocks: 1, duplicatedLines: 24 });
  });

  test('is read anew when what was kept is broken', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'facts-'));
    const first = await cached(sources, folder);
    for (const name of await readdir(folder)) await truncate(join(folder, name), 40);
    expect((await cached(sources, folder)).observed).toEqual(first.observed);
  });

  test('is done without when it cannot be kept', async () => {
    const first = await analyze(sources);
    const folder = await mkdtemp(join(tmpdir(), 'facts-'));
    const cache = await openCache({ folder, maxBytes: 1_000_000, clock: { now: () => 0 } });
    await rm(folder, { recursive: true });
    expect((await analyze(sources, {}, { cache })).observed).toEqual(first.observed);
  });
});

describe('the page', () => {
  const head = async (files: Files) => artifactText(await analyze(files), 'analysis.md') ?? '';

  test('begins with what is worth knowing, with place and next step', async () => {
    const page = await head({
      'src/a.ts': `import './b.ts'\n`,
      'src/b.ts': `import './c.ts'\n`,
      'src/c.ts': `\nimport './a.ts'\n`,
      'src/d.js': `\n${branching(40)}`,
      'src/e.js': copied,
      'src/f.js': copied,
    });
    const known = page.slice(page.indexOf('## Worth knowing'), page.indexOf('## ', page.indexOf('1. ')));
    expect(known.split('\n').filter((line) => /^\d\. /.test(line))).toEqual([
      expect.stringMatching(/^1\. .*Function f has 40 ways.* \(src\/d\.js:2\) Next: ./),
      expect.stringMatching(/^2\. .*3 files reach each other.*src\/a\.ts -\\> src\/b\.ts -\\> src\/c\.ts -\\> src\/a\.ts.* \(src\/a\.ts:1\) Next: ./),
      expect.stringMatching(/^3\. .*Lines 1 to 12 of src\/e\.js stand twice, next at src\/f\.js:1.* Next: ./),
    ]);
  });

  test('says nothing where there is nothing to say', async () => {
    expect(await head({ 'notes.txt': 'x' })).not.toContain('Worth knowing');
  });

  test('a secret outside tests comes first, without itself', async () => {
    const page = await head({ 'deploy.yaml': `key: ${awsKey}\n`, 'a.js': branching(40) });
    expect(page).toMatch(/\n1\. .*\(deploy\.yaml:1\)/);
    expect(page).not.toContain(awsKey);
  });

  test('a file name cannot write its own table', async () => {
    expect(await head({ 'a|b`<c>.ts': 'x' })).toContain('| a\\|b\\`\\<c\\>.ts | 1 | 1 |');
  });
});
