// Every condition and reason that a user can meet, with the sentence that docs/troubleshooting.md prints for it.
// A reason that is not here cannot be written: the types come from these tables.

export interface ReasonText {
  /** What it means, one sentence. */
  readonly means: string;
  /** What a person does about it; empty when nothing is wrong. */
  readonly next: string;
}

const fine = (means: string): ReasonText => ({ means, next: '' });
const fault = (means: string, next: string): ReasonText => ({ means, next });

/** Reasons by condition type. The same reason means the same under every type. */
export const missionConditions = {
  Accepted: {
    Accepted: fine('The spec is valid and a pool can serve every task.'),
    NoPlanner: fault('The mission has no tasks and asks no planner for them, or this installation has no LLM gateway.', 'Write the task graph under spec.tasks, or set spec.planner where a gateway is installed.'),
    PlanRejected: fault('The planner made no valid plan, also after it was told what was wrong.', 'Read the Plan that the message names. Say more in goal or planner.instructions, or delete the Plan to ask again.'),
    PlanDenied: fault('Somebody who was asked to approve the plan rejected it.', 'Read the Approval: kubectl mission approvals. Say more in goal or planner.instructions to get another plan, or delete the Approval to be asked again.'),
    PlanRefused: fault('The planner may not be asked: a budget is spent, or the gateway refuses the call.', 'Do what the message says: raise budget.maxCostUsd, or correct the model or the key of the installation.'),
    InvalidGraph: fault('The task graph is wrong: an unknown dependency, a cycle, a task that depends on itself or an input without its dependency.', 'Correct the field that the message names and apply again.'),
    InvalidIntent: fault('The intent of a task is unknown for its role or has wrong parameters.', 'Correct the field that the message names; docs/reference/intents.md lists intents.'),
    InvalidGoal: fault('A goal is wrong: an unknown parent, more than three levels, no check and no parts, or files to check that several tasks could have made.', 'Correct the field that the message names.'),
    InvalidOutput: fault('outputs or results name a task that does not exist, a wrong branch, or files that several tasks could have made.', 'Correct the field that the message names.'),
    InvalidExpression: fault('The check of a goal is not a valid expression, or names a task or field that does not exist.', 'Correct the expression that the message names.'),
    UnverifiedEvidence: fault('The check of a goal reads a claimed result, which nobody measured.', 'Let the expression read outcome or observed fields only.'),
    TooLarge: fault('The mission is larger than 128 KiB, or one of its tasks would be larger than 64 KiB.', 'Move long texts into the workspace.'),
    NoMatchingPool: fault('No pool that this namespace may use could ever run one of the tasks.', 'Create a pool with the role and capabilities that the message names, or grant this namespace in its allowedNamespaces.'),
    NameTaken: fault('An object that does not belong to this mission has the name of one of its tasks.', 'Delete or rename the object that the message names.'),
    StartedTaskChanged: fault('A task that has already started was edited.', 'Undo the edit of the task that the message names, or change runRequest after the run.'),
    StartedTaskRemoved: fault('A task that has already started was removed from the plan.', 'Put the task that the message names back.'),
  },
  Ready: {
    Running: fine('The mission runs under control.'),
    Suspended: fine('The mission is suspended by operatingMode.'),
    Completed: fine('The mission has ended well.'),
    NotAccepted: fault('The spec is not accepted.', 'Read the Accepted condition.'),
    Ended: fault('The mission has ended, but not well.', 'Read the Succeeded condition.'),
  },
  Succeeded: {
    Running: fine('Tasks run or wait.'),
    Planning: fine('A planner is making the task graph.'),
    Replanning: fine('The plan did not get there; the planner is making another one in its place.'),
    AwaitingApproval: fine('People have to approve something before the mission goes on: kubectl mission approvals.'),
    Suspended: fine('Nothing new starts until operatingMode is Run.'),
    Stopping: fine('Running attempts finish, nothing new starts.'),
    Cancelling: fine('Running attempts are being aborted.'),
    Failing: fine('The mission has failed; what is left of it is being cancelled.'),
    GoalsMet: fine('All required goals are met.'),
    TasksSucceeded: fine('All tasks have succeeded; the mission has no goals.'),
    GoalsUnmet: fault('A required goal is not met.', 'Read status.goals: each has the facts it was decided by.'),
    OutputFailed: fault('The goals are met, but the output could not be delivered.', 'Read the message, and the log of the task push-output.'),
    TaskFailed: fault('A task has failed and the failure policy ended the mission.', 'Read status.failedTasks, then the task and its log.'),
    DeadlineExceeded: fault('activeDeadlineSeconds passed before the mission ended.', 'Raise the deadline, or see which tasks took long.'),
    Cancelled: fault('operatingMode Cancel ended the mission, or a call that the budget had no money for, with budget.onExceeded Cancel.', 'Set operatingMode Run, or raise the budget, and set a new runRequest to run it again.'),
    Stopped: fault('operatingMode Stop ended the mission.', 'Set operatingMode Run and a new runRequest to run it again.'),
    NotAccepted: fault('The spec is not accepted, so nothing runs.', 'Read the Accepted condition.'),
  },
  Suspended: { Suspended: fine('operatingMode is Suspend.') },
  ApprovalRequired: { AwaitingApproval: fine('People are asked to approve what status.approvals names: kubectl mission approve.') },
  Consistent: {
    Consistent: fine('What tasks left behind is what was expected of them.'),
    Violated: fault('A task left something else behind than was expected of it.', 'Read status.violations of the tasks that the message names.'),
  },
  WithinBudget: {
    WithinBudget: fine('What the mission has spent on language models is within its budget.'),
    BudgetLow: fault('At least budget.warnPercent of the budget is spent.', 'Raise budget.maxCostUsd when more is to be done.'),
    BudgetSuspended: fault('Calls wait: there is no money for them, and budget.onExceeded is Suspend.', 'Raise budget.maxCostUsd, or the limit of the pool or of the namespace: what waits then goes on by itself.'),
    BudgetExceeded: fault('The budget is spent, or a call was refused because it might have cost more than is left.', 'Raise budget.maxCostUsd; a mission that has ended is then run again by a new runRequest.'),
  },
  Reconciling: {
    NoMatchingPool: fault('The mission waits for a pool that could run its tasks.', 'Read the Accepted condition.'),
  },
  Stalled: {
    NotAccepted: fault('The spec is not accepted; nothing happens until it is changed.', 'Read the Accepted condition.'),
    Ended: fault('The mission has ended, but not well; nothing happens until it is run again.', 'Read the Succeeded condition.'),
  },
  TTLIgnored: { TrackedByGitOps: fault('ttlSecondsAfterFinished is not carried out: Argo CD or Flux tracks this mission and would create and run it again.', 'Remove ttlSecondsAfterFinished, or delete the mission from Git.') },
} as const;

export const taskConditions = {
  Accepted: {
    Accepted: fine('The spec is valid.'),
    InvalidIntent: missionConditions.Accepted.InvalidIntent,
    NoMatchingPool: missionConditions.Accepted.NoMatchingPool,
    TooLarge: fault('The task is larger than 64 KiB.', 'Move long texts into the workspace.'),
    Orphaned: fault('The Mission of this task does not exist, or has another UID.', 'Delete the task; a mission makes its tasks itself.'),
  },
  Succeeded: {
    Waiting: fine('The task waits for an agent; `kubectl mission why` says for what.'),
    Assigned: fine('The task was handed to an agent.'),
    Running: fine('An agent works on the task.'),
    Backoff: fault('An attempt failed; the next one follows after a wait.', 'Read status.attempts.'),
    Completed: fine('The agent finished the task.'),
    Memoized: fine('Nothing ran: an equal task had succeeded before, and its result is used again. status.memoizedFrom names it.'),
    ActionFailed: fault('The action ran and failed.', 'Read the message and the log: kubectl mission logs.'),
    ActionRefused: fault('The agent could not turn the intent into an action.', 'Correct the intent as the message says.'),
    BudgetExceeded: fault('The task asks a language model, and a budget has nothing left for the next call.', 'Raise budget.maxCostUsd of the mission, or the limit that the message names, and run the mission again.'),
    WorkspaceFailed: fault('The agent could not prepare the workspace.', 'Check url, ref and subPath of the workspace, and that the agent can reach it.'),
    InputMissing: fault('A result that inputs names does not exist.', 'Check that the task named there observes this field.'),
    OutputTooLarge: fault('The result is larger than the limits allow.', 'Let the action produce less, or write it to a file.'),
    TimedOut: fault('The attempt ran longer than activeDeadlineSeconds.', 'Raise activeDeadlineSeconds or make the task smaller.'),
    AgentLost: fault('The agent vanished during the attempt.', 'Look at the agent\'s pod: out of memory, eviction, a lost node.'),
    LeaderLost: fault('The operator was replaced during the attempt and no agent claims it.', 'Nothing, unless it repeats: then the task may take agent and operator down.'),
    AgentStopped: fault('The agent was stopped during the attempt.', 'Nothing: the task is tried again as its retryPolicy says.'),
    OutcomeUnknown: fault('A task with sideEffects External was sent, and nobody knows whether it ran.', 'Look at the outside system, then run the mission again if that is safe.'),
    ArtifactLost: fault('An artifact that the task needs is not in the blob service any more.', 'Run the mission again.'),
    AgentError: fault('The agent itself failed.', 'Read the agent\'s log and report it.'),
    DependencyFailed: fault('A task this one depends on did not succeed.', 'Look at the task that the message names.'),
    MissionCancelled: fine('The mission was cancelled, by operatingMode or for want of money.'),
    MissionStopped: fine('The mission was stopped.'),
    MissionFailed: fine('The mission failed before this task was decided.'),
    MissionDeadline: fine('The mission reached activeDeadlineSeconds before this task was decided.'),
    TaskDeleted: fault('The Task object was deleted by hand before it was decided.', 'Change runRequest to run the mission again.'),
  },
  Reconciling: { Starting: fine('The operator is at work on this task.') },
  Stalled: {
    NotAccepted: missionConditions.Stalled.NotAccepted,
    Ended: fault('The task has ended, but not well.', 'Read the Succeeded condition.'),
  },
  Consistent: {
    Consistent: fine('What the task left behind is what was expected.'),
    Violated: fault('The task left something else behind than was expected.', 'Read status.violations.'),
  },
  Isolated: {
    NoBoundary: fault('The code of the task ran without a sandbox boundary.', 'Run agents on hosts with a boundary, or trust the code that missions run.'),
    PartialBoundary: fault('The code of the task ran inside a sandbox that lacks a part of its boundary.', 'Read the log of the agent for the missing part; usually a newer kernel brings it.'),
    Isolated: fine('The code of the task ran inside a sandbox.'),
  },
} as const;

export const agentPoolConditions = {
  Ready: {
    Ready: fine('Every wished-for agent is connected.'),
    ScaledToZero: fine('No agent is needed.'),
    Starting: fine('Agents are starting.'),
    QuotaExceeded: fault('A ResourceQuota refuses further agents.', 'Raise the quota or lower maxReplicas.'),
    PodRefused: fault('The API server refuses the agents\' pods.', 'Correct the template as the message says.'),
    ImageError: fault('An agent\'s image cannot be pulled or started.', 'Correct template.image.'),
    NotIsolated: fault('The agents lack the sandbox boundary that spec.isolation asks for, so they get no tasks.', 'Run them on hosts whose kernel has it (the log of an agent names the missing part), or lower spec.isolation.'),
    Unschedulable: fault('An agent\'s pod fits no node.', 'Add nodes, or lower template.resources.'),
    CrashLooping: fault('An agent keeps ending soon after its start.', 'Read the log of the pod that the message names.'),
    Paused: fine('operatingMode is Pause: agents get no new tasks.'),
    Draining: fine('operatingMode is Drain: agents are removed once idle.'),
  },
  ScalingActive: {
    Internal: fine('The operator scales by the tasks that wait.'),
    External: fine('The operator follows spec.replicas.'),
    IgnoredInInternalMode: fault('spec.replicas was changed, but scaling.mode is Internal.', 'Set scaling.mode External, or change scaling.minReplicas and maxReplicas.'),
  },
  ScalingLimited: { AtMaximum: fault('More agents are needed than maxReplicas allows.', 'Raise scaling.maxReplicas.'), WithinLimits: fine('The wished number of agents is within the limits.') },
  Isolated: {
    NoBoundary: fault('Agents of this pool run code without a sandbox boundary.', 'Run agents on hosts with a boundary, or trust the code that missions run.'),
    PartialBoundary: fault('Agents of this pool run code inside a sandbox that lacks a part of its boundary.', 'Read the log of an agent for the missing part; usually a newer kernel brings it.'),
    Isolated: fine('Agents of this pool run code inside a sandbox.'),
  },
  Mirrored: {
    Mirrored: fine('The mirror follows, and every store that it is configured with is well.'),
    StoreDown: fault('A store of the mirror has not worked for 30 s. Missions go on; history, statistics or the archive may be behind.', 'See to the store that the message names; why it does not work is in the log of the mirror. docs/mirror.md says what waits where.'),
    MirrorSilent: fault('The mirror has not renewed its Lease for a minute. Missions go on; nothing is told meanwhile.', 'Look at the pod and the log of coditect-mirror. What happens meanwhile is told when it is back, as long as the objects are there.'),
  },
  Reconciling: { Starting: fine('Agents are starting or being removed.') },
  Stalled: {
    QuotaExceeded: fault('A ResourceQuota refuses further agents.', 'Raise the quota or lower maxReplicas.'),
    PodRefused: fault('The API server refuses the agents\' pods.', 'Correct the template as the message says.'),
    ImageError: fault('An agent\'s image cannot be pulled or started.', 'Correct template.image.'),
  },
} as const;

type Reasons<T> = { [C in keyof T]: { type: C; reason: keyof T[C] & string } }[keyof T];
export type MissionReason<C extends keyof typeof missionConditions> = keyof (typeof missionConditions)[C] & string;
export type TaskReason<C extends keyof typeof taskConditions> = keyof (typeof taskConditions)[C] & string;
export type AgentPoolReason<C extends keyof typeof agentPoolConditions> = keyof (typeof agentPoolConditions)[C] & string;
export type AgentPoolConditionReason = Reasons<typeof agentPoolConditions>;

/** Reason of a task that ended or of an attempt that failed. */
export type OutcomeReason = TaskReason<'Succeeded'>;

/** The tables by kind, for documents and tests. */
export const conditionTables = { Mission: missionConditions, Task: taskConditions, AgentPool: agentPoolConditions } as const;
