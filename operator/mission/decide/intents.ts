// What can be done about a mission, and which of it is due.
import type { OutcomeReason } from '#api/conditions.ts';
import { labels, taskRoles } from '#api/labels.ts';
import { group, version } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task, TaskResult } from '#api/v1alpha1/task.ts';
import type { PlannedTask } from '#domain/plan/expand.ts';
import { dependencyState, topologicalOrder } from '#domain/graph/graph.ts';
import type { Ending } from './ending.ts';
import { endedBy, type Facts } from './facts.ts';
import type { Extent } from './nodes.ts';
import { hasStarted, type MissionView, type Node } from './view.ts';

/** A Task to be created. */
export type NewTask = Pick<Task, 'apiVersion' | 'kind' | 'spec'> & { readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Readonly<Record<string, string>>; readonly ownerReferences: readonly Owner[] } };

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
  | { readonly kind: 'requestPlan' }
  | { readonly kind: 'abandonPlan' }
  | { readonly kind: 'deleteMission' };
export type NotedIntent = MissionIntent & { readonly note: string };

// The mark in the status is moved after each chunk; a crash repeats one chunk at most.
const chunk = 50;

/** Creates the next chunk of the plan, as far as its phases have begun. */
export function createMissing({ mission }: MissionView, facts: Facts): NotedIntent[] {
  return facts.nodes
    .slice(facts.extent.createdThrough, nextExtent(facts).createdThrough)
    .filter(({ task }) => task === undefined)
    .map(({ planned }) => ({ kind: 'createTask', task: newTask(mission, planned), note: `create task ${planned.name}` }));
}

/** How far the plan is once `createMissing` was carried out; what is left out by then stays so. */
export function nextExtent({ nodes, reach, extent: { createdThrough } }: Facts): Extent {
  return { createdThrough: Math.max(createdThrough, Math.min(reach, createdThrough + chunk)), taskCount: nodes.length };
}

function newTask({ apiVersion, kind, metadata: { name, namespace, uid } }: Mission, { objectName, phase, spec }: PlannedTask): NewTask {
  return {
    apiVersion: `${group}/${version}`,
    kind: 'Task',
    metadata: {
      name: objectName,
      namespace,
      labels: { [labels.mission]: uid, [labels.run]: String(spec.run ?? 1), ...(phase === 'work' ? {} : { [labels.role]: taskRoles[phase] }) },
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

/** Decides tasks that cannot run any more: a dependency failed them. */
export function skipDependents({ nodes }: Facts): NotedIntent[] {
  const results = new Map(nodes.flatMap(({ planned, result }) => (result === undefined ? [] : [[planned.name, result] as const])));
  const plan = new Map(nodes.map(({ planned: { name, spec } }) => [name, { name, dependsOn: spec.dependsOn, onFailure: spec.onFailure }]));
  const intents: NotedIntent[] = [];
  for (const { planned, task } of inDependencyOrder(nodes)) {
    const state = dependencyState({ name: planned.name, dependsOn: planned.spec.dependsOn }, plan, results);
    if (state.kind !== 'failed') continue;
    results.set(planned.name, 'Skipped');
    const message = `task ${state.dependency} ended as ${state.result}`;
    if (task !== undefined) intents.push({ kind: 'decideTask', task, result: 'Skipped', reason: 'DependencyFailed', message, note: `skip task ${planned.name}: ${message}` });
  }
  return intents;
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
