// Judges the expression of a goal by its text, when the mission is applied: whoever wrote it is still there.
import { parseCel, typeOfCel } from './environment.ts';
import { type ExpressionFault, type Reference, referencesOf } from './references.ts';

export type { ExpressionFault, Reference } from './references.ts';

/** An expression that may be evaluated, with the facts it reads. */
export type Compiled = { readonly kind: 'compiled'; readonly references: readonly Reference[]; readonly run: (tasks: unknown) => unknown } | { readonly kind: 'fault'; readonly fault: ExpressionFault };

/** Parses an expression and looks for everything that goals may not do. */
export function compileExpression(expression: string): Compiled {
  const parsed = parseCel(expression);
  if (parsed.kind === 'fault') return refuse(parsed.fault.message, parsed.fault.start);
  const found = referencesOf(parsed.ast);
  if (found.kind === 'fault') return found;
  const typed = typeOfCel(expression);
  if (typed.kind === 'fault') return refuse(typed.fault.message, typed.fault.start);
  if (typed.type !== 'bool' && typed.type !== 'dyn') return refuse(`gives ${typed.type}, but a goal must be true or false`, 0);
  return { kind: 'compiled', references: found.references, run: parsed.run };
}

function refuse(message: string, position: number): Compiled {
  return { kind: 'fault', fault: { reason: 'InvalidExpression', message, position } };
}

/** What is wrong with the expression of a goal in a mission with these tasks, or undefined. */
export function checkExpression(expression: string, tasks: ReadonlySet<string>): ExpressionFault | undefined {
  const compiled = compileExpression(expression);
  if (compiled.kind === 'fault') return compiled.fault;
  const stray = compiled.references.find(({ task }) => !tasks.has(task));
  return stray && { reason: 'InvalidExpression', message: `there is no task ${stray.task.slice(0, 63)}`, position: stray.start };
}

/** `at 12: unexpected token` with the position counted from 1, as editors do. */
export function describeExpressionFault({ message, position }: ExpressionFault): string {
  return `at ${position + 1}: ${message}`;
}

/** Names of the tasks that an expression reads, each once; none for an expression that is refused. */
export function referencedTasks(expression: string): string[] {
  const compiled = compileExpression(expression);
  return compiled.kind === 'fault' ? [] : [...new Set(compiled.references.map(({ task }) => task))];
}
