// A proposal meets the Task as it is: the next status, or the reason why there is none. Pure, so every race is a table row.
import { type Instant, formatTime } from '#api/time.ts';
import type { OutcomeReason, TaskReason } from '#api/conditions.ts';
import type { Epoch } from '#api/v1alpha1/schema.ts';
import type { Assignment, Attempt, Outcome, Task, TaskResult, TaskStatus, Violation } from '#api/v1alpha1/task.ts';
import { findCondition, plainText, setConditions, type Wanted } from '#domain/conditions.ts';
import type { KnownResult } from '#domain/memo/result.ts';
import { compareEpochs, sameEpoch } from '#domain/task/epoch.ts';

/** What an attempt produced, as the agent measured it. */
export type AttemptResult = Pick<TaskStatus, 'observed' | 'claimed' | 'artifacts' | 'workspace' | 'boundary' | 'action' | 'violations'> & {
  readonly digest: string;
  readonly durationMs: number;
};

export type Proposal =
  /** A Task applied alone was looked at, or a Task has no living owner. */
  | { readonly kind: 'judged'; readonly accepted: boolean; readonly reason: TaskReason<'Accepted'>; readonly message: string }
  /** An attempt is about to be sent: written first where a trace is owed. */
  | { readonly kind: 'assigned'; readonly attempt: number; readonly assignment: Assignment }
  /** An attempt has run for a second. */
  | { readonly kind: 'running'; readonly attempt: number; readonly assignment: Assignment; readonly startTime: string }
  /** An attempt ended without deciding the task. */
  | { readonly kind: 'attemptEnded'; readonly attempt: Attempt }
  /** The task is decided. `attempt`: the deciding one, absent when none ran. `known`: the result of an equal task that takes the place of one. */
  | {
      readonly kind: 'outcome';
      readonly result: TaskResult;
      readonly reason: OutcomeReason;
      readonly message: string;
      readonly attempt?: { readonly number: number; readonly epoch: Epoch; readonly assignment: Assignment; readonly startTime: string; readonly output: AttemptResult };
      readonly known?: KnownResult;
    };

export type Application =
  | { readonly kind: 'write'; readonly status: TaskStatus }
  /** Already so: nothing to write. */
  | { readonly kind: 'same' }
  /** The task has another outcome. */
  | { readonly kind: 'decidedOtherwise' }
  /** An assignment is recorded that this leader did not know of: it may run. */
  | { readonly kind: 'overtaken' };

const attemptsKept = 5;
const messageLimit = { outcome: 1024, attempt: 512 } as const;

/** What a proposal makes of a task. An outcome, once there, is never touched. */
export function applyProposal(task: Task, proposal: Proposal, now: Instant): Application {
  const status = task.status ?? {};
  if (status.outcome !== undefined) return repeated(status.outcome, proposal);
  switch (proposal.kind) {
    case 'judged':
      return write(task, now, {}, [judgedCondition(proposal), ...standing(task), ...(proposal.accepted ? [atWork] : [notAccepted(proposal)])]);
    case 'assigned':
      return assigned(task, proposal, now);
    case 'running':
      return running(task, proposal, now);
    case 'attemptEnded':
      return attemptEnded(task, proposal.attempt, now);
    case 'outcome':
      return outcome(task, proposal, now);
  }
}

function assigned(task: Task, { attempt, assignment }: Extract<Proposal, { kind: 'assigned' }>, now: Instant): Application {
  const recorded = task.status?.assignment;
  if (sameEpoch(recorded?.epoch, assignment.epoch)) return { kind: 'same' };
  if (recorded !== undefined) return { kind: 'overtaken' };
  return write(task, now, { attempt, assignment }, [accepted, succeeded('Unknown', 'Assigned', `handed to ${assignment.agent}`), atWork]);
}

function running(task: Task, { attempt, assignment, startTime }: Extract<Proposal, { kind: 'running' }>, now: Instant): Application {
  const recorded = task.status?.assignment;
  const isOver = task.status?.attempts?.some(({ epoch }) => sameEpoch(epoch, assignment.epoch)) === true;
  if (isOver || (recorded !== undefined && compareEpochs(recorded.epoch, assignment.epoch) > 0)) return { kind: 'overtaken' };
  return write(task, now, { attempt, assignment, startTime }, [accepted, succeeded('Unknown', 'Running', `runs on ${assignment.agent}`), atWork]);
}

function repeated(decided: Outcome, proposal: Proposal): Application {
  if (proposal.kind !== 'outcome') return { kind: 'decidedOtherwise' };
  const same = decided.result === proposal.result && decided.resultDigest === proposal.attempt?.output.digest;
  return { kind: same ? 'same' : 'decidedOtherwise' };
}

function attemptEnded(task: Task, attempt: Attempt, now: Instant): Application {
  const earlier = task.status?.attempts ?? [];
  if (earlier.some(({ epoch }) => sameEpoch(epoch, attempt.epoch))) return { kind: 'same' };
  return write(
    task,
    now,
    { attempt: attempt.attempt, attempts: [...earlier, { ...attempt, message: plainText(attempt.message, messageLimit.attempt) }].slice(-attemptsKept), assignment: undefined, startTime: undefined },
    [accepted, succeeded('Unknown', 'Backoff', `attempt ${attempt.attempt} ended: ${attempt.reason}: ${attempt.message}`), atWork],
  );
}

function outcome(task: Task, proposal: Extract<Proposal, { kind: 'outcome' }>, now: Instant): Application {
  const { result, reason, message, attempt, known } = proposal;
  // An attempt that may run must bring its own result, or be lost first.
  if (known !== undefined && task.status?.assignment !== undefined) return { kind: 'overtaken' };
  const conditions: Wanted[] = [refusal(task) ?? accepted, succeeded(result === 'Succeeded' ? 'True' : 'False', reason, message)];
  if (result === 'Failed') conditions.push({ type: 'Stalled', status: 'True', reason: 'Ended', message });
  if (attempt !== undefined) conditions.push(...conditionsOfRun(attempt.output));
  const decided: Outcome = {
    result,
    reason,
    message: plainText(message, messageLimit.outcome),
    ...(attempt === undefined ? {} : { epoch: attempt.epoch, resultDigest: attempt.output.digest }),
    time: formatTime(now),
  };
  return write(task, now, { outcome: decided, completionTime: formatTime(now), ...(attempt === undefined ? {} : ofAttempt(attempt)), ...known }, conditions);
}

/** What is told of an attempt that ran something. */
function conditionsOfRun({ boundary, action, violations = [] }: AttemptResult): Wanted[] {
  return [...(boundary === undefined ? [] : [isolated(boundary)]), ...(action === undefined ? [] : [consistent(violations)])];
}

function ofAttempt({ number, assignment, startTime, output }: NonNullable<Extract<Proposal, { kind: 'outcome' }>['attempt']>): Changes {
  return {
    attempt: number,
    assignment,
    startTime,
    durationSeconds: Math.round(output.durationMs / 1000),
    observed: output.observed,
    claimed: output.claimed,
    artifacts: output.artifacts,
    workspace: output.workspace,
    boundary: output.boundary,
    action: output.action,
    violations: output.violations,
  };
}

const accepted: Wanted = { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'the spec is valid' };

// Until the outcome is there, tools that wait for an object must see that it is being worked on.
const atWork: Wanted = { type: 'Reconciling', status: 'True', reason: 'Starting', message: 'the task is not decided yet' };

function succeeded(status: Wanted['status'], reason: string, message: string): Wanted {
  return { type: 'Succeeded', status, reason, message };
}

/** A task that never was accepted ends that way. */
function refusal({ status }: Task): Wanted | undefined {
  const said = findCondition(status?.conditions, 'Accepted');
  return said?.status === 'False' ? said : undefined;
}

/** A judgement does not take back what is known of attempts. */
function standing({ status }: Task): Wanted[] {
  const said = status?.attempt === undefined ? undefined : findCondition(status.conditions, 'Succeeded');
  return [said ?? succeeded('Unknown', 'Waiting', 'waiting for an agent')];
}

function judgedCondition({ accepted: good, reason, message }: Extract<Proposal, { kind: 'judged' }>): Wanted {
  return { type: 'Accepted', status: good ? 'True' : 'False', reason, message };
}

function notAccepted({ message }: Extract<Proposal, { kind: 'judged' }>): Wanted {
  return { type: 'Stalled', status: 'True', reason: 'NotAccepted', message };
}

function isolated(boundary: NonNullable<TaskStatus['boundary']>): Wanted {
  return { type: 'Isolated', ...isolation[boundary] };
}

const isolation = {
  none: { status: 'False', reason: 'NoBoundary', message: 'the code ran without a sandbox boundary' },
  partial: { status: 'False', reason: 'PartialBoundary', message: 'the code ran inside a sandbox that lacks a part of its boundary' },
  full: { status: 'True', reason: 'Isolated', message: 'the code ran inside a full boundary' },
} as const satisfies Record<NonNullable<TaskStatus['boundary']>, Omit<Wanted, 'type'>>;

function consistent(violations: readonly Violation[]): Wanted {
  const [first] = violations;
  if (first === undefined) return { type: 'Consistent', status: 'True', reason: 'Consistent', message: 'the files and results are what was expected' };
  const more = violations.length > 1 ? `; and ${violations.length - 1} more` : '';
  return { type: 'Consistent', status: 'False', reason: 'Violated', message: `${first.kind}: ${first.message}${more}` };
}

type Changes = { readonly [K in keyof TaskStatus]?: TaskStatus[K] | undefined };

function write(task: Task, now: Instant, changes: Changes, conditions: readonly Wanted[]): Application {
  const merged: Record<string, unknown> = { ...task.status };
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) delete merged[key];
    else merged[key] = value;
  }
  const status: TaskStatus = {
    ...(merged as TaskStatus),
    observedGeneration: task.metadata.generation,
    conditions: setConditions(task.status?.conditions, conditions, task.metadata.generation, now),
  };
  return { kind: 'write', status };
}
