// CEL as goals may use it: the library's parser and evaluator, held small. Nothing here knows the time or can loop for long.
import { type ASTNode, Environment } from '@marcbachmann/cel-js';

export const expressionLimits = { maxLength: 1024, maxAstNodes: 256, maxDepth: 24 } as const;

const limits = { maxAstNodes: expressionLimits.maxAstNodes, maxDepth: expressionLimits.maxDepth, maxListElements: 64, maxMapEntries: 16, maxCallArguments: 3 };

/** What an expression is about: the tasks of a mission, or one parsed artifact. */
export type Variable = 'tasks' | 'json';

const empty = () => new Environment({ limits, homogeneousAggregateLiterals: false });

// Types are judged on the declared form. Values are plain maps, so evaluation declares none: what a measured value is, only its value knows.
const environments: Readonly<Record<Variable, { readonly typed: Environment; readonly untyped: Environment }>> = {
  tasks: {
    typed: empty().registerType('TaskFacts', { fields: { outcome: 'string', observed: 'map' } }).registerVariable('tasks', 'map<string, TaskFacts>'),
    untyped: empty().registerVariable('tasks', 'dyn'),
  },
  json: { typed: empty().registerVariable('json', 'dyn'), untyped: empty().registerVariable('json', 'dyn') },
};

/** Why a text is no expression, or an evaluation gave nothing. */
export interface CelFault {
  readonly code: string;
  readonly message: string;
  /** Characters of the source that the fault is about. */
  readonly start: number;
  readonly end: number;
}

export type Parsed = { readonly kind: 'parsed'; readonly ast: ASTNode; readonly run: (value: unknown) => unknown } | { readonly kind: 'fault'; readonly fault: CelFault };

/** The tree of an expression; `run` gives its value for a value of the variable. */
export function parseCel(source: string, variable: Variable): Parsed {
  if (source.length > expressionLimits.maxLength) return { kind: 'fault', fault: { code: 'too_long', message: `${source.length} characters, the limit is ${expressionLimits.maxLength}`, start: 0, end: 0 } };
  try {
    const parsed = environments[variable].untyped.parse(source);
    return { kind: 'parsed', ast: parsed.ast, run: (value) => parsed({ [variable]: value }) };
  } catch (error) {
    return { kind: 'fault', fault: celFault(error) };
  }
}

/** Type of the value that an expression gives (`dyn` when only the facts decide), or what is wrong with its types. */
export function typeOfCel(source: string, variable: Variable): { readonly kind: 'type'; readonly type: string } | { readonly kind: 'fault'; readonly fault: CelFault } {
  const { valid, type, error } = environments[variable].typed.check(source);
  return valid ? { kind: 'type', type: type ?? 'dyn' } : { kind: 'fault', fault: celFault(error) };
}

/** What the library threw, as a value; also for the RangeErrors of the runtime itself. */
export function celFault(error: unknown): CelFault {
  const { code = 'runtime', summary, message, range }: { code?: string; summary?: string; message?: string; range?: { start: number; end: number } } = error instanceof Error ? error : { message: String(error) };
  return { code, message: summary ?? message ?? 'unknown error', start: range?.start ?? 0, end: range?.end ?? 0 };
}
