// A plan in the place of one that did not get there: what is still good is kept, what was wrong is tried with the facts in mind.
import type { z } from 'zod';
import type { MissionTask } from '#api/v1alpha1/mission.ts';
import type { MissionDocument } from './document.ts';
import { makePlan, type PlanAnswer } from './make-plan.ts';

type PlannedTask = z.input<typeof MissionTask>;
type Revision = NonNullable<MissionDocument['revision']>;

/** The answer that a planner asks for when it tells of a plan that failed. */
export interface RevisedAnswer extends PlanAnswer {
  readonly keep: readonly string[];
}

/** Plans anew for the same goal, with what went wrong in the words for those who mend. */
export function makeRevision(document: MissionDocument, revision: Revision): RevisedAnswer {
  const { tasks } = makePlan({ ...document, goal: `${document.goal}\n${lessonOf(revision)}` });
  const kept = keptOf(tasks, revision);
  const anew = new Map(tasks.filter(({ name }) => !kept.has(name)).map((task) => [task.name, nameAnew(task, document, revision)]));
  const named = (name: string) => anew.get(name) ?? name;
  const fresh = tasks.flatMap((task) => (anew.has(task.name) ? [{ ...task, name: named(task.name), dependsOn: (task.dependsOn ?? []).map(named) }] : []));
  return { summary: `Another way, after this: ${revision.why}`.slice(0, 1024), keep: [...kept], tasks: fresh };
}

/** What a person would tell the next one. */
function lessonOf({ why, goals }: Revision): string {
  const unmet = goals.filter(({ state }) => state === 'Unmet').map(({ name, evidence }) => `${name}: ${evidence}`);
  return `What was done before was not accepted. ${[why, ...unmet].join(' ')}`.slice(0, 1500);
}

/** Tasks that are as they were, with all that they depend on. */
function keptOf(tasks: readonly PlannedTask[], { plan, mayKeep }: Revision): ReadonlySet<string> {
  const before = new Map(plan.tasks.map((task) => [task.name, task]));
  const kept = new Set<string>();
  // A plan of these has few layers; each pass settles one.
  for (let settled = -1; settled !== kept.size; ) {
    settled = kept.size;
    for (const task of tasks) if (mayKeep.includes(task.name) && isSame(task, before.get(task.name)) && (task.dependsOn ?? []).every((name) => kept.has(name))) kept.add(task.name);
  }
  return kept;
}

function isSame(task: PlannedTask, before: Revision['plan']['tasks'][number] | undefined): boolean {
  const essence = ({ type, intent, dependsOn = [] }: Pick<PlannedTask, 'type' | 'intent' | 'dependsOn'>) => JSON.stringify([type, intent.action, intent.params ?? {}, dependsOn]);
  return before !== undefined && essence(task) === essence(before);
}

/** What has to run again unchanged needs another name; names that others speak of stay. */
function nameAnew({ name }: PlannedTask, { limits }: MissionDocument, { plan, earlier }: Revision): string {
  const names = new Set([...plan.tasks, ...earlier].map((task) => task.name));
  if (!names.has(name) || limits.requiredTaskNames.includes(name)) return name;
  let number = 2;
  while (names.has(`${name}-${number}`)) number += 1;
  return `${name.slice(0, 36)}-${number}`;
}
