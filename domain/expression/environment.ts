// CEL as goals may use it: the library's parser and evaluator, held small. Nothing here knows the time or can loop for long.
import { type ASTNode, Environment } from '@marcbachmann/cel-js';

export const expressionLimits = { maxLength: 1024, maxAstNodes: 256, maxDepth: 24 } as const;

const limits = { maxAstNodes: expressionLimits.maxAstNodes, maxDepth: expressionLimits.maxDepth, maxListElements: 64, maxMapEntries: 16, maxCallArguments: 3 };

const typed = new Environment({ limits, homogeneousAggregateLiterals: false })
  .registerType('TaskFacts', { fields: { outcome: 'string', observed: 'map' } })
  .registerVariable('tasks', 'map<string, TaskFacts>');

// The facts are plain maps, so evaluation asks for no declared type: what a measured value is, only its value knows.
const untyped = new Environment({ limits, homogeneousAggregateLiterals: false }).registerVariable('tasks', 'dyn');

/** Why a text is no expression, or an evaluation gave nothing. */
export interface CelFault {
  readonly code: string;
  readonly message: string;
  /** Characters of the source that the fault is about. */
  readonly start: number;
  readonly end: number;
}

export type Parsed = { readonly kind: 'parsed'; readonly ast: ASTNode; readonly run: (tasks: unknown) => unknown } | { readonly kind: 'fault'; readonly fault: CelFault };

/** The tree of an expression. */
export function parseCel(source: string): Parsed {
  if (source.length > expressionLimits.maxLength) return { kind: 'fault', fault: { code: 'too_long', message: `${source.length} characters, the limit is ${expressionLimits.maxLength}`, start: 0, end: 0 } };
  try {
    const parsed = untyped.parse(source);
    return { kind: 'parsed', ast: parsed.ast, run: (tasks) => parsed({ tasks }) };
  } catch (error) {
    return { kind: 'fault', fault: celFault(error) };
  }
}

/** Type of the value that an expression gives (`dyn` when only the facts decide), or what is wrong with its types. */
export function typeOfCel(source: string): { readonly kind: 'type'; readonly type: string } | { readonly kind: 'fault'; readonly fault: CelFault } {
  const { valid, type, error } = typed.check(source);
  return valid ? { kind: 'type', type: type ?? 'dyn' } : { kind: 'fault', fault: celFault(error) };
}

/** What the library threw, as a value; also for the RangeErrors of the runtime itself. */
export function celFault(error: unknown): CelFault {
  const { code = 'runtime', summary, message, range }: { code?: string; summary?: string; message?: string; range?: { start: number; end: number } } = error instanceof Error ? error : { message: String(error) };
  return { code, message: summary ?? message ?? 'unknown error', start: range?.start ?? 0, end: range?.end ?? 0 };
}
