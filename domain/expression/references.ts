// Which facts an expression reads, and whether it reads nothing else. All of it is decided by the text alone, before any task runs.
import type { ASTNode } from '@marcbachmann/cel-js';

/** Why an expression is refused. */
export interface ExpressionFault {
  readonly reason: 'InvalidExpression' | 'UnverifiedEvidence';
  readonly message: string;
  /** Offset in the expression, in characters from 0. */
  readonly position: number;
}

/** One place where an expression reads a fact: `tasks["run-tests"].observed.failed`. */
export interface Reference {
  readonly task: string;
  /** `['outcome']`, or `['observed', …]` with at least one more. */
  readonly path: readonly (string | number)[];
  readonly start: number;
  readonly end: number;
}

export type References = { readonly kind: 'references'; readonly references: readonly Reference[] } | { readonly kind: 'fault'; readonly fault: ExpressionFault };

/** All facts that an expression reads, in order of appearance, or the first thing in it that goals may not do. */
export function referencesOf(ast: ASTNode): References {
  const references: Reference[] = [];
  const fault = inspect(ast, { references });
  return fault === undefined ? { kind: 'references', references } : { kind: 'fault', fault };
}

/** `variable` is set inside all, exists, exists_one and filter. */
interface Scope {
  readonly references: Reference[];
  readonly variable?: string;
}

const invalid = (message: string, { start }: ASTNode): ExpressionFault => ({ reason: 'InvalidExpression', message, position: start });

function inspect(node: ASTNode, scope: Scope): ExpressionFault | undefined {
  if (node.op === 'value') return undefined;
  if (isAccess(node)) return inspectAccess(node, scope);
  if (node.op === 'rcall') return inspectMethod(node.args, node, scope);
  if (node.op !== 'call') return inspectAll(operands(node), scope);
  const [name, args] = node.args;
  return functions.has(name) ? inspectAll(args, scope) : invalid(unknownFunction(name), node);
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

const usage = 'a goal reads facts only as tasks["<task>"].outcome or tasks["<task>"].observed.<field>';

function inspectAccess(node: ASTNode, scope: Scope): ExpressionFault | undefined {
  const { base, keys } = unfold(node);
  if (base.op === 'id' && base.args === 'tasks') return inspectReference(node, keys, scope);
  const dynamic = keys.find((key) => key.value === undefined);
  if (dynamic !== undefined) return invalid('an index must be a literal', dynamic.at);
  if (base.op !== 'id') return inspect(base, scope);
  return base.args === scope.variable ? undefined : invalid(`unknown name ${base.args.slice(0, 63)}: ${usage}; a task whose name has a dash needs the form with brackets`, base);
}

interface Key {
  readonly at: ASTNode;
  /** Undefined when it is not a literal. */
  readonly value: string | number | undefined;
}

/** `a.b["c"]` as its base and its keys. */
function unfold(node: ASTNode): { base: ASTNode; keys: Key[] } {
  const keys: Key[] = [];
  let base = node;
  while (base.op === '.' || base.op === '.?' || base.op === '[]' || base.op === '[?]') {
    const [inner, key]: readonly [ASTNode, string | ASTNode] = base.args;
    keys.push(typeof key === 'string' ? { at: base, value: key } : { at: key, value: literalKey(key) });
    base = inner;
  }
  return { base, keys: keys.toReversed() };
}

function literalKey(node: ASTNode): string | number | undefined {
  if (node.op !== 'value') return undefined;
  return typeof node.args === 'bigint' ? Number(node.args) : typeof node.args === 'string' ? node.args : undefined;
}

function inspectReference(node: ASTNode, keys: readonly Key[], scope: Scope): ExpressionFault | undefined {
  const [task, ...path] = keys.map(({ value }) => value);
  if (path[0] === 'claimed') return { reason: 'UnverifiedEvidence', message: 'claimed results were measured by nobody: read outcome or observed', position: node.start };
  if (scope.variable !== undefined) return invalid('inside all, exists, exists_one and filter only their variable and literals may be read', node);
  if (keys.length > 0 && typeof task !== 'string') return invalid(`the name of the task must be a literal: ${usage}`, node);
  if (!path.every((key) => key !== undefined)) return invalid('an index must be a literal', node);
  if (typeof task !== 'string' || !isFact(path)) return invalid(usage, node);
  scope.references.push({ task, path, start: node.start, end: node.end });
  return undefined;
}

function isFact(path: readonly (string | number)[]): boolean {
  return (path[0] === 'outcome' && path.length === 1) || (path[0] === 'observed' && typeof path[1] === 'string');
}

// Closed lists: `matches` may backtrack for hours, `map` may double its input at each step, the clock and time zones are not facts.
const functions = new Set(['size', 'int', 'double', 'string']);
const methods = new Set(['size', 'contains', 'startsWith', 'endsWith']);
const comprehensions = new Set(['all', 'exists', 'exists_one', 'filter']);

function unknownFunction(name: string): string {
  if (name === 'has') return 'has is not needed: a goal whose field is missing is Unknown until its tasks have ended, then Unmet';
  return `${name.slice(0, 63)} may not be called; there are ${[...functions, ...methods, ...comprehensions].filter((known, index, all) => all.indexOf(known) === index).join(', ')}`;
}

function inspectMethod([name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]], node: ASTNode, scope: Scope): ExpressionFault | undefined {
  if (comprehensions.has(name)) return inspectComprehension({ receiver, args }, node, scope);
  return methods.has(name) ? inspectAll([receiver, ...args], scope) : invalid(unknownFunction(name), node);
}

/** Bounded: runs over a fact or a written list, once, and its body cannot read what would make each round long. */
function inspectComprehension({ receiver, args }: { receiver: ASTNode; args: readonly ASTNode[] }, node: ASTNode, scope: Scope): ExpressionFault | undefined {
  if (scope.variable !== undefined) return invalid('all, exists, exists_one and filter may not be nested', node);
  if (!isBoundedRange(receiver)) return invalid('all, exists, exists_one and filter need a fact or a list in brackets before them', node);
  const [variable, body] = args;
  if (variable?.op !== 'id' || body === undefined) return invalid('the form is list.all(x, condition)', node);
  if (variable.args === 'tasks') return invalid('the variable must not be called tasks', variable);
  return inspect(receiver, scope) ?? inspect(body, { ...scope, variable: variable.args });
}

function isBoundedRange(node: ASTNode): boolean {
  if (node.op === 'rcall') return node.args[0] === 'filter';
  return node.op === 'list' || node.op === '.' || node.op === '[]';
}
