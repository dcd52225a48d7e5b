// Mission: a goal, the checks that prove it, and the task graph that gets there.
import { z } from 'zod';
import { cel, Conditions, LabelName, listType, type ObjectMeta, ObservedGeneration, Seconds, TaskName, Time } from './schema.ts';
import { PoolSelector, taskDefinition, Workspace } from './task.ts';

export const GoalCheck = z.object({
  expression: z
    .string()
    .min(1)
    .max(1024)
    .describe('CEL expression over the tasks of this mission that must be true, for example `tasks["run-tests"].outcome == "Succeeded" && tasks["run-tests"].observed.failed == 0`. Only outcome and observed may be read.'),
});

export const Goal = z.object({
  name: LabelName.describe('Name of the goal.'),
  description: z.string().max(1024).optional().describe('The goal in words.'),
  required: z.boolean().default(true).describe('Whether the mission fails when the goal is not met. Default true.'),
  check: GoalCheck.describe('What proves the goal.'),
});
export type Goal = z.infer<typeof Goal>;

export const MissionTask = z.object({ name: TaskName.describe('Name of the task, unique in the mission.'), ...taskDefinition });
export type MissionTask = z.infer<typeof MissionTask>;

/** What a Mission wishes for. Its writer is the user alone. */
export const MissionSpec = z
  .object({
    goal: z.string().min(1).max(8192).describe('What is to be achieved, in words.'),
    goals: z.array(Goal).max(32).default([]).meta(listType.mapBy('name')).describe('Checks that prove the goal. Without any, the mission succeeds when its tasks do.'),
    tasks: z.array(MissionTask).max(100).default([]).meta(listType.mapBy('name')).describe('The explicit task graph, at most 100 tasks.'),
    workspace: Workspace.optional().describe('Files the tasks work on. Unset: an empty folder.'),
    poolSelector: PoolSelector.optional().describe('Which pools may run the tasks. Unset: every pool that may serve this namespace.'),
    parallelism: z.int().min(1).max(1000).optional().describe('How many tasks may run at once. Unset: as many as there are slots.'),
    priority: z.int().min(-1000).max(1000).default(0).describe('Tasks of missions with a higher number start first. Default 0.'),
    failurePolicy: z
      .enum(['FailFast', 'Continue'])
      .default('FailFast')
      .describe('FailFast: the first failed task cancels what is left. Continue: everything that does not depend on it still runs. Default FailFast.'),
    errorThreshold: z.int().min(0).max(100).default(0).describe('With failurePolicy Continue: how many failed tasks are tolerated before what is left is cancelled and the mission fails. Default 0: the mission fails, but everything still runs.'),
    operatingMode: z
      .enum(['Run', 'Suspend', 'Stop', 'Cancel'])
      .default('Run')
      .describe('Run. Suspend: nothing new starts. Stop: nothing new starts, running attempts finish, the rest is cancelled. Cancel: running attempts are aborted too. Default Run.'),
    activeDeadlineSeconds: z.int().min(1).max(2_592_000).optional().describe('Longest time from start to end of a run, in seconds, suspended time included. Unset: no limit.'),
    ttlSecondsAfterFinished: Seconds.optional().describe('Delete the mission this many seconds after it finished. Unset: keep it. Not carried out on objects that Argo CD or Flux tracks.'),
    runRequest: z.string().min(1).max(64).optional().describe('Change this text to run a finished mission again.'),
    runRetention: z.int().min(0).max(10).default(1).describe('How many earlier runs keep their Task objects. Default 1.'),
  })
  .meta(cel({ rule: "self.failurePolicy == 'Continue' || self.errorThreshold == 0", message: 'errorThreshold needs failurePolicy Continue' }));
export type MissionSpec = z.infer<typeof MissionSpec>;

export const goalStates = ['Unknown', 'Met', 'Unmet'] as const;
export type GoalState = (typeof goalStates)[number];

const Count = z.int().min(0).max(2_147_483_647);

export const GoalStatus = z.object({
  name: LabelName.describe('Name of the goal.'),
  state: z.enum(goalStates).describe('Unknown until it can be decided, then Met or Unmet.'),
  reason: z.string().min(1).max(63).describe('Why, one CamelCase word from docs/troubleshooting.md.'),
  evidence: z.string().max(512).describe('The facts that the check read.'),
  checkedTime: Time.optional().describe('When the state was decided.'),
});
export type GoalStatus = z.infer<typeof GoalStatus>;

export const TaskCounts = z.object({
  total: Count.describe('Tasks of the plan.'),
  pending: Count.describe('Tasks that have not been handed out yet.'),
  running: Count.describe('Tasks that have run for a second or longer.'),
  succeeded: Count.describe('Tasks with outcome Succeeded.'),
  failed: Count.describe('Tasks with outcome Failed.'),
  skipped: Count.describe('Tasks with outcome Skipped.'),
  cancelled: Count.describe('Tasks with outcome Cancelled.'),
});
export type TaskCounts = z.infer<typeof TaskCounts>;

/** What is known of a Mission. `operator/mission` is its only writer. */
export const MissionStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  conditions: Conditions.optional(),
  runNumber: z.int().min(1).max(2_147_483_647).optional().describe('Number of the current or last run, from 1.'),
  observedRunRequest: z.string().max(64).optional().describe('runRequest of the current or last run.'),
  startTime: Time.optional().describe('When the current or last run started.'),
  completionTime: Time.optional().describe('When the run ended.'),
  durationSeconds: z.int().min(0).max(9_007_199_254_740_991).optional().describe('Length of the finished run, in whole seconds, rounded.'),
  plan: z
    .object({
      hash: z.string().max(64).describe('SHA-256 over the task definitions of the plan.'),
      source: z.enum(['Manifest']).describe('Who made the plan: Manifest for an explicit graph.'),
      taskCount: Count.describe('Tasks of the plan.'),
      createdThrough: Count.describe('Number of tasks, in plan order, known to exist as objects.'),
    })
    .optional()
    .describe('The plan that is carried out.'),
  workspace: z
    .object({
      commit: z.string().max(64).optional().describe('Commit that the first task found; every later one starts from it.'),
      tree: z.string().max(64).describe('Git tree hash of the files that the first task found.'),
    })
    .optional()
    .describe('The files that this run is about.'),
  goals: z.array(GoalStatus).max(32).optional().meta(listType.mapBy('name')).describe('State and evidence of each goal.'),
  goalsMet: z.string().max(16).optional().describe('Goals met of all goals, for example 3/5.'),
  tasks: TaskCounts.optional().describe('Tasks of the current run by state.'),
  tasksDone: z.string().max(16).optional().describe('Tasks with an outcome of all tasks, for example 12/40.'),
  currentTasks: z.array(TaskName).max(20).optional().meta(listType.set).describe('Up to 20 tasks that run now.'),
  failedTasks: z
    .array(
      z.object({
        name: TaskName.describe('Name of the task.'),
        reason: z.string().min(1).max(63).describe('Reason of its outcome.'),
        message: z.string().max(256).describe('Start of its message.'),
      }),
    )
    .max(10)
    .optional()
    .meta(listType.mapBy('name'))
    .describe('Up to 10 failed tasks.'),
});
export type MissionStatus = z.infer<typeof MissionStatus>;

/** Rules at the root of the CRD. */
export const missionRules = [{ rule: 'size(self.metadata.name) <= 52 && self.metadata.name.matches("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")', message: 'metadata.name must be an RFC 1123 label of at most 52 characters' }] as const;

export interface Mission {
  readonly apiVersion: 'coditect.ai/v1alpha1';
  readonly kind: 'Mission';
  readonly metadata: ObjectMeta;
  readonly spec: MissionSpec;
  readonly status?: MissionStatus;
}
