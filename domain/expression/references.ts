// What an expression reads, and whether it does nothing else. All of it is decided by the text alone, before any task runs.
import type { ASTNode } from '@marcbachmann/cel-js';
import type { Key, Refusal, Vocabulary } from './vocabulary.ts';

/** Why an expression is refused. */
export interface ExpressionFault extends Refusal {
  /** Offset in the expression, in characters from 0. */
  readonly position: number;
}

/** One place where an expression reads its variable: `tasks["run-tests"].observed.failed`. */
export interface Read {
  /** The keys below the variable, all literal. */
  readonly path: readonly (string | number)[];
  readonly start: number;
  readonly end: number;
}

export type Reads = { readonly kind: 'reads'; readonly reads: readonly Read[] } | { readonly kind: 'fault'; readonly fault: ExpressionFault };

/** All that an expression reads, in order of appearance, or the first thing in it that it may not do. */
export function readsOf(ast: ASTNode, vocabulary: Vocabulary): Reads {
  const reads: Read[] = [];
  const fault = inspect(ast, { vocabulary, reads });
  return fault === undefined ? { kind: 'reads', reads } : { kind: 'fault', fault };
}

/** `bound` is the variable of all, exists, exists_one or filter, inside of it. */
interface Scope {
  readonly vocabulary: Vocabulary;
  readonly reads: Read[];
  readonly bound?: string;
}

const invalid = (message: string, { start }: ASTNode): ExpressionFault => ({ reason: 'InvalidExpression', message, position: start });

function inspect(node: ASTNode, scope: Scope): ExpressionFault | undefined {
  if (node.op === 'value') return undefined;
  if (isAccess(node)) return inspectAccess(node, scope);
  if (node.op === 'rcall') return inspectMethod(node.args, node, scope);
  if (node.op !== 'call') return inspectAll(operands(node), scope);
  const [name, args] = node.args;
  return functions.has(name) ? inspectAll(args, scope) : invalid(unknownFunction(name, scope), node);
}

type Access = Extract<ASTNode, { op: 'id' | '.' | '.?' | '[]' | '[?]' }>;

function isAccess(node: ASTNode): node is Access {
  return node.op === 'id' || node.op === '.' || node.op === '.?' || node.op === '[]' || node.op === '[?]';
}

function operands(node: Exclude<ASTNode, Access | { op: 'value' | 'call' | 'rcall' }>): readonly ASTNode[] {
  if (node.op === 'map') return node.args.flat();
  return node.op === '!_' || node.op === '-_' ? [node.args] : node.args;
}

function inspectAll(nodes: readonly ASTNode[], scope: Scope): ExpressionFault | undefined {
  for (const node of nodes) {
    const fault = inspect(node, scope);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function inspectAccess(node: ASTNode, scope: Scope): ExpressionFault | undefined {
  const { base, keys } = unfold(node);
  if (base.op === 'id' && base.args === scope.vocabulary.variable) return inspectRead(node, keys, scope);
  const dynamic = keys.find((key) => key.value === undefined);
  if (dynamic !== undefined) return invalid('an index must be a literal', dynamic.at);
  if (base.op !== 'id') return inspect(base, scope);
  return base.args === scope.bound ? undefined : invalid(`unknown name ${base.args.slice(0, 63)}: ${scope.vocabulary.usage}`, base);
}

interface PlacedKey {
  readonly at: ASTNode;
  readonly value: Key;
}

/** `a.b["c"]` as its base and its keys. */
function unfold(node: ASTNode): { base: ASTNode; keys: PlacedKey[] } {
  const keys: PlacedKey[] = [];
  let base = node;
  while (base.op === '.' || base.op === '.?' || base.op === '[]' || base.op === '[?]') {
    const [inner, key]: readonly [ASTNode, string | ASTNode] = base.args;
    keys.push(typeof key === 'string' ? { at: base, value: key } : { at: key, value: literalKey(key) });
    base = inner;
  }
  return { base, keys: keys.toReversed() };
}

function literalKey(node: ASTNode): Key {
  if (node.op !== 'value') return undefined;
  return typeof node.args === 'bigint' ? Number(node.args) : typeof node.args === 'string' ? node.args : undefined;
}

function inspectRead({ start, end }: ASTNode, keys: readonly PlacedKey[], { vocabulary, reads, bound }: Scope): ExpressionFault | undefined {
  const path = keys.map(({ value }) => value);
  const refusal = vocabulary.refuse(path);
  // A claimed result is refused as such wherever it stands.
  if (bound !== undefined && refusal?.reason !== 'UnverifiedEvidence') return { reason: 'InvalidExpression', message: 'inside all, exists, exists_one and filter only their variable and literals may be read', position: start };
  if (refusal !== undefined) return { ...refusal, position: start };
  reads.push({ path: path.filter((key) => key !== undefined), start, end });
  return undefined;
}

// Closed lists: `matches` may backtrack for hours, `map` may double its input at each step, the clock and time zones are not facts.
const functions = new Set(['size', 'int', 'double', 'string']);
const methods = new Set(['size', 'contains', 'startsWith', 'endsWith']);
const comprehensions = new Set(['all', 'exists', 'exists_one', 'filter']);

function unknownFunction(name: string, { vocabulary }: Scope): string {
  if (name === 'has') return `has is not needed: ${vocabulary.withoutHas}`;
  return `${name.slice(0, 63)} may not be called; there are ${[...functions, ...methods, ...comprehensions].filter((known, index, all) => all.indexOf(known) === index).join(', ')}`;
}

function inspectMethod([name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]], node: ASTNode, scope: Scope): ExpressionFault | undefined {
  if (comprehensions.has(name)) return inspectComprehension({ receiver, args }, node, scope);
  return methods.has(name) ? inspectAll([receiver, ...args], scope) : invalid(unknownFunction(name, scope), node);
}

/** Bounded: runs over a part of what is read or a written list, once, and its body cannot read what would make each round long. */
function inspectComprehension({ receiver, args }: { receiver: ASTNode; args: readonly ASTNode[] }, node: ASTNode, scope: Scope): ExpressionFault | undefined {
  const { part, variable } = scope.vocabulary;
  if (scope.bound !== undefined) return invalid('all, exists, exists_one and filter may not be nested', node);
  if (!isBoundedRange(receiver)) return invalid(`all, exists, exists_one and filter need ${part} or a list in brackets before them`, node);
  const [bound, body] = args;
  if (bound?.op !== 'id' || body === undefined) return invalid('the form is list.all(x, condition)', node);
  if (bound.args === variable) return invalid(`the variable must not be called ${variable}`, bound);
  return inspect(receiver, scope) ?? inspect(body, { ...scope, bound: bound.args });
}

function isBoundedRange(node: ASTNode): boolean {
  if (node.op === 'rcall') return node.args[0] === 'filter';
  return node.op === 'list' || isAccess(node);
}
