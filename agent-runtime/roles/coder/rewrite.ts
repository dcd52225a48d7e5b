// Rewrites one text by patterns over its syntax tree. What a name in the pattern stood for, comments and blanks included, goes where the rewrite has it.
import type { Edit, NapiConfig, SgNode } from '@ast-grep/napi';
import { messageOf } from '#platform/errors.ts';
import { kindOf, parse, type SyntaxLanguage } from '#agent-runtime/roles/analyzer/syntax.ts';

/** Code to find and what to put there. */
export interface Rewrite {
  readonly pattern: string;
  readonly rewrite: string;
}

/** `$$$NAMES` and `$NAME`; what begins with `_` is matched but not kept. */
const name = /\$\$\$([A-Z][A-Z0-9_]*)|\$([A-Z][A-Z0-9_]*)/g;

/** What is wrong with the first pattern that cannot be used, told with its field. */
export async function patternFault(language: SyntaxLanguage, rewrites: readonly Rewrite[]): Promise<string | undefined> {
  const empty = await parse(language, '');
  for (const [index, { pattern, rewrite }] of rewrites.entries()) {
    const field = `intent.params.rewrites[${index}]`;
    try {
      empty.findAll(await matcherOf(language, pattern));
    } catch (error) {
      return `${field}.pattern: ${messageOf(error)}`;
    }
    const unknown = namesIn(rewrite).find((used) => !namesIn(pattern).includes(used));
    if (unknown !== undefined) return `${field}.rewrite: ${unknown} is not in the pattern`;
  }
  return undefined;
}

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(name)].map(([whole]) => whole);
}

/** The text after all rewrites, one after the other, and the number of places that were replaced. Of matches that lie in each other the outer one counts. */
export async function rewriteText(language: SyntaxLanguage, text: string, rewrites: readonly Rewrite[]): Promise<{ readonly text: string; readonly replacements: number }> {
  let [current, replacements] = [text, 0];
  for (const rewrite of rewrites) {
    const root = await parse(language, current);
    const matches = outermost(root.findAll(await matcherOf(language, rewrite.pattern)));
    const edits = matches.map((match) => editOf(match, rewrite, current));
    if (edits.length > 0) current = root.commitEdits(edits);
    replacements += edits.length;
  }
  return { text: current, replacements };
}

/** A call in Go is a conversion of types where it stands alone: it is taken for what it is inside a function. */
async function matcherOf(language: SyntaxLanguage, pattern: string): Promise<string | NapiConfig> {
  if (language !== 'go') return pattern;
  const inFunction = (code: string) => `func _() { ${code} }`;
  // No identifier has a dollar in Go; this letter is what the library takes for it.
  const tree = await parse('go', `package p\n${inFunction(pattern.replaceAll('$', 'µ'))}\n`);
  const body = tree.find({ rule: { kind: 'block' } })?.namedChildren()[0];
  const [statement, ...others] = body?.namedChildren() ?? [];
  const call = statement?.namedChildren()[0];
  if (call === undefined || others.length > 0 || kindOf(call) !== 'call_expression') return pattern;
  return { rule: { pattern: { context: inFunction(pattern), selector: 'call_expression' } } };
}

/** Matches come in the order of the text, each before those inside it. */
function outermost(matches: readonly SgNode[]): readonly SgNode[] {
  let end = -1;
  return matches.filter((match) => {
    const range = match.range();
    if (range.start.index < end) return false;
    end = range.end.index;
    return true;
  });
}

interface Captured {
  readonly start: number;
  readonly end: number;
}

function editOf(match: SgNode, { pattern, rewrite }: Rewrite, text: string): Edit {
  const captured = new Map(namesIn(pattern).map((used) => [used, capturedBy(match, used)]));
  const textOf = (used: string) => {
    const span = captured.get(used);
    return span === undefined ? '' : text.slice(span.start, span.end);
  };
  const edit = match.replace(rewrite.replaceAll(name, textOf));
  return keepsSemicolon(match, pattern, [...captured.values()]) ? { ...edit, endPos: edit.endPos - 1 } : edit;
}

/** From the first node behind a name to the last, with all that lies between them. */
function capturedBy(match: SgNode, used: string): Captured | undefined {
  const nodes = used.startsWith('$$$') ? match.getMultipleMatches(used.slice(3)) : [match.getMatch(used.slice(1))];
  const [first, last] = [nodes[0], nodes.at(-1)];
  return first && last ? { start: first.range().start.index, end: last.range().end.index } : undefined;
}

/** A statement is found by a pattern without its semicolon; then the semicolon is not part of what is replaced. */
function keepsSemicolon(match: SgNode, pattern: string, captured: readonly (Captured | undefined)[]): boolean {
  if (!match.text().endsWith(';') || pattern.trimEnd().endsWith(';')) return false;
  const { end } = match.range();
  return captured.every((span) => span?.end !== end.index);
}
