// Task: one node of a plan, or the smallest useful thing a user applies alone.
import { z } from 'zod';
import { JsonObject } from './json.ts';
import { AgentType, Artifact, CapabilityName, cel, Conditions, Epoch, LabelMap, LabelName, listType, type ObjectMeta, ObjectName, ObservedGeneration, Quantity, TaskName, Time, Uid } from './schema.ts';

export const Intent = z.object({
  action: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[A-Z][A-Za-z0-9]*$/)
    .describe('High-level action the agent is asked for, for example AnalyzeCode, RunTests, RunCommand, WriteReport. The role of the agent must know it.'),
  params: JsonObject.optional().describe('Parameters of the action; which ones exist is the action\'s matter (docs/reference/intents.md). At most 32 keys, 4 KiB, whole numbers only, no secrets.'),
});
export type Intent = z.infer<typeof Intent>;

export const TaskInput = z.object({
  name: LabelName.describe('Name under which the agent finds the value.'),
  task: TaskName.describe('Task whose result is read; must be listed in dependsOn, except in finally.'),
  field: z
    .string()
    .min(1)
    .max(253)
    .regex(/^((observed|claimed)(\.[A-Za-z0-9_-]+)+|artifacts\.[A-Za-z0-9._-]+)$/)
    .describe('Which result: `observed.<path>` for what the runtime measured, `claimed.<path>` for what a model or script said, `artifacts.<name>` for a blob, which the agent can read.'),
});
export type TaskInput = z.infer<typeof TaskInput>;

const ToolName = z.string().min(1).max(63).regex(/^[a-z][a-z0-9_]*$/);

export const RetryPolicy = z.object({
  limit: z.int().min(0).max(10).default(2).describe('How many further attempts follow a failed one. Default 2. Ignored for sideEffects External, which is never retried by itself.'),
  backoffSeconds: z.int().min(0).max(3600).default(1).describe('Wait before the first retry, in seconds; it doubles with each further one. Default 1.'),
  maxBackoffSeconds: z.int().min(0).max(86_400).default(60).describe('Longest wait between two attempts, in seconds. Default 60.'),
});
export type RetryPolicy = z.infer<typeof RetryPolicy>;

export const Resources = z.object({
  cpu: Quantity.optional().describe('CPU that one slot of the agent must offer, for example `500m`. Unset: any.'),
  memory: Quantity.optional().describe('Memory that one slot of the agent must offer, for example `256Mi`. Unset: any.'),
});
export type Resources = z.infer<typeof Resources>;

export const GitWorkspace = z
  .object({
    url: z.string().min(1).max(1024).regex(/^(https?|ssh|git):\/\/[^\s]+$/).describe('Repository to clone: an https, http, ssh or git URL without a password.'),
    ref: z.string().min(1).max(255).regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/).default('HEAD').describe('Branch, tag or commit. Default HEAD of the remote.'),
    subPath: z.string().min(1).max(255).regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/).optional().describe('Folder inside the repository that actions work in. Unset: its root.'),
    secretRef: z.object({ name: ObjectName.describe('Name of a Secret that the pool lists in gitSecrets.') }).optional().describe('Credentials for the repository. Only agents of pools that list this Secret can run the tasks. Unset: none.'),
  })
  .meta(cel({ rule: "!self.url.matches('^[a-z]+://[^/]*@') || self.url.startsWith('ssh://')", message: 'url must not hold a user or password: credentials come from the pool' }));

export const Workspace = z
  .object({
    git: GitWorkspace.optional().describe('A git repository, read-only for the agent.'),
    configMap: z.object({ name: ObjectName.describe('Name of the ConfigMap in the same namespace.') }).optional().describe('Files from the keys of a ConfigMap.'),
  })
  .meta(cel({ rule: 'has(self.git) != has(self.configMap)', message: 'exactly one of git and configMap must be set' }));
export type Workspace = z.infer<typeof Workspace>;

export const ModelName = z.string().min(1).max(128).regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]*$/);
/** US dollars as a decimal string. */
export const Usd = z.string().min(4).max(16).regex(/^[0-9]{1,9}\.[0-9]{2,6}$/);

export const ModelPolicy = z.object({
  tiers: z.array(ModelName).min(1).max(4).optional().meta(listType.atomic).describe('Models from the cheapest to the strongest, at most 4. Work begins with the first; the next one takes over when tests show that it does not get there. Unset: the one model of the installation.'),
  reuse: z.enum(['None', 'Exact']).optional().describe('Whether a question of a task may have the answer that an equal one of the namespace was given within the hour. None: only a question with temperature 0. Exact: any that names no temperature; the first attempt alone, a further one asks anew. Unset: None.'),
  slackSeconds: z.int().min(0).max(86_400).optional().describe('How long one answer of a model may take, in seconds. From 3600 on calls go to the batch endpoint of the provider, at half the price; give attempts that wait for several of them a longer activeDeadlineSeconds. Unset: answers are wanted at once.'),
});
export type ModelPolicy = z.infer<typeof ModelPolicy>;

export const ToolPolicy = z.object({
  allow: z.array(ToolName).min(1).max(32).optional().meta(listType.set).describe('The only tools that a thinking agent may use, besides finish. Unset: all that its role has.'),
  deny: z.array(ToolName).min(1).max(32).optional().meta(listType.set).describe('Tools that it may not use, also when allow names them. Unset: none.'),
});
export type ToolPolicy = z.infer<typeof ToolPolicy>;

export const Memoize = z.object({
  maxAgeSeconds: z.int().min(1).max(2_592_000).default(604_800).describe('How old a result may be that is used again, in seconds. Default 604800, a week.'),
});
export type Memoize = z.infer<typeof Memoize>;

export const PoolSelector = z.object({ matchLabels: LabelMap.describe('Labels that a pool must carry, at most 16.') });
export type PoolSelector = z.infer<typeof PoolSelector>;

/** What both a Mission's task and a Task say about the work itself. */
export const taskDefinition = {
  type: AgentType.describe('Role an agent must have to run this task, for example Analyzer or Tester.'),
  intent: Intent.describe('What is to be done.'),
  dependsOn: z.array(TaskName).max(64).default([]).meta(listType.set).describe('Names of tasks of the same mission that must have succeeded before this one may start.'),
  inputs: z.array(TaskInput).max(16).default([]).meta(listType.mapBy('name')).describe('Values taken from results of tasks this one depends on.'),
  workspaceFrom: TaskName.optional().describe('Start from the files that this dependency produced, instead of the workspace itself. Must be listed in dependsOn.'),
  capabilities: z.array(CapabilityName).max(16).default([]).meta(listType.set).describe('Capabilities that the agent must have.'),
  resources: Resources.optional().describe('What one slot of the agent must offer.'),
  sideEffects: z
    .enum(['None', 'Idempotent', 'External'])
    .default('None')
    .describe('Effects outside the workspace. None or Idempotent: may run again after a loss. External: recorded before it is sent, never retried or reassigned by itself. Default None.'),
  retryPolicy: RetryPolicy.prefault({}).describe('What happens after a failed attempt.'),
  activeDeadlineSeconds: z.int().min(1).max(604_800).default(3600).describe('Longest run time of one attempt, in seconds. Default 3600.'),
  modelPolicy: ModelPolicy.optional().describe('Which models a thinking agent asks. Unset: what the mission says.'),
  toolPolicy: ToolPolicy.optional().describe('Which tools a thinking agent may use. Unset: what the mission says.'),
  budget: z.object({ maxCostUsd: Usd.describe('Most that all attempts of the task may spend on language models, in US dollars, for example `0.50`.') }).optional().describe('What the task may spend of the budget of its mission. Unset: all of it.'),
  memoize: Memoize.optional().describe('The result of an equal task of the namespace is used again instead of running this one. Equal is what is asked, of what files and inputs (docs/memoize.md). Only with sideEffects None. Unset: it always runs.'),
  onFailure: z
    .enum(['Fail', 'Continue'])
    .default('Fail')
    .describe('Fail: dependents are skipped and the mission\'s failurePolicy applies. Continue: dependents run all the same and the mission does not fail because of it. Default Fail.'),
};

export const MissionRef = z.object({
  name: LabelName.describe('Name of the Mission.'),
  uid: Uid.describe('UID of the Mission; a Task whose Mission is gone is never started.'),
});

/** What a Task wishes for. Immutable after creation: a changed plan makes new Tasks. */
export const TaskSpec = z
  .object({
    ...taskDefinition,
    missionRef: MissionRef.optional().describe('The Mission this Task belongs to. Unset for a Task applied alone. Written by the operator.'),
    taskName: TaskName.optional().describe('Name of the task inside its plan. Unset for a Task applied alone.'),
    verifies: z.array(TaskName).max(64).optional().meta(listType.set).describe('Tasks whose work this one checks: it never runs on an agent that executed one of them. Written by the operator.'),
    run: z.int().min(1).max(2_147_483_647).optional().describe('Run of the Mission this Task belongs to, from 1. Unset for a Task applied alone.'),
    workspace: Workspace.optional().describe('Files the task works on. Unset: an empty folder.'),
    poolSelector: PoolSelector.optional().describe('Which pools may run a Task applied alone. Unset: every pool that may serve this namespace. A Task of a Mission follows the Mission\'s.'),
    priority: z.int().min(-1000).max(1000).optional().describe('Priority of a Task applied alone, higher first. Default 0. A Task of a Mission follows the Mission\'s.'),
  })
  .meta(
    cel(
      { rule: 'self == oldSelf', message: 'spec is immutable: apply a Task with another name, or change the Mission' },
      { rule: 'has(self.missionRef) == has(self.taskName) && has(self.missionRef) == has(self.run)', message: 'missionRef, taskName and run are set together, by the operator' },
      { rule: 'has(self.missionRef) || size(self.dependsOn) == 0', message: 'dependsOn needs a Mission: a Task applied alone has no plan to depend on' },
      { rule: 'has(self.missionRef) || size(self.inputs) == 0', message: 'inputs needs a Mission: a Task applied alone has no plan to read from' },
      { rule: 'has(self.missionRef) || !has(self.verifies)', message: 'verifies needs a Mission: it is written by the operator' },
      { rule: 'has(self.missionRef) || !has(self.workspaceFrom)', message: 'workspaceFrom needs a Mission: a Task applied alone has no plan to read from' },
      { rule: "!has(self.memoize) || (self.sideEffects == 'None' && !has(self.verifies) && self.intent.action != 'PushCommit')", message: 'memoize is for tasks with sideEffects None that check nobody\'s work: what they find must be all that they do' },
      { rule: '!has(self.missionRef) || (!has(self.poolSelector) && !has(self.priority))', message: 'poolSelector and priority of a Mission\'s Task are the Mission\'s' },
    ),
  );
export type TaskSpec = z.infer<typeof TaskSpec>;

export const taskResults = ['Succeeded', 'Failed', 'Skipped', 'Cancelled'] as const;
export type TaskResult = (typeof taskResults)[number];

export const Outcome = z.object({
  result: z.enum(taskResults).describe('How the task ended.'),
  reason: z.string().min(1).max(63).describe('Why, one CamelCase word from docs/troubleshooting.md.'),
  message: z.string().max(1024).describe('The same for people.'),
  epoch: Epoch.optional().describe('Fencing number of the attempt whose result was accepted. Unset when no attempt ran.'),
  resultDigest: z.string().max(64).optional().describe('SHA-256 over the accepted result, so that the same result sent again is recognised. Unset when no attempt ran.'),
  time: Time.describe('When it was decided.'),
});
export type Outcome = z.infer<typeof Outcome>;

export const Assignment = z.object({
  pool: ObjectName.describe('AgentPool of the agent.'),
  poolNamespace: LabelName.describe('Namespace of that pool.'),
  agent: ObjectName.describe('Pod name of the agent.'),
  agentUid: Uid.describe('Pod UID of the agent.'),
  epoch: Epoch,
  assignedTime: Time.describe('When the task was handed out.'),
  matchReason: z.string().max(256).describe('Why this agent.'),
});
export type Assignment = z.infer<typeof Assignment>;

export const Attempt = z.object({
  attempt: z.int().min(1).max(1000).describe('Number of the attempt, from 1.'),
  agent: ObjectName.optional().describe('Pod name of the agent that made it.'),
  epoch: Epoch,
  reason: z.string().min(1).max(63).describe('Why the attempt did not decide the task.'),
  message: z.string().max(512).describe('The same for people.'),
  endTime: Time.describe('When the operator learnt that the attempt had ended.'),
});
export type Attempt = z.infer<typeof Attempt>;

export const violationKinds = ['FileMismatch', 'TestFailed', 'CompileError', 'MissingTool', 'MissingArtifact', 'UnexpectedChange', 'Timeout', 'ClaimWithoutEvidence'] as const;
export type ViolationKind = (typeof violationKinds)[number];

export const Violation = z.object({
  kind: z.enum(violationKinds).describe('What differs between the expected and the actual state.'),
  message: z.string().max(256).describe('The same for people: what was expected, and what was found.'),
  path: z.string().max(255).optional().describe('File or artifact that it is about.'),
});
export type Violation = z.infer<typeof Violation>;

export const ActionRecord = z.object({
  tool: z.string().min(1).max(63).describe('Tool that the intent became, for example `vitest` or `analyzer`.'),
  expectedSeconds: z.int().min(0).max(604_800).optional().describe('Median run time of the same action in the past, in seconds. Unset: it never ran before.'),
  expected: z.array(z.string().max(256)).max(16).meta(listType.atomic).describe('The state that was expected afterwards, recorded before the action ran.'),
});
export type ActionRecord = z.infer<typeof ActionRecord>;

/** What is known of a Task. `operator/task` is its only writer. */
export const TaskStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  conditions: Conditions.optional(),
  attempt: z.int().min(0).max(1000).optional().describe('Number of the current or last attempt, from 1.'),
  attempts: z.array(Attempt).max(5).optional().meta(listType.atomic).describe('The last five attempts that did not decide the task, oldest first.'),
  assignment: Assignment.optional().describe('Who has the task now, or had it last. Tasks that end within a second may never show it.'),
  startTime: Time.optional().describe('When the deciding attempt started.'),
  completionTime: Time.optional().describe('When the outcome was decided.'),
  durationSeconds: z.int().min(0).max(9_007_199_254_740_991).optional().describe('Run time of the deciding attempt, in whole seconds, rounded.'),
  outcome: Outcome.optional().describe('How the task ended. Absent until decided, then immutable.'),
  observed: JsonObject.optional().describe('Results measured by the runtime: exit codes, parsed counts, hashes. At most 2 KiB together with claimed.'),
  claimed: JsonObject.optional().describe('Results said by a model or a script, not measured. Goals cannot read them.'),
  artifacts: z.array(Artifact).max(16).optional().meta(listType.mapBy('name')).describe('Blobs the task produced.'),
  workspace: z
    .object({
      commit: z.string().max(64).optional().describe('Commit the attempt started from. Unset for a workspace that is not git.'),
      outputCommit: z.string().max(64).optional().describe('Commit of the changed files inside the artifact output.bundle. Unset when nothing was changed.'),
      treeBefore: z.string().max(64).describe('Git tree hash of the files before the action.'),
      treeAfter: z.string().max(64).describe('Git tree hash of the files after the action. Equal to treeBefore when nothing was changed.'),
    })
    .optional()
    .describe('What the attempt found and left in its worktree.'),
  memoizedFrom: z
    .object({
      task: ObjectName.describe('Name of the Task whose result it is.'),
      uid: Uid.describe('UID of that Task.'),
      agents: z.array(ObjectName).max(6).optional().meta(listType.set).describe('Pods of the agents that ran it, or tried to: none of them checks this task.'),
      time: Time.describe('When that Task was decided.'),
    })
    .optional()
    .describe('Where the result comes from when nothing ran because the result of an equal task was used again. Unset for any other task.'),
  action: ActionRecord.optional().describe('What the intent became, and what was expected of it.'),
  violations: z.array(Violation).max(16).optional().meta(listType.atomic).describe('Differences between the expected and the actual state, at most 16. Unset: none.'),
  boundary: z.enum(['none', 'partial', 'full']).optional().describe('What isolated the executed code: full, partial, or none when the host offers no sandbox.'),
});
export type TaskStatus = z.infer<typeof TaskStatus>;

/** Rules at the root of the CRD. */
export const taskRules = [
  {
    rule: "!has(oldSelf.status) || !has(oldSelf.status.outcome) || (has(self.status) && has(self.status.outcome) && self.status.outcome == oldSelf.status.outcome)",
    message: 'status.outcome is decided once',
  },
] as const;

export interface Task {
  readonly apiVersion: 'coditect.ai/v1alpha1';
  readonly kind: 'Task';
  readonly metadata: ObjectMeta;
  readonly spec: TaskSpec;
  readonly status?: TaskStatus;
}

