// Evaluates the expression of a goal over facts. Total: every text and every fact give one of four answers.
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';
import type { TaskResult } from '#api/v1alpha1/task.ts';
import { compileExpression } from './check.ts';
import { celFault, type CelFault } from './environment.ts';
import type { Reference } from './references.ts';

/** What an expression may know of a task that was decided. A task without an entry has no facts yet. */
export interface ExpressionFacts {
  readonly outcome: TaskResult;
  readonly observed: JsonObject;
}

export type Evaluation =
  | { readonly kind: 'true' }
  | { readonly kind: 'false' }
  /** A fact that decides is not there; `field` is how the expression names it. */
  | { readonly kind: 'missing'; readonly field: string }
  | { readonly kind: 'error'; readonly message: string };

/** The answer of an expression. A missing fact is no answer, unless the rest decides without it: `missing || true` is true. */
export function evaluateExpression(expression: string, facts: ReadonlyMap<string, ExpressionFacts>): Evaluation {
  const compiled = compileExpression(expression);
  if (compiled.kind === 'fault') return { kind: 'error', message: compiled.fault.message };
  try {
    return answer(compiled.run(celTasks(facts)));
  } catch (error) {
    return noAnswer(celFault(error), expression, compiled.references);
  }
}

function answer(value: unknown): Evaluation {
  if (typeof value === 'boolean') return { kind: value ? 'true' : 'false' };
  return { kind: 'error', message: `gives a ${typeof value === 'bigint' ? 'number' : typeof value}, but a goal must be true or false` };
}

function noAnswer(fault: CelFault, expression: string, references: readonly Reference[]): Evaluation {
  if (fault.code !== 'no_such_key' && fault.code !== 'index_out_of_bounds') return { kind: 'error', message: fault.message };
  const { start, end } = references.find((reference) => reference.start <= fault.start && fault.end <= reference.end) ?? fault;
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

// Array.isArray does not narrow a readonly array.
function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}
