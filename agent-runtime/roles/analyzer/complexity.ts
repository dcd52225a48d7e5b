// Cyclomatic complexity by function: one, and one more for each place where it may go two ways. Functions inside others count for themselves.
import type { SgNode } from '@ast-grep/napi';
import { Scopes } from './scopes.ts';
import { kindOf, type SyntaxLanguage } from './syntax.ts';

/** A function and its number of ways. */
export interface FunctionFacts {
  readonly name: string;
  /** First line, counted from 1. */
  readonly line: number;
  readonly endLine: number;
  readonly complexity: number;
}

export interface ComplexityFacts {
  readonly functions: number;
  /** The three most complex functions of the file and all above `mostWays`, at most 200, most complex first. */
  readonly most: readonly FunctionFacts[];
}

interface Grammar {
  readonly functions: readonly string[];
  /** Kinds of nodes that add a way, all of them or those that `counts`. */
  readonly ways: readonly string[];
  readonly counts: (node: SgNode) => boolean;
}

/** Most ways through a function that pass without a finding. */
export const mostWays = 15;

/** Kept of each file, besides those above the bound. */
const keptAnyway = 3;
const keptAtMost = 200;

/** Kinds of nodes that are functions in TypeScript and JavaScript. */
export const scriptFunctions = ['function_declaration', 'function_expression', 'arrow_function', 'method_definition', 'generator_function', 'generator_function_declaration'] as const;

const script: Grammar = {
  functions: scriptFunctions,
  ways: ['if_statement', 'for_statement', 'for_in_statement', 'while_statement', 'do_statement', 'switch_case', 'catch_clause', 'ternary_expression', 'binary_expression'],
  counts: (node) => {
    if (node.is('binary_expression')) return isLogical(node);
    // Labels that share a body are one way.
    return !node.is('switch_case') || node.field('body') !== null;
  },
};

const python: Grammar = {
  functions: ['function_definition', 'lambda'],
  ways: ['if_statement', 'elif_clause', 'for_statement', 'while_statement', 'except_clause', 'case_clause', 'boolean_operator', 'conditional_expression'],
  counts: (node) => !node.is('case_clause') || !/^case\s+_\s*:/.test(node.text().slice(0, 80)),
};

const go: Grammar = {
  functions: ['function_declaration', 'method_declaration', 'func_literal'],
  ways: ['if_statement', 'for_statement', 'expression_case', 'type_case', 'communication_case', 'binary_expression'],
  counts: (node) => {
    if (node.is('binary_expression')) return isLogical(node);
    return !kindOf(node).endsWith('_case') || node.namedChildren().some((child) => child.is('statement_list'));
  },
};

const rust: Grammar = {
  functions: ['function_item', 'closure_expression'],
  ways: ['if_expression', 'for_expression', 'while_expression', 'loop_expression', 'match_arm', 'binary_expression'],
  counts: (node) => {
    if (node.is('binary_expression')) return isLogical(node);
    return !node.is('match_arm') || node.field('pattern')?.text() !== '_';
  },
};

const grammars: Readonly<Record<SyntaxLanguage, Grammar>> = { typescript: script, tsx: script, javascript: script, python, go, rust };

interface Measured {
  readonly node: SgNode;
  complexity: number;
}

/** Measures every function of a file. */
export function measureComplexity(language: SyntaxLanguage, root: SgNode): ComplexityFacts {
  const { functions, ways, counts } = grammars[language];
  const isFunction = new Set<string>(functions);
  const all: Measured[] = [];
  const open = new Scopes<Measured>();
  for (const node of root.findAll({ rule: { any: [...functions, ...ways].map((kind) => ({ kind })) } })) {
    const { start, end } = node.range();
    const inner = open.innermost(start.index);
    if (isFunction.has(kindOf(node))) {
      const found = { node, complexity: 1 };
      all.push(found);
      open.enter(end.index, found);
    } else if (inner !== undefined && counts(node)) inner.complexity += 1;
  }
  const ranked = all.toSorted((a, b) => b.complexity - a.complexity);
  return { functions: all.length, most: ranked.filter(({ complexity }, rank) => rank < keptAnyway || complexity > mostWays).slice(0, keptAtMost).map(described) };
}

function described({ node, complexity }: Measured): FunctionFacts {
  const { start, end } = node.range();
  return { name: nameOf(node), line: start.line + 1, endLine: end.line + 1, complexity };
}

const longestName = 80;

/** The name that a function has, or that of what it is assigned to; empty when it has none. */
function nameOf(node: SgNode): string {
  const name = node.field('name') ?? assignedName(node.parent());
  return (name?.text() ?? '').replaceAll(/\s+/g, ' ').slice(0, longestName);
}

function assignedName(above: SgNode | null): SgNode | null {
  return above?.field('name') ?? above?.field('key') ?? above?.field('left') ?? above?.field('property') ?? null;
}

function isLogical(node: SgNode): boolean {
  const operator = node.field('operator')?.text();
  return operator === '&&' || operator === '||' || operator === '??';
}
