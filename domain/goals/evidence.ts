// The sentence that shows by which facts a goal was decided.
import type { Json } from '#api/v1alpha1/json.ts';
import { plainText } from '#domain/conditions.ts';
import type { Reference } from '#domain/expression/check.ts';
import type { TaskFact } from './facts.ts';

const evidenceLimit = 512;
const valueLimit = 80;

/** The facts that an expression read, task by task, in at most 512 characters: `tasks.t: outcome=Succeeded, observed.failed=0 (tree 1a2b3c4d, attempt 1)`. */
export function describeEvidence(references: readonly Reference[], facts: ReadonlyMap<string, TaskFact>, remark = ''): string {
  const byTask = new Map<string, Set<string>>();
  for (const reference of references) {
    const lines = byTask.get(reference.task) ?? new Set();
    byTask.set(reference.task, lines.add(describeFact(reference, facts.get(reference.task))));
  }
  const tasks = [...byTask].map(([name, read]) => `tasks.${name}: ${[...read].join(', ')}${describeOrigin(facts.get(name))}`);
  return plainText([...(remark === '' ? [] : [remark]), ...tasks].join('; '), evidenceLimit);
}

function describeFact({ path }: Reference, fact: TaskFact | undefined): string {
  const name = path.join('.');
  if (fact?.outcome === undefined) return `${name} is not known yet`;
  if (path[0] === 'outcome') return `${name}=${fact.outcome}`;
  const value = valueAt(fact.observed, path.slice(1));
  return value === undefined ? `${name} is missing` : `${name}=${plainText(JSON.stringify(value), valueLimit)}`;
}

/** ` (tree 1a2b3c4d, attempt 1)`: where the facts of a task come from; empty while there are none. */
export function describeOrigin(fact: TaskFact | undefined): string {
  if (fact?.outcome === undefined) return '';
  const { workspace, attempt } = fact;
  const trees = workspace && (workspace.treeAfter === workspace.treeBefore ? `tree ${short(workspace.treeBefore)}` : `tree ${short(workspace.treeBefore)} changed to ${short(workspace.treeAfter)}`);
  const origin = [...(trees === undefined ? [] : [trees]), ...(attempt === 0 ? [] : [`attempt ${attempt}`])];
  return origin.length === 0 ? '' : ` (${origin.join(', ')})`;
}

const short = (tree: string) => tree.slice(0, 8);

/** The value at a path of keys; undefined when there is none. */
export function valueAt(value: Json, path: readonly (string | number)[]): Json | undefined {
  let at: Json | undefined = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string | number, Json>>)[key];
  }
  return at;
}
