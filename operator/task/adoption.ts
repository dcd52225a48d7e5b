// What agents claim when they introduce themselves, weighed against what this leader knows (docs/adr/0001).
// At the start of a term nobody is believed to be idle: work that may run somewhere waits until every living agent has spoken.
import { formatTimeMs, parseTime } from '#api/time.ts';
import type { Assignment, Task } from '#api/v1alpha1/task.ts';
import { findCondition } from '#domain/conditions.ts';
import { dependencyVerdict } from '#domain/dependency.ts';
import { judgeTakeover, type TakeoverVerdict, type TaskClaim } from '#domain/task/takeover.ts';
import { backoffLeftMs } from './decide/failure.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Agents, AgentView, Claim } from './agents-port.ts';
import type { Attempts } from './attempts.ts';
import type { TaskBoard } from './board.ts';
import { type Book, isCurrent, type LiveAttempt } from './book.ts';

/** The scheduler, as far as recovery goes. */
export interface RecoveryScheduler {
  recovering(task: Task): void;
  recovered(task: Task, options: { readonly recordFirst: boolean; readonly live: boolean; readonly afterMs: number }): void;
}

export interface AdoptionDeps {
  readonly board: TaskBoard;
  readonly book: Book;
  readonly agents: Agents;
  readonly attempts: Attempts;
  readonly scheduler: RecoveryScheduler;
  readonly sibling: (task: Task, name: string) => Task | undefined;
  /** UIDs of agent pods that run and are not being deleted. */
  readonly livingAgents: () => readonly string[];
  readonly grant: (task: Task, agent: AgentView) => Promise<string>;
  readonly clock: Clock;
  readonly log: Log;
  /** How long silence proves that nothing runs any more, in milliseconds. */
  readonly silenceMs: number;
  /** The leader before had released the lease. */
  readonly clean: boolean;
}

export interface Adoption {
  /** Puts everything aside that may run somewhere. */
  begin(): void;
  connected(agent: AgentView, claims: readonly Claim[], sameProcess: boolean): void;
  /** Ends the wait when it may end; to be called about once a second. */
  tick(): void;
  readonly waiting: boolean;
}

/** A claim with the agent that makes it. */
interface Claimant extends TaskClaim {
  readonly agent: AgentView;
  readonly claim: Claim;
}

const claimant = (agent: AgentView, claim: Claim): Claimant => ({ agent, claim, agentUid: agent.uid, attempt: claim.attempt, epoch: claim.epoch, finished: claim.finished, digest: claim.resultDigest });

/** The recovery of one term. */
export function createAdoption(deps: AdoptionDeps): Adoption {
  const { board, book, agents, attempts, scheduler, clock, log } = deps;
  const suspects = new Set<string>();
  const spoken = new Map<string, { readonly agent: AgentView; readonly claims: readonly Claim[] }>();
  let began = 0;
  let waiting = false;

  function mayRun(task: Task): boolean {
    const { outcome, assignment, conditions } = task.status ?? {};
    if (outcome !== undefined || findCondition(conditions, 'Accepted')?.status === 'False') return false;
    if (assignment !== undefined) return true;
    return task.spec.dependsOn.every((name) => {
      const dependency = deps.sibling(task, name);
      return dependency !== undefined && dependencyVerdict(dependency) === 'satisfied';
    });
  }

  function adopt(task: Task, { agent, claim }: Claimant): void {
    const epoch = book.nextEpoch();
    const { status } = task;
    const assignment: Assignment = {
      pool: agent.pool,
      poolNamespace: agent.namespace,
      agent: agent.pod,
      agentUid: agent.uid,
      epoch,
      assignedTime: status?.assignment?.assignedTime ?? formatTimeMs(clock.now()),
      matchReason: 'goes on where it was',
    };
    const live: LiveAttempt = { task, attempt: claim.attempt, assignment, state: 'sent', startedAt: parseTime(status?.startTime) ?? clock.now(), traced: status?.assignment !== undefined };
    book.open(live);
    scheduler.recovered(task, { recordFirst: false, live: true, afterMs: 0 });
    reissue(live, agent, claim);
    log.info('attempt adopted', { task: task.metadata.name, namespace: task.metadata.namespace, agent: agent.pod, attempt: claim.attempt, finished: claim.finished });
  }

  function reissue(live: LiveAttempt, agent: AgentView, claim: Claim): void {
    deps.grant(live.task, agent).then(
      (grant) => agents.reissue(agent.uid, claim, live.assignment.epoch, grant),
      () => attempts.lost(live, 'AgentLost', 'the attempt could not be taken over'),
    );
  }

  /** A claim on a task that is not put aside. */
  function weigh(agent: AgentView, claim: Claim): void {
    const live = book.get(claim.taskUid);
    if (live === undefined) return judge(claim.taskUid, [claimant(agent, claim)]);
    if (!isCurrent(live, claim.attempt, claim.epoch) || live.assignment.agentUid !== agent.uid) return void agents.abort(agent.uid, claim, 'another assignment is current');
    if (!claim.finished) return attempts.started(agent.uid, claim.taskUid, claim.attempt, claim.epoch);
    if (live.state === 'finished') return;
    live.assignment = { ...live.assignment, epoch: book.nextEpoch() };
    reissue(live, agent, claim);
  }

  /** What the book says an agent has, but the agent does not: another process, or an order that never arrived. */
  function missing(agent: AgentView, claims: readonly Claim[], sameProcess: boolean): void {
    const claimed = new Set(claims.map(({ taskUid }) => taskUid));
    for (const live of book.ofAgent(agent.uid)) {
      if (claimed.has(live.task.metadata.uid) && sameProcess) continue;
      attempts.lost(live, 'AgentLost', sameProcess ? `agent ${agent.pod} never got the task` : `the process of agent ${agent.pod} was replaced`);
    }
  }

  function judge(uid: string, claims: readonly Claimant[]): void {
    const found = board.get(uid);
    const task = found?.metadata.deletionTimestamp === undefined ? found : undefined;
    const { verdict, aborts } = judgeTakeover({
      task: task && { sideEffects: task.spec.sideEffects, status: task.status ?? {} },
      claims,
      barrierDone: !waiting,
      wasReadyBeforeTerm: suspects.has(uid) && !deps.clean,
    });
    for (const { agent, claim } of aborts) agents.abort(agent.uid, claim, 'the task is gone, decided, or with another agent');
    carryOut(task, verdict);
  }

  function carryOut(task: Task | undefined, verdict: TakeoverVerdict<Claimant>): void {
    if (verdict.kind === 'confirm') for (const { agent, claim } of verdict.claims) agents.confirm(agent.uid, claim);
    if (task === undefined) return;
    switch (verdict.kind) {
      case 'adopt':
        return adopt(task, verdict.claim);
      case 'lost':
        return giveUp(task, verdict.reason);
      case 'dispatchRecorded':
      case 'dispatch':
        return scheduler.recovered(task, { recordFirst: verdict.kind === 'dispatchRecorded', live: false, afterMs: backoffLeftMs(task, clock.now()) });
      case 'wait':
      case 'confirm':
      case 'nothing':
    }
  }

  /** Nobody has the attempt that the status names. */
  function giveUp(task: Task, reason: 'LeaderLost' | 'OutcomeUnknown'): void {
    const { assignment, attempt = 1 } = task.status ?? {};
    if (assignment === undefined) return;
    const live: LiveAttempt = { task, attempt, assignment, state: 'sent', startedAt: 0, traced: true };
    book.open(live);
    scheduler.recovered(task, { recordFirst: false, live: true, afterMs: 0 });
    attempts.lost(live, reason, `no agent claims attempt ${attempt} after the operator was replaced`);
  }

  function finish(): void {
    waiting = false;
    const claims = new Map<string, Claimant[]>();
    for (const { agent, claims: made } of spoken.values()) {
      for (const claim of made) claims.set(claim.taskUid, [...(claims.get(claim.taskUid) ?? []), claimant(agent, claim)]);
    }
    const judged = [...suspects];
    log.info('recovery is done', { tasks: judged.length, agents: spoken.size, waitedMs: Math.round(clock.monotonic() - began) });
    for (const uid of judged) judge(uid, claims.get(uid) ?? []);
    suspects.clear();
    spoken.clear();
  }

  function tick(): void {
    if (!waiting) return;
    const silent = deps.livingAgents().filter((uid) => !spoken.has(uid));
    if (silent.length === 0 || clock.monotonic() - began >= deps.silenceMs) finish();
  }

  return {
    begin() {
      began = clock.monotonic();
      waiting = true;
      for (const task of board.list()) {
        if (!mayRun(task)) continue;
        suspects.add(task.metadata.uid);
        scheduler.recovering(task);
      }
      tick();
    },
    connected(agent, claims, sameProcess) {
      missing(agent, claims, sameProcess);
      const aside = claims.filter(({ taskUid }) => suspects.has(taskUid));
      if (waiting) spoken.set(agent.uid, { agent, claims: aside });
      for (const claim of claims) if (!waiting || !suspects.has(claim.taskUid)) weigh(agent, claim);
      tick();
    },
    tick,
    get waiting() {
      return waiting;
    },
  };
}
