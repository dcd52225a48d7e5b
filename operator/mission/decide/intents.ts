// What can be done about a mission, and which of it is due.
import type { OutcomeReason } from '#api/conditions.ts';
import { annotations, labels, taskRoles } from '#api/labels.ts';
import { group, version } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task, TaskResult } from '#api/v1alpha1/task.ts';
import type { PlannedTask } from '#domain/plan/expand.ts';
import { dependencyState, topologicalOrder } from '#domain/graph/graph.ts';
import type { Revision } from '#domain/planning/revision.ts';
import type { Ending } from './ending.ts';
import { endedBy, type Facts, isFirst } from './facts.ts';
import type { Extent } from './nodes.ts';
import { hasStarted, type MissionView, type Node } from './view.ts';

/** A Task to be created. */
export type NewTask = Pick<Task, 'apiVersion' | 'kind' | 'spec'> & { readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>>; readonly ownerReferences: readonly Owner[] } };

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: boolean;
  readonly blockOwnerDeletion: boolean;
}

export type MissionIntent =
  | { readonly kind: 'createTask'; readonly task: NewTask }
  | { readonly kind: 'deleteTask'; readonly task: Task }
  | { readonly kind: 'decideTask'; readonly task: Task; readonly result: TaskResult; readonly reason: OutcomeReason; readonly message: string }
  | { readonly kind: 'confirmGone'; readonly name: string }
  | { readonly kind: 'requestPlan'; readonly revision?: Revision; /** JSON of what was found before there was a plan. */ readonly survey?: string }
  | { readonly kind: 'abandonPlan' }
  | { readonly kind: 'deleteMission' };
export type NotedIntent = MissionIntent & { readonly note: string };

// The mark in the status is moved after each chunk; a crash repeats one chunk at most.
const chunk = 50;

/** Creates the next chunk of the plan, as far as its phases have begun. */
export function createMissing({ mission, planning }: MissionView, facts: Facts): NotedIntent[] {
  const made = { revision: planning.chain.at(-1)?.spec.revision, objects: planning.chain.length > 1 ? new Map(facts.nodes.map(({ planned }) => [planned.name, planned.objectName])) : undefined };
  return facts.nodes
    .slice(facts.extent.createdThrough, nextExtent(facts).createdThrough)
    .filter(({ task }) => task === undefined)
    .map(({ planned }) => ({ kind: 'createTask', task: newTask(mission, planned, made), note: `create task ${planned.name}` }));
}

/** How far the plan is once `createMissing` was carried out; what is left out by then stays so. */
export function nextExtent({ nodes, reach, extent: { createdThrough } }: Facts): Extent {
  return { createdThrough: Math.max(createdThrough, Math.min(reach, createdThrough + chunk)), taskCount: nodes.length };
}

/** Where a task comes from. */
interface Made {
  /** Revision of the Plan, where a planner made it. */
  readonly revision: number | undefined;
  /** Objects by names in the plan; only where a plan was revised. */
  readonly objects: ReadonlyMap<string, string> | undefined;
}

function newTask({ apiVersion, kind, metadata: { name, namespace, uid } }: Mission, { objectName, phase, spec }: PlannedTask, { revision, objects }: Made): NewTask {
  return {
    apiVersion: `${group}/${version}`,
    kind: 'Task',
    metadata: {
      name: objectName,
      namespace,
      labels: { [labels.mission]: uid, [labels.run]: String(spec.run ?? 1), ...(revision === undefined ? {} : { [labels.revision]: String(revision) }), ...(phase === 'work' ? {} : { [labels.role]: taskRoles[phase] }) },
      ...(objects === undefined ? {} : { annotations: { [annotations.dependencies]: JSON.stringify(Object.fromEntries(spec.dependsOn.map((dependency) => [dependency, objects.get(dependency) ?? '']))) } }),
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: false }],
    },
    spec,
  };
}

/** Deletes tasks that have not started and that the plan does not have any more. */
export function deleteStrays({ live }: MissionView, { strays }: Facts): NotedIntent[] {
  return strays.filter((task) => !hasStarted(task, live)).map((task) => ({ kind: 'deleteTask', task, note: `delete task ${nameOf(task)}: the plan has it no more` }));
}

/** Deletes the tasks of runs that are older than the mission keeps. */
export function deleteOldRuns({ mission, run, tasks }: MissionView): NotedIntent[] {
  return tasks
    .filter(({ spec }) => (spec.run ?? run) < run - mission.spec.runRetention)
    .map((task) => ({ kind: 'deleteTask', task, note: `delete task ${nameOf(task)} of run ${task.spec.run ?? 0}` }));
}

/** Decides tasks that cannot run any more: a dependency failed them. While another plan may come they are left as they are: it may want them. */
export function skipDependents({ nodes, trouble }: Facts): NotedIntent[] {
  if (trouble !== undefined) return [];
  return blocked(nodes).flatMap(({ planned, task, message }) => (task === undefined ? [] : [{ kind: 'decideTask', task, result: 'Skipped', reason: 'DependencyFailed', message, note: `skip task ${planned.name}: ${message}` }]));
}

/** True when no task of the graph can go on: each is decided, or waits for one that failed it. */
export function isStill({ live }: MissionView, { nodes }: Facts): boolean {
  const waiting = new Set(blocked(nodes).map(({ planned }) => planned.objectName));
  return nodes.filter(isFirst).every(({ result, planned, task }) => result !== undefined || (waiting.has(planned.objectName) && !(task !== undefined && hasStarted(task, live))));
}

type Blocked = Node & { readonly message: string };

/** Tasks without outcome that a dependency failed, directly or not. */
function blocked(nodes: readonly Node[]): Blocked[] {
  const results = new Map(nodes.flatMap(({ planned, result }) => (result === undefined ? [] : [[planned.name, result] as const])));
  const plan = new Map(nodes.map(({ planned: { name, spec } }) => [name, { name, dependsOn: spec.dependsOn, onFailure: spec.onFailure }]));
  const found: Blocked[] = [];
  for (const node of inDependencyOrder(nodes)) {
    const { planned } = node;
    const state = dependencyState({ name: planned.name, dependsOn: planned.spec.dependsOn }, plan, results);
    if (state.kind !== 'failed') continue;
    results.set(planned.name, 'Skipped');
    found.push({ ...node, message: `task ${state.dependency} ended as ${state.result}` });
  }
  return found;
}

/** Nodes without outcome after those they depend on, so that one pass skips a whole chain. */
function inDependencyOrder(nodes: readonly Node[]): readonly Node[] {
  const open = new Map(nodes.filter(({ result }) => result === undefined).map((node) => [node.planned.name, node]));
  const order = topologicalOrder([...open.values()].map(({ planned: { name, spec } }) => ({ name, dependsOn: spec.dependsOn.filter((dependency) => open.has(dependency)) }))) ?? [];
  return order.map((name) => open.get(name)).filter((node) => node !== undefined);
}

/** Decides what an early end leaves behind, also of tasks that the plan does not have any more. */
export function cancelRest({ live }: MissionView, facts: Facts, ending: Ending): NotedIntent[] {
  const { taskReason, message, abortsRunning } = ending;
  return endedBy(ending, facts)
    .filter(({ metadata }) => abortsRunning || !live.has(metadata.uid))
    .map((task) => ({ kind: 'decideTask', task, result: 'Cancelled', reason: taskReason, message, note: `cancel task ${nameOf(task)}: ${message}` }));
}

/** Asks the API server about objects that have existed and that the cache does not show. */
export function confirmAbsences({ nodes }: Facts): NotedIntent[] {
  return nodes.filter(({ object }) => object === 'unproven').map(({ planned: { name, objectName } }) => ({ kind: 'confirmGone', name: objectName, note: `ask whether task ${name} was deleted` }));
}

function nameOf({ metadata, spec }: Task): string {
  return spec.taskName ?? metadata.name;
}
