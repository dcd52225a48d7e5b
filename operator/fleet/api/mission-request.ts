// From Submit and Enqueue to the Mission that is to exist: its name follows from the request id, its spec is checked as the reconciler would.
import { type Goal, MissionSpec, MissionTask } from '#api/v1alpha1/mission.ts';
import { Workspace } from '#api/v1alpha1/task.ts';
import { base32Lower, sha256 } from '#domain/digest.ts';
import { checkExpression, describeExpressionFault } from '#domain/expression/check.ts';
import { describeGraphFault, firstGraphFault } from '#domain/graph/fault.ts';
import { intentFault } from '#domain/intent/validate.ts';
import type { EnqueueRequest } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import type { SubmitRequest } from '#platform/rpc/generated/coditect/v1alpha1/orchestrator_pb.ts';
import { invalid, strictly } from './parse.ts';

const limits = { missionBytes: 131_072, taskBytes: 65_536, workspaceBytes: 16_384, tasks: 100 } as const;

/** A mission that somebody asks for. */
export interface WantedMission {
  readonly name: string;
  readonly spec: MissionSpec;
}

/** The mission that a Submit asks for. */
export function submittedMission({ requestId, specJson }: SubmitRequest): WantedMission {
  if (!/^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/.test(requestId)) throw invalid('request_id', 'must be 1 to 52 characters of a-z, 0-9 and -, with neither a dash at the start nor at the end');
  const spec = strictly(MissionSpec, specJson, 'spec_json', limits.missionBytes);
  refuseFaults(spec.tasks, (field) => `spec_json.${field}`);
  refuseGoals(spec.goals, spec.tasks);
  return { name: requestId, spec };
}

/** The mission that carries the tasks of an Enqueue. One failed task does not take the others with it: whoever enqueues did not make a plan. */
export function enqueuedMission({ requestId, priority, tasksJson, workspaceJson }: EnqueueRequest): WantedMission {
  if (!/^[a-z0-9-]{1,64}$/.test(requestId)) throw invalid('request_id', 'must be 1 to 64 characters of a-z, 0-9 and -');
  if (priority < -1000 || priority > 1000) throw invalid('priority', 'must be between -1000 and 1000');
  if (tasksJson.length === 0 || tasksJson.length > limits.tasks) throw invalid('tasks_json', `${tasksJson.length} tasks, must be 1 to ${limits.tasks}`);
  const bytes = tasksJson.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > limits.missionBytes) throw invalid('tasks_json', `${bytes} bytes together, the limit is ${limits.missionBytes}`);
  const tasks = tasksJson.map((text, index) => strictly(MissionTask, text, `tasks_json[${index}]`, limits.taskBytes));
  refuseFaults(tasks, (field) => field.replace(/^tasks/, 'tasks_json'));
  const workspace = workspaceJson === '' ? {} : { workspace: strictly(Workspace, workspaceJson, 'workspace_json', limits.workspaceBytes) };
  return { name: enqueuedName(requestId), spec: MissionSpec.parse({ goal: `The tasks of request ${requestId}`, tasks, priority, failurePolicy: 'Continue', ...workspace }) };
}

/** Name of the mission of an Enqueue: `q-`, what fits of the request id, and 10 characters that tell long ids apart. */
export function enqueuedName(requestId: string): string {
  return `q-${requestId.slice(0, 39)}-${base32Lower(sha256(requestId)).slice(0, 10)}`;
}

function refuseFaults(tasks: readonly MissionTask[], fieldOf: (field: string) => string): void {
  const graph = firstGraphFault(tasks);
  if (graph !== undefined) throw invalid(fieldOf(graph.field), describeGraphFault(graph).slice(graph.field.length + 2));
  for (const [index, { type, intent }] of tasks.entries()) {
    const field = fieldOf(`tasks[${index}].intent`);
    const fault = intentFault(type, intent, field);
    if (fault !== undefined) throw invalid(...splitField(fault, field));
  }
}

function refuseGoals(goals: readonly Goal[], tasks: readonly MissionTask[]): void {
  const names = new Set(tasks.map(({ name }) => name));
  for (const [index, { check }] of goals.entries()) {
    const fault = checkExpression(check.expression, names);
    if (fault !== undefined) throw invalid(`spec_json.goals[${index}].check.expression`, describeExpressionFault(fault));
  }
}

/** `field.more: reason` as its two parts. */
function splitField(text: string, fallback: string): [string, string] {
  const at = text.indexOf(': ');
  return at < 0 ? [fallback, text] : [text.slice(0, at), text.slice(at + 2)];
}
