// The life of an attempt, from the slot it is given to the outcome that is recorded (docs/adr/0001). Every message of an agent is
// weighed against the book: only the current assignment counts.
import { formatTimeMs } from '#api/time.ts';
import type { OutcomeReason } from '#api/conditions.ts';
import type { Epoch } from '#api/v1alpha1/schema.ts';
import type { Assignment, Task, TaskResult } from '#api/v1alpha1/task.ts';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { verdictOnFailure } from './decide/failure.ts';
import type { AttemptResult, Proposal } from './decide/proposal.ts';
import type { Agents, AgentView } from './agents-port.ts';
import { type Book, isCurrent, type LiveAttempt } from './book.ts';
import type { TaskBoard } from './board.ts';
import { makeOrder, type OrderSources } from './order.ts';
import type { ProposalAnswer, TaskLedger } from './port.ts';
import { hasReason } from './writer.ts';

/** An attempt's end as its agent reports it, checked at the door. */
export interface Report {
  readonly taskUid: string;
  readonly attempt: number;
  readonly epoch: Epoch;
  readonly result: Extract<TaskResult, 'Succeeded' | 'Failed'>;
  readonly reason: OutcomeReason;
  readonly message: string;
  readonly output: AttemptResult;
}

/** What the scheduler hears of attempts. */
export interface AttemptsListener {
  slotFreed(agentUid: string): void;
  requeue(task: Task, afterMs: number): void;
  ran(pool: string, durationMs: number): void;
  /** A line for those who follow the mission. */
  said(task: Task, state: string, agent: string, message: string): void;
}

export interface AttemptsDeps {
  readonly book: Book;
  readonly board: TaskBoard;
  readonly ledger: TaskLedger;
  readonly agents: Agents;
  readonly sources: OrderSources;
  readonly clock: Clock;
  readonly log: Log;
  /** Throws when this process may not lead any more. */
  readonly fence: () => void;
  readonly listener: AttemptsListener;
}

export interface Attempts {
  dispatch(task: Task, agent: AgentView, matchReason: string, options: { readonly recordFirst: boolean }): void;
  started(agentUid: string, taskUid: string, attempt: number, epoch: Epoch): void;
  finished(agentUid: string, report: Report): void;
  /** The agent will not run it and has not begun. */
  refused(agentUid: string, taskUid: string, attempt: number, epoch: Epoch, reason: string): void;
  /** Ends one attempt that will bring no result. */
  lost(live: LiveAttempt, reason: OutcomeReason, message: string): void;
  /** Decides a task from outside; whatever runs of it is aborted. */
  decide(task: Task, result: TaskResult, reason: OutcomeReason, message: string): Promise<void>;
  /** The object is gone: nobody needs the result. */
  forgotten(task: Task): void;
}

// A task that ends sooner never shows Running: that saves a write.
const runningAfterMs = 1000;

/** The attempts of this leader's term. */
export function createAttempts(deps: AttemptsDeps): Attempts {
  const { book, board, ledger, agents, sources, clock, log, fence, listener } = deps;

  /** Runs work that answers nobody; a failure is logged and ends in `otherwise`. */
  function supervised(live: LiveAttempt, work: Promise<void>): void {
    work.catch((error: unknown) => {
      log.error('attempt could not be carried on', { task: live.task.metadata.name, namespace: live.task.metadata.namespace, error: messageOf(error) });
      release(live);
      listener.requeue(newest(live.task), runningAfterMs);
    });
  }

  const newest = (task: Task): Task => board.get(task.metadata.uid) ?? task;
  const isLive = (live: LiveAttempt): boolean => book.get(live.task.metadata.uid) === live;

  function release(live: LiveAttempt): void {
    if (!isLive(live)) return;
    book.close(live);
    listener.slotFreed(live.assignment.agentUid);
  }

  async function send(live: LiveAttempt, agent: AgentView, recordFirst: boolean): Promise<void> {
    const { task, attempt, assignment } = live;
    const answer = await makeOrder(task, attempt, assignment, agent, sources);
    if (!isLive(live)) return;
    if (answer.kind === 'refused') {
      await ledger.propose(task, { kind: 'outcome', result: 'Failed', reason: answer.reason, message: answer.message });
      return release(live);
    }
    if (recordFirst || attempt > 1 || task.spec.sideEffects === 'External') {
      const recorded = await ledger.propose(task, { kind: 'assigned', attempt, assignment });
      if (recorded.kind !== 'recorded') return release(live);
      live.traced = true;
      if (!isLive(live)) return;
    }
    fence();
    live.state = 'sent';
    if (agents.assign(agent.uid, answer.order)) return listener.said(task, 'Assigned', agent.pod, assignment.matchReason);
    await undeliverable(live);
  }

  /** Nothing was sent, so nothing can have run: the same attempt goes elsewhere, or the next one where a trace was written. */
  async function undeliverable(live: LiveAttempt): Promise<void> {
    if (live.traced) await ledger.propose(live.task, ended(live, 'AgentStopped', `agent ${live.assignment.agent} could not take the task`));
    release(live);
    listener.requeue(newest(live.task), 0);
  }

  function ended(live: LiveAttempt, reason: OutcomeReason, message: string): Proposal {
    const { agent, epoch } = live.assignment;
    return { kind: 'attemptEnded', attempt: { attempt: live.attempt, agent, epoch, reason, message: message.slice(0, 512), endTime: formatTimeMs(clock.now()) } };
  }

  /** Decides the task by this attempt, or ends the attempt and lets the next one follow. */
  async function conclude(live: LiveAttempt, reason: OutcomeReason, message: string, output?: AttemptResult): Promise<ProposalAnswer> {
    const task = newest(live.task);
    const verdict = verdictOnFailure(task, live.attempt, reason, output === undefined ? 'unknown' : 'reported');
    if (verdict.kind === 'retry') {
      const answer = await ledger.propose(task, ended(live, reason, message));
      release(live);
      if (answer.kind === 'recorded') listener.requeue(answer.task, verdict.afterMs);
      return answer;
    }
    const answer = await recordOutcome(live, { result: 'Failed', reason: verdict.reason, message }, output);
    release(live);
    return answer;
  }

  async function recordOutcome(live: LiveAttempt, decided: { result: TaskResult; reason: OutcomeReason; message: string }, output?: AttemptResult): Promise<ProposalAnswer> {
    const { assignment, attempt } = live;
    const by = output === undefined ? {} : { attempt: { number: attempt, epoch: assignment.epoch, assignment, startTime: formatTimeMs(live.startedAt), output } };
    try {
      return await ledger.propose(live.task, { kind: 'outcome', ...decided, ...by });
    } catch (error) {
      if (!hasReason(error, 'Invalid', 'RequestEntityTooLarge')) throw error;
      // The task must end even when what it brought cannot be stored.
      return ledger.propose(live.task, { kind: 'outcome', result: 'Failed', reason: 'OutputTooLarge', message: `the result cannot be stored: ${messageOf(error)}` });
    }
  }

  async function finish(live: LiveAttempt, report: Report): Promise<void> {
    const { agentUid } = live.assignment;
    const { result, reason, message, output } = report;
    const answer = result === 'Succeeded' ? await recordOutcome(live, { result, reason, message }, output) : await conclude(live, reason, message, output);
    fence();
    if (answer.kind === 'recorded') agents.confirm(agentUid, report);
    else agents.abort(agentUid, report, 'the task was decided otherwise');
    release(live);
    listener.ran(`${live.assignment.poolNamespace}/${live.assignment.pool}`, output.durationMs);
    listener.said(newest(live.task), result === 'Succeeded' ? 'Completed' : reason, live.assignment.agent, message);
  }

  function noteRunning(live: LiveAttempt): void {
    clock.after(runningAfterMs, () => {
      if (!isLive(live) || live.state !== 'running' || live.traced) return;
      live.traced = true;
      const { attempt, assignment } = live;
      ledger.propose(newest(live.task), { kind: 'running', attempt, assignment, startTime: formatTimeMs(live.startedAt) }).catch((error: unknown) => {
        live.traced = false;
        log.warn('running was not recorded', { task: live.task.metadata.name, namespace: live.task.metadata.namespace, error: messageOf(error) });
      });
    });
  }

  return {
    dispatch(task, agent, matchReason, { recordFirst }) {
      const attempt = (task.status?.attempt ?? 0) + 1;
      const assignment: Assignment = { pool: agent.pool, poolNamespace: agent.namespace, agent: agent.pod, agentUid: agent.uid, epoch: book.nextEpoch(), assignedTime: formatTimeMs(clock.now()), matchReason };
      const live: LiveAttempt = { task, attempt, assignment, state: 'recording', startedAt: 0, traced: false };
      book.open(live);
      supervised(live, send(live, agent, recordFirst));
    },
    started(agentUid, taskUid, attempt, epoch) {
      const live = book.get(taskUid);
      if (!isCurrent(live, attempt, epoch) || live.assignment.agentUid !== agentUid || live.state !== 'sent') return;
      live.state = 'running';
      live.startedAt = clock.now();
      listener.said(live.task, 'Running', live.assignment.agent, '');
      noteRunning(live);
    },
    finished(agentUid, report) {
      const live = book.get(report.taskUid);
      if (isCurrent(live, report.attempt, report.epoch) && live.assignment.agentUid === agentUid) {
        if (live.state === 'finished') return;
        if (live.startedAt === 0) live.startedAt = clock.now() - report.output.durationMs;
        live.state = 'finished';
        return supervised(live, finish(live, report));
      }
      const known = board.get(report.taskUid)?.status?.outcome?.resultDigest === report.output.digest;
      if (known) agents.confirm(agentUid, report);
      else agents.abort(agentUid, report, 'another assignment is current');
    },
    refused(agentUid, taskUid, attempt, epoch, reason) {
      const live = book.get(taskUid);
      if (!isCurrent(live, attempt, epoch) || live.assignment.agentUid !== agentUid) return;
      log.info('agent refused a task', { task: live.task.metadata.name, agent: live.assignment.agent, reason });
      supervised(live, undeliverable(live));
    },
    lost(live, reason, message) {
      if (!isLive(live) || live.state === 'finished') return;
      if (live.state === 'recording') return;
      live.state = 'finished';
      supervised(live, conclude(live, reason, message).then(() => undefined));
    },
    async decide(task, result, reason, message) {
      const answer = await ledger.propose(newest(task), { kind: 'outcome', result, reason, message });
      const live = book.get(task.metadata.uid);
      if (live === undefined || answer.kind !== 'recorded') return;
      fence();
      agents.abort(live.assignment.agentUid, { taskUid: task.metadata.uid, attempt: live.attempt, epoch: live.assignment.epoch }, message);
      release(live);
    },
    forgotten(task) {
      const live = book.get(task.metadata.uid);
      if (live === undefined) return;
      agents.abort(live.assignment.agentUid, { taskUid: task.metadata.uid, attempt: live.attempt, epoch: live.assignment.epoch }, 'the task was deleted');
      release(live);
    },
  };
}
