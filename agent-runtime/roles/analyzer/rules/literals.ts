// Tells a value that is written down from one that is computed, in all parsed languages.
import type { SgNode } from '@ast-grep/napi';

/** A value put together from more parts than this counts as computed. */
const maxParts = 200;

const plain = new Set(
  'string template_string number regex true false null undefined none nil integer float interpreted_string_literal raw_string_literal int_literal float_literal rune_literal string_literal'.split(' '),
);
const composed = new Set(['parenthesized_expression', 'binary_expression', 'binary_operator', 'concatenated_string', 'unary_expression', 'unary_operator']);
const filled = new Set(['template_substitution', 'interpolation']);

/** Whether the value of an expression is written down in full: a literal, or literals put together. */
export function isLiteral(node: SgNode): boolean {
  const parts = [node];
  for (let seen = 0; seen < maxParts; seen += 1) {
    const part = parts.pop();
    if (part === undefined) return true;
    const kind = String(part.kind());
    if (composed.has(kind)) parts.push(...part.namedChildren());
    else if (!plain.has(kind) || isFilledIn(part)) return false;
  }
  return false;
}

/** Whether a string has values in it: a template with substitutions, an f-string. */
export function isFilledIn(node: SgNode): boolean {
  return node.namedChildren().some((child) => filled.has(String(child.kind())));
}

/** Whether an expression joins parts with `+`, at least one of which is computed. */
export function isComputedSum(node: SgNode): boolean {
  return (node.is('binary_expression') || node.is('binary_operator')) && node.field('operator')?.text() === '+' && !isLiteral(node);
}

/** The arguments of a call, comments left out. */
export function argumentsOf(call: SgNode): readonly SgNode[] {
  return call.field('arguments')?.namedChildren().filter((child) => !child.is('comment')) ?? [];
}
