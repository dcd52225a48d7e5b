// Mission: a goal, the checks that prove it, and the task graph that gets there.
import { z } from 'zod';
import { JsonObject } from './json.ts';
import { CapabilityName, cel, Conditions, LabelName, listType, ObjectName, type ObjectMeta, ObservedGeneration, Seconds, Sha256, TaskName, Time } from './schema.ts';
import { ModelName, ModelPolicy, PoolSelector, taskDefinition, ToolPolicy, Usd, Workspace } from './task.ts';

const relativePath = z.string().min(1).max(255).regex(/^[A-Za-z0-9._@-]+(\/[A-Za-z0-9._@-]+)*$/);

export const CommandCheck = z.object({
  command: z.array(z.string().min(1).max(1024)).min(1).max(64).meta(listType.atomic).describe('Program and arguments, at most 64. No shell looks at them.'),
  from: TaskName.optional().describe('Task whose files are checked. Unset: the one task whose changed files no other task starts from; the workspace itself when no task changes files.'),
  expectExitCode: z.int().min(0).max(255).default(0).describe('Exit code that proves the goal. Default 0.'),
  protect: z.array(relativePath).max(32).optional().meta(listType.set).describe('Files and folders that the command finds as they were in the workspace, whatever tasks made of them. Unset: every argument of the command that names a file there.'),
  timeoutSeconds: z.int().min(1).max(604_800).default(600).describe('Longest run time of the command, in seconds. Default 600.'),
  capabilities: z.array(CapabilityName).max(16).default([]).meta(listType.set).describe('Capabilities that the verifying agent must have.'),
});
export type CommandCheck = z.infer<typeof CommandCheck>;

export const ArtifactCheck = z.object({
  task: TaskName.describe('Task that makes the artifact.'),
  name: z.string().min(1).max(63).describe('Name of the artifact.'),
  sha256: Sha256.optional().describe('SHA-256 that its bytes must have, lower-case hex.'),
  schema: JsonObject.optional().describe('JSON Schema (draft 2020-12) that it must satisfy; at most 3 KiB.'),
  expression: z.string().min(1).max(1024).optional().describe('CEL expression over `json`, the parsed artifact, that must be true.'),
});
export type ArtifactCheck = z.infer<typeof ArtifactCheck>;

export const JudgeCheck = z.object({
  rubric: z.string().min(1).max(2048).describe('What a judge looks for, as sentences that are either true or not of the work.'),
  from: TaskName.optional().describe('Task whose files are judged. Unset: the one task whose changed files no other task starts from; the workspace itself when no task changes files.'),
  model: ModelName.optional().describe('Model that judges. Unset: the last of modelPolicy.tiers, or the one of the installation.'),
  votes: z.int().min(1).max(5).default(1).describe('Most times it is judged, each time anew, until the quorum is reached or out of reach. Default 1.'),
  quorum: z.int().min(1).max(5).optional().describe('How many votes must be in favour. Unset: more than half.'),
}).meta(cel({ rule: '!has(self.quorum) || self.quorum <= self.votes', message: 'quorum must not be more than votes' }));
export type JudgeCheck = z.infer<typeof JudgeCheck>;

export const ApprovalCheck = z.object({
  question: z.string().min(1).max(512).optional().describe('What people are asked. Unset: the description of the goal.'),
  from: TaskName.optional().describe('Task whose files are approved. Unset: the one task whose changed files no other task starts from; the workspace itself when no task changes files.'),
  required: z.int().min(1).max(10).default(1).describe('How many people must approve. One rejection is enough against it. Default 1.'),
});
export type ApprovalCheck = z.infer<typeof ApprovalCheck>;

export const GoalCheck = z.object({
  expression: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe('CEL expression over the tasks of this mission that must be true, for example `tasks["run-tests"].outcome == "Succeeded" && tasks["run-tests"].observed.failed == 0`. Only outcome and observed may be read.'),
  command: CommandCheck.optional().describe('A command that must end well, run by an agent that executed none of the checked tasks, in a fresh checkout.'),
  artifact: ArtifactCheck.optional().describe('An artifact that must exist, and satisfy what is said of it.'),
  judge: JudgeCheck.optional().describe('A language model judges the work, asked by an agent that executed none of the checked tasks.'),
  approval: ApprovalCheck.optional().describe('People approve the work, by Approval objects: kubectl mission approve.'),
})
  .meta(cel({ rule: '[has(self.expression), has(self.command), has(self.artifact), has(self.judge), has(self.approval)].filter(x, x).size() == 1', message: 'exactly one of expression, command, artifact, judge and approval must be set' }));
export type GoalCheck = z.infer<typeof GoalCheck>;

export const Goal = z.object({
  name: LabelName.describe('Name of the goal.'),
  description: z.string().max(1024).optional().describe('The goal in words.'),
  required: z.boolean().default(true).describe('Whether the mission fails when the goal is not met. Default true.'),
  parent: LabelName.optional().describe('Goal that this one is a part of, at most three levels deep. A parent is met when its required parts and its own check are.'),
  check: GoalCheck.optional().describe('What proves the goal. Only a goal with parts may go without.'),
});
export type Goal = z.infer<typeof Goal>;

export const MissionTask = z
  .object({ name: TaskName.describe('Name of the task, unique in the mission.'), ...taskDefinition })
  .meta(cel({ rule: "!has(self.memoize) || (self.sideEffects == 'None' && self.intent.action != 'PushCommit')", message: 'memoize is for tasks with sideEffects None: what they find must be all that they do' }));
export type MissionTask = z.infer<typeof MissionTask>;

export const GitOutput = z.object({
  from: TaskName.optional().describe('Task whose files are the output. Unset: the one task whose changed files no other task starts from.'),
  branch: z.string().min(1).max(200).regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/).describe('Branch of the workspace\'s repository; made when it is not there, never overwritten.'),
  mode: z.enum(['Push', 'None']).default('None').describe('Push: the commit is pushed once all required goals are met. None: it is only named in the status. Default None.'),
});
export type GitOutput = z.infer<typeof GitOutput>;

export const MissionResult = z.object({
  name: LabelName.describe('Name of the result.'),
  task: TaskName.describe('Task that has it, also one of finally.'),
  field: z.string().min(1).max(253).regex(/^(observed|claimed)(\.[A-Za-z0-9_-]+)+$/).describe('Which one: `observed.<path>` or `claimed.<path>`.'),
});
export type MissionResult = z.infer<typeof MissionResult>;

export const Planner = z.object({
  instructions: z.string().min(1).max(4096).optional().describe('What the planner has to know or to obey besides the goal, in words.'),
  model: ModelName.optional().describe('Model that makes the plan. Unset: the one that the installation names.'),
  maxTasks: z.int().min(1).max(100).default(20).describe('Most tasks that the plan may have. Default 20.'),
  maxDepth: z.int().min(1).max(100).optional().describe('Most tasks in a row of which each depends on the one before. Unset: no limit.'),
  maxReplans: z.int().min(0).max(10).default(2).describe('With failurePolicy Replan: how many times a run may get another plan. Default 2.'),
  survey: z.enum(['None', 'Analyze']).default('None').describe('Analyze: an Analyzer measures the workspace before there is a plan, and the planner is told what it found. Default None.'),
  lessons: z.enum(['Recall', 'None']).optional().describe('None: the planner is told nothing of earlier missions. Unset or Recall: it is told up to three lessons of the namespace, where the installation keeps any.'),
  planApproval: z.enum(['Never', 'Always', 'OnCost']).default('Never').describe('Whether people must approve a plan, and each that revises it, before anything of it runs. OnCost: only when its estimated cost is above approvalAboveUsd. Default Never.'),
  approvalAboveUsd: Usd.optional().describe('With planApproval OnCost: the estimated cost in US dollars above which a plan must be approved, for example `1.00`.'),
  requiredApprovals: z.int().min(1).max(10).default(1).describe('How many people must approve a plan. One rejection is enough against it. Default 1.'),
}).meta(cel({ rule: "(self.planApproval == 'OnCost') == has(self.approvalAboveUsd)", message: 'planApproval OnCost and approvalAboveUsd need each other' }));
export type Planner = z.infer<typeof Planner>;

export const Budget = z.object({
  maxCostUsd: Usd.describe('Most that all runs of the mission may spend on language models, in US dollars, for example `2.50`.'),
  warnPercent: z.int().min(1).max(100).default(80).describe('Share of the budget from which WithinBudget says BudgetLow, in percent. Default 80.'),
  cheaperFromPercent: z.int().min(1).max(100).optional().describe('Share of the budget, spent or reserved, from which every call goes to the first of modelPolicy.tiers where that is cheaper than the model asked for, in percent. Unset: never.'),
  cachedOnlyFromPercent: z.int().min(1).max(100).optional().describe('Share of the budget, spent or reserved, from which calls are answered only when an equal one was answered before, in percent; any other is treated as onExceeded says. Unset: never.'),
  onExceeded: z.enum(['Fail', 'Suspend', 'Cancel']).default('Fail').describe('What a call does that there is no money for. Fail: its attempt fails. Suspend: it waits, as long as its attempt may run, until the budget, or the limit of the pool or of the namespace, has money again; what exceeds the budget of its own task fails. Cancel: the run is cancelled. Default Fail.'),
});
export type Budget = z.infer<typeof Budget>;

/** What a Mission wishes for. Its writer is the user alone. */
export const MissionSpec = z
  .object({
    goal: z.string().min(1).max(8192).describe('What is to be achieved, in words.'),
    goals: z.array(Goal).max(32).default([]).meta(listType.mapBy('name')).describe('Checks that prove the goal. Without any, the mission succeeds when its tasks do.'),
    tasks: z.array(MissionTask).max(100).default([]).meta(listType.mapBy('name')).describe('The explicit task graph, at most 100 tasks. Unset: planner makes it.'),
    planner: Planner.optional().describe('Lets a language model make the task graph from the goal. The plan is an object of kind Plan before anything runs.'),
    modelPolicy: ModelPolicy.optional().describe('Which models thinking agents ask. Unset: the one of the installation.'),
    toolPolicy: ToolPolicy.optional().describe('Which tools thinking agents may use. Unset: all that their roles have.'),
    budget: Budget.optional().describe('What the mission may spend on language models. Unset: what the installation allows a mission.'),
    finally: z.array(MissionTask).max(8).default([]).meta(listType.mapBy('name')).describe('Tasks that run when all others have ended and the goals are decided, also after failures; not after Cancel, Stop or a passed deadline. They may read inputs of every task.'),
    results: z.array(MissionResult).max(16).default([]).meta(listType.mapBy('name')).describe('Values of tasks that the status repeats as results of the mission.'),
    outputs: z.object({ git: GitOutput.optional().describe('Changed files as a commit.') }).optional().describe('What the mission leaves behind.'),
    workspace: Workspace.optional().describe('Files the tasks work on. Unset: an empty folder.'),
    poolSelector: PoolSelector.optional().describe('Which pools may run the tasks. Unset: every pool that may serve this namespace.'),
    parallelism: z.int().min(1).max(1000).optional().describe('How many tasks may run at once. Unset: as many as there are slots.'),
    priority: z.int().min(-1000).max(1000).default(0).describe('Tasks of missions with a higher number start first. Default 0.'),
    failurePolicy: z
      .enum(['FailFast', 'Continue', 'Replan'])
      .default('FailFast')
      .describe('FailFast: the first failed task cancels what is left. Continue: everything that does not depend on it still runs. Replan: what does not depend on it still runs, and then the planner revises the plan, also when a required goal is unmet. Default FailFast.'),
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
  .meta(
    cel(
      { rule: "self.failurePolicy == 'Continue' || self.errorThreshold == 0", message: 'errorThreshold needs failurePolicy Continue' },
      { rule: '!has(self.outputs) || !has(self.outputs.git) || (has(self.workspace) && has(self.workspace.git))', message: 'outputs.git needs workspace.git: without a repository there is nothing to push to' },
      { rule: "self.failurePolicy != 'Replan' || has(self.planner)", message: 'failurePolicy Replan needs planner' },
      { rule: '!has(self.budget) || !has(self.budget.cheaperFromPercent) || (has(self.modelPolicy) && has(self.modelPolicy.tiers))', message: 'budget.cheaperFromPercent needs modelPolicy.tiers: the first of them is the cheaper model' },
      { rule: '!has(self.planner) || size(self.tasks) == 0', message: 'planner makes the task graph: leave tasks out, or leave planner out' },
    ),
  );
export type MissionSpec = z.infer<typeof MissionSpec>;

export const goalStates = ['Unknown', 'Met', 'Unmet'] as const;
export type GoalState = (typeof goalStates)[number];

const Count = z.int().min(0).max(2_147_483_647);

export const GoalProof = z.object({
  task: TaskName.describe('Task that verified.'),
  agent: z.string().max(253).describe('Pod name of the verifying agent.'),
  tree: z.string().max(64).optional().describe('Git tree hash of the files that were checked.'),
  command: z.string().max(256).optional().describe('Command that was run.'),
  exitCode: z.int().min(0).max(255).optional().describe('Its exit code.'),
  outputTail: z.string().max(512).optional().describe('The last of what it printed.'),
  artifactSha256: z.string().max(64).optional().describe('SHA-256 of the artifact that was checked.'),
});
export type GoalProof = z.infer<typeof GoalProof>;

export const GoalStatus = z.object({
  name: LabelName.describe('Name of the goal.'),
  state: z.enum(goalStates).describe('Unknown until it can be decided, then Met or Unmet.'),
  reason: z.string().min(1).max(63).describe('Why, one CamelCase word from docs/troubleshooting.md.'),
  evidence: z.string().max(512).describe('The facts that the check read.'),
  proof: GoalProof.optional().describe('What an independent verifier found. Unset for goals that need none.'),
  checkedTime: Time.optional().describe('When the state was decided.'),
});
export type GoalStatus = z.infer<typeof GoalStatus>;

export const approvalSubjects = ['Plan', 'Goal'] as const;

export const AwaitedApproval = z.object({
  kind: z.enum(approvalSubjects).describe('What is to be approved: a Plan before it runs, or the work as a Goal says.'),
  name: ObjectName.describe('Name of the Plan or of the goal.'),
  digest: Sha256.describe('SHA-256 of what is to be approved. An approval of anything else does not count.'),
  question: z.string().max(1024).describe('What people are asked.'),
  required: z.int().min(1).max(10).describe('How many people must approve.'),
  approvedBy: z.array(z.string().max(256)).max(10).meta(listType.set).describe('Who has approved.'),
  rejectedBy: z.string().max(256).optional().describe('Who has rejected it first. Unset: nobody.'),
});
export type AwaitedApproval = z.infer<typeof AwaitedApproval>;

export const TaskCounts = z.object({
  total: Count.describe('Tasks of the plan.'),
  pending: Count.describe('Tasks that have not been handed out yet.'),
  running: Count.describe('Tasks that have run for a second or longer.'),
  succeeded: Count.describe('Tasks with outcome Succeeded.'),
  memoized: Count.optional().describe('Those of succeeded whose result was known from an equal task, so that they did not run. Unset: none.'),
  failed: Count.describe('Tasks with outcome Failed.'),
  skipped: Count.describe('Tasks with outcome Skipped.'),
  cancelled: Count.describe('Tasks with outcome Cancelled.'),
});
export type TaskCounts = z.infer<typeof TaskCounts>;

const Sum = z.int().min(0).max(9_007_199_254_740_991);

export const MissionUsage = z.object({
  inputTokens: Sum.describe('Tokens read, those in and from the cache of the provider not included.'),
  outputTokens: Sum.describe('Tokens written.'),
  cacheReadTokens: Sum.describe('Tokens read from the cache of the provider.'),
  cacheWriteTokens: Sum.describe('Tokens written to the cache of the provider.'),
  calls: Sum.describe('Calls that were answered.'),
  costUsd: Usd.describe('What they cost, in US dollars.'),
  reservedUsd: Usd.describe('Most that calls in flight may cost, in US dollars.'),
  cachedCalls: Sum.optional().describe('Calls that were given the answer of an equal one; they are not in calls. Unset: none.'),
  downgradedCalls: Sum.optional().describe('Calls that a cheaper model answered than was asked, as budget.cheaperFromPercent wants it. Unset: none.'),
  batchedCalls: Sum.optional().describe('Calls that were made in a batch, as modelPolicy.slackSeconds allows it. Unset: none.'),
  savedUsd: Usd.optional().describe('What all these would have cost more, in US dollars.'),
  settledTime: Time.optional().describe('When the run had ended and nothing was in flight any more: until another run starts, the figures do not change from then. Unset before, and when the gateway could not be asked.'),
});
export type MissionUsage = z.infer<typeof MissionUsage>;

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
      source: z.enum(['Manifest', 'Planner']).describe('Who made the plan: Manifest for an explicit graph, Planner for a language model.'),
      revision: z.int().min(1).max(10_000).optional().describe('Revision of the Plan, when a planner made it.'),
      name: ObjectName.optional().describe('Name of the Plan, when a planner made it.'),
      replans: Count.optional().describe('How many times this run got another plan. Unset: never.'),
      estimatedCostUsd: Usd.optional().describe('What the plan may cost by estimate, in US dollars, when a planner made it.'),
      estimatedSeconds: Count.optional().describe('How long it may run by estimate, in seconds, when a planner made it.'),
      taskCount: Count.describe('Tasks of the plan that exist or will: those that check goals, deliver the output and come finally are counted too; one that is left out is not.'),
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
  approvals: z.array(AwaitedApproval).max(33).optional().meta(listType.atomic).describe('What people are asked to approve, and what they have said. Unset: nothing.'),
  goalsMet: z.string().max(16).optional().describe('Goals met of all goals, for example 3/5.'),
  tasks: TaskCounts.optional().describe('Tasks of the current run by state.'),
  tasksDone: z.string().max(16).optional().describe('Tasks with an outcome of all tasks, for example 12/40.'),
  currentTasks: z.array(TaskName).max(20).optional().meta(listType.set).describe('Up to 20 tasks that run now.'),
  usage: MissionUsage.optional().describe('What all runs of the mission have used of language models, a few seconds late until settledTime is set. Unset until one was called.'),
  results: JsonObject.optional().describe('Values that spec.results names, as far as they are known.'),
  outputs: z
    .object({
      git: z
        .object({
          commit: z.string().max(64).describe('Commit of the verified files.'),
          branch: z.string().max(200).describe('Branch it is meant for.'),
          state: z.enum(['Kept', 'Pushed']).describe('Kept: it lies in the artifact output.bundle of its task. Pushed: the branch of the repository has it.'),
        })
        .optional()
        .describe('Changed files as a commit.'),
    })
    .optional()
    .describe('What the mission leaves behind. Set once all required goals are met.'),
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
