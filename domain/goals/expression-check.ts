// Decides a goal whose check is an expression over what the tasks of the mission measured.
import { compileExpression, type Reference } from '#domain/expression/check.ts';
import { evaluateExpression, type Evaluation, type ExpressionFacts } from '#domain/expression/evaluate.ts';
import { describeEvidence } from './evidence.ts';
import { countsAsEvidence } from './facts.ts';
import type { Verdict, World } from './verdict.ts';

/** The verdict of an expression. */
export function judgeExpression(expression: string, world: World): Verdict {
  const compiled = compileExpression(expression);
  if (compiled.kind === 'fault') return { state: 'Unmet', reason: 'ExpressionError', evidence: describeEvidence([], world.tasks, compiled.fault.message) };
  const facts = provenFacts(world);
  return verdictOf(evaluateExpression(expression, facts), { references: compiled.reads, facts }, world);
}

/** Only what proves something: decided tasks that count as evidence. */
function provenFacts({ tasks, trees }: World): Map<string, ExpressionFacts> {
  const facts = new Map<string, ExpressionFacts>();
  for (const task of tasks.values()) {
    if (task.outcome !== undefined && countsAsEvidence(task, trees)) facts.set(task.name, { outcome: task.outcome, observed: task.observed });
  }
  return facts;
}

interface Looked {
  readonly references: readonly Reference[];
  readonly facts: ReadonlyMap<string, ExpressionFacts>;
}

function verdictOf(result: Evaluation, { references, facts }: Looked, { tasks }: World): Verdict {
  const evidence = (remark?: string) => describeEvidence(references, tasks, remark);
  if (result.kind === 'true') return { state: 'Met', reason: 'ExpressionTrue', evidence: evidence() };
  if (result.kind === 'false') return { state: 'Unmet', reason: 'ExpressionFalse', evidence: evidence() };
  const read = references.map(({ task }) => tasks.get(task)).filter((task) => task !== undefined);
  if (read.some(({ outcome }) => outcome === undefined)) return { state: 'Unknown', reason: 'Waiting', evidence: evidence() };
  const unproven = read.find(({ name }) => !facts.has(name));
  if (unproven !== undefined) return { state: 'Unmet', reason: 'UnverifiedEvidence', evidence: evidence(`${unproven.name} did not run on the recorded files or changed them`) };
  if (result.kind === 'missing') return { state: 'Unmet', reason: 'FieldMissing', evidence: evidence(`missing: ${result.field}`) };
  return { state: 'Unmet', reason: 'ExpressionError', evidence: evidence(result.message) };
}
