// From Submit and Enqueue to the Mission that is to exist: its name follows from the request id, its spec is checked as the reconciler would.
import { MissionSpec, MissionTask } from '#api/v1alpha1/mission.ts';
import { Workspace } from '#api/v1alpha1/task.ts';
import { base32Lower, sha256 } from '#domain/digest.ts';
import { firstPlanFault } from '#domain/plan/faults.ts';
import { faultNoPlanMends } from '#domain/planning/needs.ts';
import type { EnqueueRequest } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import type { PlanRequest, SubmitRequest } from '#platform/rpc/generated/coditect/v1alpha1/orchestrator_pb.ts';
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
  return { name: requestId, spec: specFrom(specJson) };
}

/** What a Plan asks about: a mission that leaves its tasks to a planner. */
export function previewedSpec({ specJson }: PlanRequest): MissionSpec {
  const spec = specFrom(specJson);
  if (spec.planner === undefined) throw invalid('spec_json.planner', 'must be set: without it the tasks are those of the spec, and there is nothing to plan');
  return spec;
}

function specFrom(specJson: string): MissionSpec {
  const spec = strictly(MissionSpec, specJson, 'spec_json', limits.missionBytes);
  if (spec.planner !== undefined && spec.tasks.length > 0) throw invalid('spec_json.tasks', 'planner makes the task graph: leave tasks out, or leave planner out');
  refuseFaults(spec, (field) => `spec_json.${field}`);
  return spec;
}

/** The mission that carries the tasks of an Enqueue. One failed task does not take the others with it: whoever enqueues did not make a plan. */
export function enqueuedMission({ requestId, priority, tasksJson, workspaceJson }: EnqueueRequest): WantedMission {
  if (!/^[a-z0-9-]{1,64}$/.test(requestId)) throw invalid('request_id', 'must be 1 to 64 characters of a-z, 0-9 and -');
  if (priority < -1000 || priority > 1000) throw invalid('priority', 'must be between -1000 and 1000');
  if (tasksJson.length === 0 || tasksJson.length > limits.tasks) throw invalid('tasks_json', `${tasksJson.length} tasks, must be 1 to ${limits.tasks}`);
  const bytes = tasksJson.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > limits.missionBytes) throw invalid('tasks_json', `${bytes} bytes together, the limit is ${limits.missionBytes}`);
  const tasks = tasksJson.map((text, index) => strictly(MissionTask, text, `tasks_json[${index}]`, limits.taskBytes));
  const workspace = workspaceJson === '' ? {} : { workspace: strictly(Workspace, workspaceJson, 'workspace_json', limits.workspaceBytes) };
  const spec = MissionSpec.parse({ goal: `The tasks of request ${requestId}`, tasks, priority, failurePolicy: 'Continue', ...workspace });
  refuseFaults(spec, (field) => field.replace(/^tasks/, 'tasks_json'));
  return { name: enqueuedName(requestId), spec };
}

/** Name of the mission of an Enqueue: `q-`, what fits of the request id, and 10 characters that tell long ids apart. */
export function enqueuedName(requestId: string): string {
  return `q-${requestId.slice(0, 39)}-${base32Lower(sha256(requestId)).slice(0, 10)}`;
}

function refuseFaults(spec: MissionSpec, fieldOf: (field: string) => string): void {
  const fault = spec.planner === undefined ? firstPlanFault(spec) : faultBeforePlan(spec);
  if (fault !== undefined) throw invalid(fieldOf(fault.field), fault.message);
}

/** Of a mission without tasks only what no plan could mend is wrong. */
function faultBeforePlan(spec: MissionSpec): { readonly field: string; readonly message: string } | undefined {
  const text = faultNoPlanMends(spec);
  if (text === undefined) return undefined;
  const at = text.indexOf(': ');
  return { field: text.slice(0, at), message: text.slice(at + 2) };
}
