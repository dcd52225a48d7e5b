// Judges the expression of a goal by its text, when the mission is applied: whoever wrote it is still there.
import { parseCel, typeOfCel } from './environment.ts';
import { type ExpressionFault, type Read, readsOf } from './references.ts';
import { jsonVocabulary, taskVocabulary, type Vocabulary } from './vocabulary.ts';

export type { ExpressionFault } from './references.ts';

/** One place where an expression reads a fact: `tasks["run-tests"].observed.failed`. */
export interface Reference extends Read {
  readonly task: string;
  /** `['outcome']`, or `['observed', …]` with at least one more. */
  readonly path: readonly (string | number)[];
}

/** An expression that may be evaluated, with what it reads. */
export type Compiled<R extends Read = Read> = { readonly kind: 'compiled'; readonly reads: readonly R[]; readonly run: (value: unknown) => unknown } | { readonly kind: 'fault'; readonly fault: ExpressionFault };

/** Parses an expression over tasks and looks for everything that goals may not do. */
export function compileExpression(expression: string): Compiled<Reference> {
  const compiled = compile(expression, taskVocabulary);
  if (compiled.kind === 'fault') return compiled;
  return { ...compiled, reads: compiled.reads.map(({ path: [task, ...path], ...place }) => ({ task: String(task), path, ...place })) };
}

/** Parses an expression over `json` and looks for everything that checks of artifacts may not do. */
export function compileJsonExpression(expression: string): Compiled {
  return compile(expression, jsonVocabulary);
}

function compile(expression: string, vocabulary: Vocabulary): Compiled {
  const parsed = parseCel(expression, vocabulary.variable);
  if (parsed.kind === 'fault') return refuse(parsed.fault.message, parsed.fault.start);
  const found = readsOf(parsed.ast, vocabulary);
  if (found.kind === 'fault') return found;
  const typed = typeOfCel(expression, vocabulary.variable);
  if (typed.kind === 'fault') return refuse(typed.fault.message, typed.fault.start);
  if (typed.type !== 'bool' && typed.type !== 'dyn') return refuse(`gives ${typed.type}, but a goal must be true or false`, 0);
  return { kind: 'compiled', reads: found.reads, run: parsed.run };
}

function refuse(message: string, position: number): { readonly kind: 'fault'; readonly fault: ExpressionFault } {
  return { kind: 'fault', fault: { reason: 'InvalidExpression', message, position } };
}

/** What is wrong with the expression of a goal in a mission with these tasks, or undefined. */
export function checkExpression(expression: string, tasks: ReadonlySet<string>): ExpressionFault | undefined {
  const compiled = compileExpression(expression);
  if (compiled.kind === 'fault') return compiled.fault;
  const stray = compiled.reads.find(({ task }) => !tasks.has(task));
  return stray && { reason: 'InvalidExpression', message: `there is no task ${stray.task.slice(0, 63)}`, position: stray.start };
}

/** What is wrong with an expression over the JSON of an artifact, or undefined. */
export function checkJsonExpression(expression: string): ExpressionFault | undefined {
  const compiled = compileJsonExpression(expression);
  return compiled.kind === 'fault' ? compiled.fault : undefined;
}

/** `at 12: unexpected token` with the position counted from 1, as editors do. */
export function describeExpressionFault({ message, position }: ExpressionFault): string {
  return `at ${position + 1}: ${message}`;
}
