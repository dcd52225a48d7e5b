// Whether a Task is accepted.
import type { TaskReason } from '#api/conditions.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Task, TaskSpec } from '#api/v1alpha1/task.ts';
import { firstUnservable } from '#domain/capability/match.ts';
import { findCondition } from '#domain/conditions.ts';
import { intentFault } from '#domain/intent/validate.ts';

/** Everything the task reconciler may look at. */
export interface TaskView {
  readonly task: Task;
  /** False when the Mission that the Task names does not exist. */
  readonly hasMission: boolean;
  /** All pools; empty for a task of a mission. */
  readonly pools: readonly AgentPool[];
}

export interface TaskIntent {
  readonly kind: 'judge';
  readonly accepted: boolean;
  readonly reason: TaskReason<'Accepted'>;
  readonly message: string;
}

export interface TaskDecision {
  readonly intents: readonly (TaskIntent & { readonly note: string })[];
}

const quiet: TaskDecision = { intents: [] };
const maxBytes = 65_536;
const utf8 = new TextEncoder();

/** Decides whether a task is accepted. Pure and total. */
export function decideTask(view: TaskView): TaskDecision {
  const { spec, status, metadata } = view.task;
  if (status?.outcome !== undefined || metadata.deletionTimestamp !== undefined) return quiet;
  return spec.missionRef === undefined ? judgeAlone(view) : judgeOwned(view, spec.missionRef);
}

/** Tasks of a mission are judged with their mission; only the lack of one is news. */
function judgeOwned({ task, hasMission }: TaskView, { name, uid }: NonNullable<TaskSpec['missionRef']>): TaskDecision {
  if (!hasMission) return judge(task, 'Orphaned', `mission ${name} with uid ${uid} does not exist in namespace ${task.metadata.namespace}`);
  // A cache that lagged behind may have made an orphan of it.
  const wasOrphaned = findCondition(task.status?.conditions, 'Accepted')?.reason === 'Orphaned';
  return wasOrphaned ? judge(task, 'Accepted', 'the mission of the task exists') : quiet;
}

function judgeAlone(view: TaskView): TaskDecision {
  const { task } = view;
  // Once handed out it goes on, whatever becomes of the pools.
  if (task.status?.attempt !== undefined) return quiet;
  const fault = firstFault(view);
  return fault === undefined ? judge(task, 'Accepted', 'the spec is valid and a pool can serve the task') : judge(task, fault.reason, fault.message);
}

function firstFault({ task, pools }: TaskView): { readonly reason: Exclude<TaskReason<'Accepted'>, 'Accepted'>; readonly message: string } | undefined {
  const { spec, metadata } = task;
  const bytes = utf8.encode(JSON.stringify(spec)).length;
  if (bytes > maxBytes) return { reason: 'TooLarge', message: `spec: ${bytes} bytes, the limit is ${maxBytes}` };
  const wrong = intentFault(spec.type, spec.intent, 'intent');
  if (wrong !== undefined) return { reason: 'InvalidIntent', message: wrong };
  const unservable = firstUnservable([{ ...spec, field: 'the task', namespace: metadata.namespace, poolSelector: spec.poolSelector }], pools);
  return unservable === undefined ? undefined : { reason: 'NoMatchingPool', message: unservable.message };
}

/** Says it once: the same judgement again is no news. */
function judge(task: Task, reason: TaskReason<'Accepted'>, message: string): TaskDecision {
  const said = findCondition(task.status?.conditions, 'Accepted');
  if (said?.reason === reason && said.message === message && task.status?.observedGeneration === task.metadata.generation) return quiet;
  return { intents: [{ kind: 'judge', accepted: reason === 'Accepted', reason, message, note: `task ${task.metadata.name}: ${message}` }] };
}
