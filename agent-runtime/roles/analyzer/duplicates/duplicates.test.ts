import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, type SyntaxLanguage } from '#agent-runtime/roles/analyzer/syntax.ts';
import { findDuplicates } from './find.ts';
import { hashOf, tokenize } from './tokens.ts';
import { type Piece, windowWidth } from './windows.ts';

/** Ten lines of 7 tokens with names of their own. */
const block = (name: string, lines = 10) => Array.from({ length: lines }, (_, at) => `  ${name}${at} = call${at}(${name}, ${at})`).join('\n');

async function piecesOf(language: SyntaxLanguage, files: Readonly<Record<string, string>>): Promise<Piece[]> {
  return Promise.all(Object.entries(files).map(async ([path, text]) => ({ path, tokens: tokenize(language, await parse(language, text), text) })));
}

const groupsOf = async (files: Readonly<Record<string, string>>, language: SyntaxLanguage = 'javascript') => findDuplicates(await piecesOf(language, files));

/** `path:first-last` of each block. */
const placed = (groups: Awaited<ReturnType<typeof groupsOf>>) => groups.map(({ blocks }) => blocks.map(({ path, line, endLine }) => `${path}:${line}-${endLine}`));

const cases: Record<string, { files: Record<string, string>; language?: SyntaxLanguage; want: readonly (readonly string[])[] }> = {
  'a block in two files': { files: { 'a.js': `one()\n${block('x')}\ntwo()`, 'b.js': `three()\nfour()\n${block('x')}\nfive()` }, want: [['a.js:2-11', 'b.js:3-12']] },
  'a block twice in one file': { files: { 'a.js': `${block('x')}\nbetween()\n${block('x')}` }, want: [['a.js:1-10', 'a.js:12-21']] },
  'three copies are one group': { files: { 'a.js': block('x'), 'b.js': block('x'), 'c.js': block('x') }, want: [['a.js:1-10', 'b.js:1-10', 'c.js:1-10']] },
  'a third copy that ends earlier belongs to the group': {
    files: { 'a.js': `${block('x', 20)}\nlonger(1)\nsame(2)`, 'b.js': `${block('x', 20)}\nlonger(1)\nsame(2)`, 'c.js': `${block('x', 20)}\nother()` },
    want: [['a.js:1-20', 'b.js:1-20', 'c.js:1-20']],
  },
  'a long block is not cut by a shorter one inside it': {
    files: { 'a.js': `${block('x', 12)}\n${block('y', 10)}\n${block('z', 12)}`, 'b.js': block('y', 10), 'c.js': `${block('x', 12)}\n${block('y', 10)}\n${block('z', 12)}` },
    want: [['a.js:1-34', 'c.js:1-34']],
  },
  'a long block is found also when its begin stands nearer': {
    files: { 'a.js': `${block('x', 12)}\n${block('y', 16)}`, 'b.js': block('x', 12), 'c.js': `${block('x', 12)}\n${block('y', 16)}` },
    want: [['a.js:1-28', 'c.js:1-28']],
  },
  'two groups': { files: { 'a.js': `${block('x')}\n${block('y')}`, 'b.js': block('y'), 'c.js': block('x') }, want: [['a.js:1-10', 'c.js:1-10'], ['a.js:11-20', 'b.js:1-10']] },
  'white space and comments are left out': { files: { 'a.js': block('x'), 'b.js': block('x').replaceAll('\n', ' // note\n\n').replaceAll('(', '( ') }, want: [['a.js:1-10', 'b.js:1-19']] },
  'other names are other code': { files: { 'a.js': block('x'), 'b.js': block('y') }, want: [] },
  'other literals are other code': { files: { 'a.js': `${block('x', 6)}\n f('a')\n${block('y', 6)}`, 'b.js': `${block('x', 6)}\n f('b')\n${block('y', 6)}` }, want: [] },
  'fewer than 60 tokens are chance': { files: { 'a.js': block('x', 7), 'b.js': block('x', 7) }, want: [] },
  'fewer than 6 lines are chance': { files: { 'a.js': block('x').replaceAll('\n', ';'), 'b.js': block('x').replaceAll('\n', ';') }, want: [] },
  'a table of equal rows is no code': { files: { 'a.js': `x = [\n${'0, 1, 0, 1,\n'.repeat(200)}]`, 'b.js': `y = [\n${'0, 1, 0, 1,\n'.repeat(200)}]` }, want: [] },
  'imports are no code': { files: { 'a.js': Array.from({ length: 20 }, (_, at) => `import { a${at}, b${at} } from './c${at}.js'`).join('\n'), 'b.js': Array.from({ length: 20 }, (_, at) => `import { a${at}, b${at} } from './c${at}.js'`).join('\n') }, want: [] },
  'the closing braces of what stands before are no part': { files: { 'a.js': `function a() { if (b) { c() } }\n${block('x')}`, 'b.js': `function d() { if (e) { f() } }\n${block('x')}` }, want: [['a.js:2-11', 'b.js:2-11']] },
  'Python': { files: { 'a.py': `def f():\n${block('x')}\n`, 'b.py': `class C:\n def g():\n${block('x').replaceAll('\n', '\n ').replace('  x0', '   x0')}\n` }, language: 'python', want: [['a.py:1-11', 'b.py:2-12']] },
  'Go': { files: { 'a.go': `package a\nfunc f() {\n${block('x')}\n}`, 'b.go': `package b\nfunc g() {\n${block('x')}\n}` }, language: 'go', want: [['a.go:2-13', 'b.go:2-13']] },
  'Rust': { files: { 'a.rs': `fn f() {\n${block('x').replaceAll('\n', ';\n')}\n}`, 'b.rs': `fn g() {\n${block('x').replaceAll('\n', ';\n')}\n}` }, language: 'rust', want: [['a.rs:1-12', 'b.rs:1-12']] },
};
test.each(Object.entries(cases))('%s', async (_, { files, language, want }) => expect(placed(await groupsOf(files, language))).toEqual(want));

describe('tokens', () => {
  const texts: Record<string, { language: SyntaxLanguage; text: string; want: readonly string[] }> = {
    'texts, templates and patterns are taken whole': { language: 'typescript', text: "f('a b', `c ${d + 'e'} g`, /h i/u)", want: ['f', '(', "'a b'", ',', '`', 'c ', '$', '{', 'd', '+', "'e'", '}', ' g', '`', ',', '/h i/u', ')'] },
    'operators are taken whole': { language: 'typescript', text: 'a ??= b?.c >>> d !== e => f', want: ['a', '??=', 'b', '?.', 'c', '>>>', 'd', '!==', 'e', '=>', 'f'] },
    'comments, imports and hash bangs are none': { language: 'javascript', text: "#!/usr/bin/env node\nimport a from 'b' // c\n/* d */ e()", want: ['e', '(', ')'] },
    'Python texts': { language: 'python', text: 'import a\nx = f"b {c}" + """d\ne""" # g', want: ['x', '=', 'f"b {c}"', '+', '"""d\ne"""'] },
    'Rust lifetimes and raw texts': { language: 'rust', text: "use a::b; fn f<'a>(c: &'a str) { r#\"d\"e\"#; 'g' }", want: ['fn', 'f', '<', "'", 'a', '>', '(', 'c', ':', '&', "'", 'a', 'str', ')', '{', 'r#"d"e"#', ';', "'g'", '}'] },
  };
  test.each(Object.entries(texts))('%s', async (_, { language, text, want }) => {
    expect([...tokenize(language, await parse(language, text), text).hashes]).toEqual(want.map(hashOf));
  });

  test('know their lines, also after texts over several', async () => {
    const text = 'a = """1\n2\n3"""\nb\n# c\n\nd';
    expect([...tokenize('python', await parse('python', text), text).lines]).toEqual([1, 1, 1, 4, 7]);
  });
});

describe('any row of tokens', () => {
  const anyPieces = fc.array(fc.array(fc.nat(400), { minLength: 20, maxLength: 90 }), { minLength: 1, maxLength: 4 }).chain((parts) =>
    fc.array(fc.array(fc.nat(parts.length - 1), { maxLength: 8 }), { minLength: 1, maxLength: 4 }).map((files) =>
      files.map((choice, at): Piece => {
        const hashes = Uint32Array.from(choice.flatMap((part) => [...(parts[part] ?? []), 1000 + at]));
        return { path: `${at}`, tokens: { hashes, lines: hashes.map((_, index) => index + 1) } };
      }),
    ),
  );

  test('blocks of a group are equal, groups do not overlap, and each block is as long as it says', () => {
    fc.assert(
      fc.property(anyPieces, (pieces) => {
        const taken = new Set<string>();
        for (const { tokens, blocks } of findDuplicates(pieces)) {
          expect(blocks.length).toBeGreaterThan(1);
          expect(tokens).toBeGreaterThanOrEqual(windowWidth);
          // A line of these pieces is one token.
          const texts = blocks.map(({ path, line, endLine }) => pieces[Number(path)]?.tokens.hashes.slice(line - 1, endLine).join() ?? '');
          expect(new Set(texts).size).toBe(1);
          for (const { path, line, endLine } of blocks) {
            expect(endLine - line + 1).toBe(tokens);
            for (let at = line; at <= endLine; at += 1) {
              expect(taken.has(`${path}:${at}`)).toBe(false);
              taken.add(`${path}:${at}`);
            }
          }
        }
      }),
    );
  });

  test('what stands twice and varies is found, wherever it stands', () => {
    const anyRow = (length: number, from: number) => fc.array(fc.nat(1_000_000).map((hash) => hash + from), { minLength: length, maxLength: length });
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1_000_000), { minLength: 60, maxLength: 120 }), anyRow(30, 2_000_000), fc.nat(30), fc.nat(30), (copy, noise, a, b) => {
        const pieces = [a, b].map((before, at): Piece => {
          const hashes = Uint32Array.from([...noise.slice(0, before).map((hash) => hash + at), ...copy, ...noise.map((hash) => hash + 10 + at)]);
          return { path: `${at}`, tokens: { hashes, lines: hashes.map((_, index) => index + 1) } };
        });
        const [group] = findDuplicates(pieces);
        expect(group?.tokens).toBeGreaterThanOrEqual(copy.length);
        expect(group?.blocks[0]?.line).toBeLessThanOrEqual(a + 1);
      }),
    );
  });

  test('hostile rows end soon', () => {
    const rows = [new Uint32Array(300_000), Uint32Array.from({ length: 300_000 }, (_, at) => at % 61), Uint32Array.from({ length: 300_000 }, (_, at) => at % 3000)];
    const startedAt = process.cpuUsage().user;
    for (const hashes of rows) expect(findDuplicates([{ path: 'a', tokens: { hashes, lines: hashes.map((_, at) => at) } }]).length).toBeLessThan(10);
    expect(process.cpuUsage().user - startedAt).toBeLessThan(20_000_000);
  });
});
