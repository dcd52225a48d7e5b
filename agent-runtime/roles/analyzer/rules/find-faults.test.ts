import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeLanguages } from '#api/intents.ts';
import { parse } from '#agent-runtime/roles/analyzer/syntax.ts';
import { catalogue } from './catalogue.ts';
import { syntaxRules } from './families.ts';
import { findFaults } from './find-faults.ts';
import { faultsIn } from './testing.ts';

describe('findFaults', () => {
  test('a finding names its place, and quotes the code up to what may be a secret', async () => {
    expect(await faultsIn('const a = 1;\n  connect("k8#fQz", exec(`ls ${a}`));\n', 'a.ts')).toEqual([
      { rule: 'js-shell-command', level: 'error', message: 'A shell command is put together from values, which may hold shell syntax: exec(…', place: { path: 'a.ts', line: 2, column: 21, endLine: 2 } },
    ]);
  });

  test('columns and quotes hold behind characters of several bytes', async () => {
    expect(await faultsIn('/* ü 😀 */ debugger', 'a.js')).toMatchObject([{ message: expect.stringContaining(': debugger'), place: { line: 1, column: 12 } }]);
  });

  test('a rule speaks once about a line, and findings follow the text', async () => {
    expect((await faultsIn('var a; var b; debugger;\nvar c;', 'a.js')).map(({ rule, place }) => `${place.line}:${place.column} ${rule}`)).toEqual(['1:1 js-var', '1:15 js-debugger', '2:1 js-var']);
  });

  test('of many equal faults 50 are listed, and the last says how many more there are', async () => {
    const findings = await faultsIn('debugger;\n'.repeat(80), 'a.js');
    expect(findings).toHaveLength(50);
    expect(findings.at(-1)?.message).toMatch(/\(30 more in this file are not listed\)$/);
  });

  test('TypeScript with JSX is read as such', async () => {
    expect((await faultsIn('const a = <b onClick={() => { debugger; }}>{x == y}</b>;', 'a.tsx')).map(({ rule }) => rule)).toEqual(['js-debugger', 'js-loose-equality']);
  });

  test('the catalogue names every rule once, with words', () => {
    expect(new Set(catalogue.map(({ id }) => id)).size).toBe(catalogue.length);
    for (const { means, next } of catalogue) expect([means, next].every((text) => /^\S.*\.$/.test(text) && text.length < 200)).toBe(true);
    expect(syntaxRules.every(({ id }) => catalogue.some((rule) => rule.id === id))).toBe(true);
  });
});

describe('what is made to break the reader does no harm', () => {
  const length = 300_000;
  const hostile: Record<string, { language: (typeof codeLanguages)[number]; text: string; most: number }> = {
    'one line of 300,000 characters': { language: 'javascript', text: 'a==b;'.repeat(length / 5), most: 1 },
    'calls on calls': { language: 'javascript', text: `a${'.b()'.repeat(length / 4)}`, most: 0 },
    'brackets that never close': { language: 'typescript', text: '['.repeat(length), most: 0 },
    'catches in catches': { language: 'javascript', text: 'try{}catch(e){'.repeat(length / 14), most: 1 },
    'operators in a row': { language: 'javascript', text: `a${'<a'.repeat(length / 2)}`, most: 1 },
    'comparisons in a row': { language: 'python', text: `a${' == None'.repeat(length / 8)}`, most: 1 },
    'loops in loops': { language: 'go', text: `package a\nfunc f(){${'for{defer f();'.repeat(length / 14)}`, most: 1 },
    'modules in modules': { language: 'rust', text: `${'mod a{'.repeat(length / 6)}fn f(){x.unwrap()}`, most: 1 },
    'methods on methods': { language: 'rust', text: `fn f(){a${'.unwrap()'.repeat(length / 9)}}`, most: 1 },
    noise: { language: 'javascript', text: '\u0000\uffff'.repeat(length / 20), most: 0 },
  };
  test.each(Object.entries(hostile))('%s', { timeout: 20_000 }, async (_, { language, text, most }) => {
    const findings = findFaults({ path: 'a', language, root: await parse(language, text) });
    expect(findings.length).toBeLessThanOrEqual(most);
    for (const { message } of findings) expect(message.length).toBeLessThan(300);
  });

  test('broken code of any language gives findings inside of it, or none', async () => {
    const pieces = ['eval(x)', 'catch {}', 'except:', 'if err != nil {', '}', 'unsafe {', '.unwrap()', 'fn f() {', 'func f() {', '"', '`', '(', '#[test]', '\n', 'var ', ' == None', 'x', '😀', '\u2028', '/*'];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...codeLanguages), fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), async (language, parts) => {
        const text = parts.join('');
        for (const { place } of findFaults({ path: 'a', language, root: await parse(language, text) })) expect(place.line).toBeLessThanOrEqual(text.split('\n').length);
      }),
      { numRuns: 200 },
    );
  });
});
