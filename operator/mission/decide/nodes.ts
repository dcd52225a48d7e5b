// The tasks of the plan that exist or will, each with what became of it.
import type { MissionView, Node } from './view.ts';

/** How far the plan was carried out, as the status remembers it for this plan and run. */
export interface Extent {
  /** Number of tasks, in plan order, that are known to have existed as objects. */
  readonly createdThrough: number;
  /** Number of tasks that will exist: those that were left out for good are not among them. */
  readonly taskCount: number;
}

/** The extent of this plan and run; a whole plan of which nothing exists when the status speaks of another one. */
export function extentOf({ mission: { status }, run, plan, planHash }: MissionView): Extent {
  if (status?.plan?.hash !== planHash || status.runNumber !== run) return { createdThrough: 0, taskCount: plan.length };
  const { createdThrough, taskCount } = status.plan;
  return { createdThrough, taskCount: Math.min(taskCount, plan.length) };
}

/** The tasks of the plan without those that were left out: the last ones before finally. */
export function nodesOf({ plan, run, tasks, confirmedGone }: MissionView, { createdThrough, taskCount }: Extent): Node[] {
  const byName = new Map(tasks.filter(({ spec }) => spec.run === run).map((task) => [task.metadata.name, task]));
  const end = beginOfFinally(plan);
  const kept = [...plan.slice(0, Math.max(0, end - (plan.length - taskCount))), ...plan.slice(end)];
  return kept.map((planned, index) => nodeOf({ planned, index, task: byName.get(planned.objectName) }, createdThrough, confirmedGone));
}

function beginOfFinally(plan: MissionView['plan']): number {
  const index = plan.findIndex(({ phase }) => phase === 'finally');
  return index < 0 ? plan.length : index;
}

function nodeOf(place: Pick<Node, 'planned' | 'index' | 'task'>, createdThrough: number, confirmedGone: ReadonlySet<string>): Node {
  if (place.task !== undefined) return { ...place, object: 'there', result: place.task.status?.outcome?.result };
  if (place.index >= createdThrough) return { ...place, object: 'not created', result: undefined };
  return confirmedGone.has(place.planned.objectName) ? { ...place, object: 'deleted', result: 'Failed' } : { ...place, object: 'unproven', result: undefined };
}

/** Without the nodes that `isLeftOut` says will never exist. */
export function leaveOut(nodes: readonly Node[], isLeftOut: (node: Node) => boolean): Node[] {
  return nodes.filter((node) => !isLeftOut(node)).map((node, index) => ({ ...node, index }));
}
