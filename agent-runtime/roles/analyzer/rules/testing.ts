// Tables of code for the tests of rules: what each rule must find, and what looks like it and is all right.
import { describe, expect, test } from 'vitest';
import { parse, syntaxOf } from '#agent-runtime/roles/analyzer/syntax.ts';
import { findFaults } from './find-faults.ts';
import type { SyntaxRule } from './rule.ts';

/** Code is a text, or a text at a path; a line that must be found ends with the mark `!!` in a comment of its own language. */
export type Code = string | { readonly path: string; readonly text: string };

/** What one rule must find, each text on its line 1 unless marked, and what it must leave alone. */
export interface Examples {
  readonly finds: readonly Code[];
  readonly leaves: readonly Code[];
}

/** The findings of a text. */
export async function faultsIn(code: Code, usualPath: string) {
  const { path, text } = typeof code === 'string' ? { path: usualPath, text: code } : code;
  const language = syntaxOf(path);
  if (language === undefined) throw new Error(`${path}: no language, so there is nothing to test; give a path that is parsed`);
  return findFaults({ path, language, root: await parse(language, text) });
}

/** One test for each text, and one that the table names every rule. */
export function testRules(rules: readonly SyntaxRule[], usualPath: string, examples: Readonly<Record<string, Examples>>): void {
  test('every rule has three texts to find and three to leave at least', () => {
    expect(Object.keys(examples).toSorted()).toEqual(rules.map(({ id }) => id).toSorted());
    for (const { finds, leaves } of Object.values(examples)) expect(Math.min(finds.length, leaves.length)).toBeGreaterThanOrEqual(3);
  });
  describe.each(Object.entries(examples))('%s', (rule, { finds, leaves }) => {
    const linesFound = async (code: Code) => (await faultsIn(code, usualPath)).filter((finding) => finding.rule === rule).map(({ place }) => place.line);
    test.each(finds.map((code) => [brief(code), code] as const))('finds %s', async (_, code) => expect(await linesFound(code)).toEqual(markedLines(code)));
    test.each(leaves.map((code) => [brief(code), code] as const))('leaves %s', async (_, code) => expect(await linesFound(code)).toEqual([]));
  });
}

const textOf = (code: Code): string => (typeof code === 'string' ? code : code.text);

const brief = (code: Code): string => `${typeof code === 'string' ? '' : `${code.path} `}${textOf(code).replaceAll('\n', ' ').slice(0, 60)}`;

/** Lines that end with `!!`; the first one when none does. */
function markedLines(code: Code): readonly number[] {
  const marked = textOf(code).split('\n').flatMap((line, at) => (line.endsWith('!!') ? [at + 1] : []));
  return marked.length === 0 ? [1] : marked;
}
