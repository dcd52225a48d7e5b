// Evaluates the expressions of goals. Total: every text and every value give one of four answers.
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';
import type { TaskResult } from '#api/v1alpha1/task.ts';
import { type Compiled, compileExpression, compileJsonExpression } from './check.ts';
import { celFault, type CelFault } from './environment.ts';
import type { Read } from './references.ts';

/** What an expression may know of a task that was decided. A task without an entry has no facts yet. */
export interface ExpressionFacts {
  readonly outcome: TaskResult;
  readonly observed: JsonObject;
}

export type Evaluation =
  | { readonly kind: 'true' }
  | { readonly kind: 'false' }
  /** Something that decides is not there; `field` is how the expression names it. */
  | { readonly kind: 'missing'; readonly field: string }
  | { readonly kind: 'error'; readonly message: string };

/** The answer of an expression over tasks. A missing fact is no answer, unless the rest decides without it: `missing || true` is true. */
export function evaluateExpression(expression: string, facts: ReadonlyMap<string, ExpressionFacts>): Evaluation {
  return evaluate(expression, compileExpression(expression), () => celTasks(facts));
}

/** Values in a document that is evaluated; lists can be joined, so their length is part of what an expression costs. */
export const maxJsonValues = 100_000;

/** The answer of an expression over `json`, a parsed document of at most 100,000 values. */
export function evaluateOverJson(expression: string, json: Json): Evaluation {
  if (!hasAtMost(json, maxJsonValues)) return { kind: 'error', message: `the document has more than ${maxJsonValues} values` };
  return evaluate(expression, compileJsonExpression(expression), () => celValue(json));
}

function evaluate(expression: string, compiled: Compiled, value: () => unknown): Evaluation {
  if (compiled.kind === 'fault') return { kind: 'error', message: compiled.fault.message };
  try {
    return answer(compiled.run(value()));
  } catch (error) {
    return noAnswer(celFault(error), expression, compiled.reads);
  }
}

function answer(value: unknown): Evaluation {
  if (typeof value === 'boolean') return { kind: value ? 'true' : 'false' };
  return { kind: 'error', message: `gives a ${typeof value === 'bigint' ? 'number' : typeof value}, but a goal must be true or false` };
}

function noAnswer(fault: CelFault, expression: string, reads: readonly Read[]): Evaluation {
  if (fault.code !== 'no_such_key' && fault.code !== 'index_out_of_bounds') return { kind: 'error', message: fault.message };
  const { start, end } = reads.find((read) => read.start <= fault.start && fault.end <= read.end) ?? fault;
  return { kind: 'missing', field: expression.slice(start, end) };
}

function celTasks(facts: ReadonlyMap<string, ExpressionFacts>): ReadonlyMap<string, unknown> {
  return new Map([...facts].map(([name, { outcome, observed }]) => [name, new Map<string, unknown>([['outcome', outcome], ['observed', celValue(observed)]])]));
}

/** JSON as CEL sees it: whole numbers are ints, objects are Maps, in which `constructor` is a key like any other. */
function celValue(value: Json): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(celValue);
  return new Map(Object.entries(value).map(([key, item]) => [key, celValue(item)]));
}

// A list and not recursion: a document may be nested deeper than the stack is.
function hasAtMost(json: Json, limit: number): boolean {
  const found: Json[] = [json];
  for (const value of found) {
    if (found.length > limit) return false;
    if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) found.push(item);
  }
  return true;
}

// Array.isArray does not narrow a readonly array.
function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}
