// The life of an attempt, from the slot it is given to the outcome that is recorded (docs/adr/0001). Every message of an agent is
// weighed against the book: only the current assignment counts.
import { formatTimeMs } from '#api/time.ts';
import type { OutcomeReason } from '#api/conditions.ts';
import type { Task, TaskResult } from '#api/v1alpha1/task.ts';
import { sameEpoch } from '#domain/task/epoch.ts';
import { messageOf } from '#platform/errors.ts';
import type { AgentView, AttemptRef, Checkpoint } from './agents-port.ts';
import { type AttemptsDeps, isLive, newest, pauseMs, refOf, release } from './attempt-deps.ts';
import { isCurrent, type LiveAttempt } from './book.ts';
import { finish, giveUp, takeBack } from './concluding.ts';
import type { Report } from './report.ts';
import { send, sendAgain } from './sending.ts';
import { whileLeading } from './while-leading.ts';
import { hasReason } from './writer.ts';

export type { AttemptsDeps, AttemptsListener } from './attempt-deps.ts';
export type { Report } from './report.ts';

/** All may be passed on unbound, and none waits for the network. */
export interface Attempts {
  dispatch(task: Task, agent: AgentView, matchReason: string, options: { readonly recordFirst: boolean }): void;
  started(agentUid: string, attempt: AttemptRef): void;
  /** The agent kept what another one needs to go on. */
  kept(agentUid: string, kept: Pick<AttemptRef, 'taskUid' | 'epoch'> & { readonly checkpoint: Checkpoint }): void;
  finished(agentUid: string, report: Report): void;
  /** The agent will not run it and has not begun. */
  refused(agentUid: string, refusal: AttemptRef & { readonly reason: string }): void;
  /** The same process of the agent came back and did not name this attempt. */
  unclaimed(live: LiveAttempt, agent: AgentView): void;
  /** Ends one attempt that will bring no result. */
  lost(live: LiveAttempt, reason: OutcomeReason, message: string): void;
  /** Ends the attempt that Task.status names and nobody has. */
  lostRecorded(task: Task, reason: OutcomeReason): void;
  /** Decides a task from outside; whatever runs of it is aborted. */
  decide(task: Task, result: TaskResult, reason: OutcomeReason, message: string): Promise<void>;
  /** The object is gone: nobody needs the result. */
  forgotten(task: Task): void;
}

// A task that ends sooner never shows Running: that saves a write.
const runningAfterMs = 1000;
// An agent that got an order keeps it for a lease, which is longer: what it does not name so soon has not arrived.
const underwayMs = 2000;
// Another order, or another agent of the same kind, would be answered the same.
const permanentRefusals: ReadonlySet<string> = new Set(['InvalidOrder', 'UnknownRole']);

/** The attempts of this leader's term. */
export function createAttempts(deps: AttemptsDeps): Attempts {
  return new TermAttempts({ ...deps, agents: whileLeading(deps.agents, deps.fence) });
}

class TermAttempts implements Attempts {
  readonly #deps: AttemptsDeps;

  constructor(deps: AttemptsDeps) {
    this.#deps = deps;
  }

  readonly dispatch: Attempts['dispatch'] = (task, agent, matchReason, { recordFirst }) => {
    const { book, clock } = this.#deps;
    const attempt = (newest(this.#deps, task).status?.attempt ?? 0) + 1;
    const assignment = { pool: agent.pool, poolNamespace: agent.namespace, agent: agent.pod, agentUid: agent.uid, epoch: book.nextEpoch(), assignedTime: formatTimeMs(clock.now()), matchReason };
    const live: LiveAttempt = { task, attempt, assignment, state: 'recording', sentAt: undefined, startedAt: 0, traced: false, resumes: book.takeLeft(task.metadata.uid) };
    book.open(live);
    this.#supervise(live, () => this.#handOut(live, agent, recordFirst));
  };

  readonly started: Attempts['started'] = (agentUid, attempt) => {
    const live = this.#current(agentUid, attempt);
    if (live?.state !== 'sent') return;
    const { listener, clock } = this.#deps;
    live.state = 'running';
    if (live.startedAt === 0) {
      live.startedAt = clock.now();
      listener.began(live.task);
    }
    listener.said(live.task, 'Running', live.assignment.agent, '');
    clock.after(runningAfterMs, () => this.#noteRunning(live));
  };

  readonly kept: Attempts['kept'] = (agentUid, { taskUid, epoch, checkpoint }) => {
    const live = this.#deps.book.get(taskUid);
    if (live?.assignment.agentUid === agentUid && sameEpoch(live.assignment.epoch, epoch) && live.state !== 'finished') live.checkpoint = checkpoint;
  };

  readonly finished: Attempts['finished'] = (agentUid, report) => {
    const { board, agents, clock } = this.#deps;
    const live = this.#current(agentUid, report);
    if (live?.state === 'finished') return;
    if (live !== undefined && live.state !== 'recording') {
      if (live.startedAt === 0) live.startedAt = clock.now() - report.output.durationMs;
      live.state = 'finished';
      return this.#supervise(live, () => finish(this.#deps, live, report));
    }
    const isRecorded = board.get(report.taskUid)?.status?.outcome?.resultDigest === report.output.digest;
    if (isRecorded) agents.confirm(agentUid, report);
    else agents.abort(agentUid, report, 'another assignment is current');
  };

  readonly refused: Attempts['refused'] = (agentUid, { reason, ...attempt }) => {
    const live = this.#current(agentUid, attempt);
    if (live?.state !== 'sent' && live?.state !== 'running') return;
    const { agent } = live.assignment;
    this.#deps.log.info('agent refused a task', { task: live.task.metadata.name, namespace: live.task.metadata.namespace, agent, reason });
    if (live.startedAt !== 0) return this.lost(live, 'AgentLost', `agent ${agent} no longer has the task: ${reason}`);
    live.state = 'finished';
    const message = `agent ${agent} refused the task: ${reason}`;
    this.#supervise(live, () => takeBack(this.#deps, live, { reason: permanentRefusals.has(reason) ? 'AgentError' : 'AgentStopped', message, waitMs: pauseMs }));
  };

  readonly unclaimed: Attempts['unclaimed'] = (live, agent) => {
    if (live.state === 'recording' || live.state === 'finished') return;
    const message = `agent ${agent.pod} does not have the task`;
    const isUnderway = live.startedAt === 0 && live.sentAt !== undefined && this.#deps.clock.monotonic() - live.sentAt < underwayMs;
    if (!isUnderway) return this.lost(live, 'AgentLost', message);
    this.#supervise(live, async () => {
      if (!(await sendAgain(this.#deps, live, agent))) this.lost(live, 'AgentLost', message);
    });
  };

  readonly lost: Attempts['lost'] = (live, reason, message) => {
    // What is being recorded is not sent yet, and sending it will fail; what is being concluded has brought its result.
    if (!isLive(this.#deps, live) || live.state === 'finished' || live.state === 'recording') return;
    live.state = 'finished';
    this.#supervise(live, () => giveUp(this.#deps, live, reason, message));
  };

  readonly lostRecorded: Attempts['lostRecorded'] = (task, reason) => {
    const { assignment, attempt = 1 } = task.status ?? {};
    if (assignment === undefined) return;
    const live: LiveAttempt = { task, attempt, assignment, state: 'sent', sentAt: undefined, startedAt: 0, traced: true };
    this.#deps.book.open(live);
    this.lost(live, reason, `no agent claims attempt ${attempt} after the operator was replaced`);
  };

  readonly decide: Attempts['decide'] = async (task, result, reason, message) => {
    const answer = await this.#deps.ledger.propose(newest(this.#deps, task), { kind: 'outcome', result, reason, message });
    if (answer.kind === 'recorded') this.#cut(task, message);
  };

  readonly forgotten: Attempts['forgotten'] = (task) => this.#cut(task, 'the task was deleted');

  #current(agentUid: string, { taskUid, attempt, epoch }: AttemptRef): LiveAttempt | undefined {
    const live = this.#deps.book.get(taskUid);
    return isCurrent(live, attempt, epoch) && live.assignment.agentUid === agentUid ? live : undefined;
  }

  /** Aborts what runs of a task. An order that has not left is dropped by its sender, which finds the book without it. */
  #cut(task: Task, message: string): void {
    this.#deps.book.leave(task.metadata.uid, undefined);
    const live = this.#deps.book.get(task.metadata.uid);
    if (live === undefined) return;
    if (live.state !== 'recording') this.#deps.agents.abort(live.assignment.agentUid, refOf(live), message);
    release(this.#deps, live);
  }

  async #handOut(live: LiveAttempt, agent: AgentView, recordFirst: boolean): Promise<void> {
    const sent = await send(this.#deps, live, agent, recordFirst);
    if (sent.kind === 'undeliverable') {
      live.state = 'finished';
      return takeBack(this.#deps, live, { reason: 'AgentStopped', message: `agent ${agent.pod} could not be reached`, waitMs: 0 });
    }
    if (sent.kind !== 'overtaken') return;
    release(this.#deps, live);
    this.lostRecorded(sent.task, 'LeaderLost');
  }

  #noteRunning(live: LiveAttempt): void {
    if (!isLive(this.#deps, live) || live.state !== 'running' || live.traced) return;
    const { ledger, log } = this.#deps;
    const { attempt, assignment, startedAt } = live;
    live.traced = true;
    ledger.propose(newest(this.#deps, live.task), { kind: 'running', attempt, assignment, startTime: formatTimeMs(startedAt) }).catch((error: unknown) => {
      live.traced = false;
      log.warn('running was not recorded', { task: live.task.metadata.name, namespace: live.task.metadata.namespace, error: messageOf(error) });
    });
  }

  /** Runs work that answers nobody. What fails for good is begun anew, unless it may have had an effect outside: then its end is written later. */
  #supervise(live: LiveAttempt, work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      const { log, agents, listener, clock } = this.#deps;
      log.error('attempt could not be carried on', { task: live.task.metadata.name, namespace: live.task.metadata.namespace, error: messageOf(error) });
      if (hasReason(error, 'NotLeader') || !isLive(this.#deps, live)) return;
      if (live.task.spec.sideEffects === 'External' && live.state !== 'recording') {
        return void clock.after(pauseMs, () => this.#supervise(live, () => giveUp(this.#deps, live, 'OutcomeUnknown', `the end of the attempt could not be recorded: ${messageOf(error)}`)));
      }
      if (live.state !== 'recording') agents.abort(live.assignment.agentUid, refOf(live), 'its end could not be recorded');
      release(this.#deps, live);
      listener.requeue(newest(this.#deps, live.task), pauseMs);
    });
  }
}
