// What agents claim when they introduce themselves, weighed against what this leader knows (docs/adr/0001).
// At the start of a term nobody is believed to be idle: work that may run somewhere waits until every living agent has spoken.
import { formatTimeMs, parseTime } from '#api/time.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { findCondition } from '#domain/conditions.ts';
import { dependencyVerdict } from '#domain/dependency.ts';
import { compareEpochs } from '#domain/task/epoch.ts';
import { judgeTakeover, type Takeover, type TaskClaim } from '#domain/task/takeover.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Agents, AgentView, Claim, Grants } from './agents-port.ts';
import { insist } from './attempt-deps.ts';
import type { Attempts } from './attempts.ts';
import type { TaskBoard } from './board.ts';
import type { Book, LiveAttempt } from './book.ts';
import { backoffLeftMs } from './decide/failure.ts';
import type { OrderRequest } from './order.ts';
import { whileLeading } from './while-leading.ts';

/** The scheduler, as far as recovery goes. */
export interface RecoveryScheduler {
  recovering(task: Task): void;
  recovered(task: Task, options: { readonly recordFirst: boolean; readonly live: boolean; readonly afterMs: number }): void;
  /** The slots of an agent are to be counted again. */
  slotFreed(agentUid: string): void;
}

export interface AdoptionDeps {
  readonly board: Pick<TaskBoard, 'get' | 'list'>;
  readonly book: Book;
  readonly agents: Agents;
  readonly attempts: Pick<Attempts, 'started' | 'lost' | 'lostRecorded' | 'unclaimed'>;
  readonly scheduler: RecoveryScheduler;
  readonly sibling: (task: Task, name: string) => Task | undefined;
  /** UIDs of agent pods that run and are not being deleted. */
  readonly livingAgents: () => readonly string[];
  /** Whether agents of this one's pool may have tasks of that namespace: a claim alone gives no right to see a tenant's work. */
  readonly mayServe: (agent: AgentView, namespace: string) => boolean;
  readonly grants: (request: OrderRequest) => Promise<Grants>;
  /** Throws when this process may not lead any more. */
  readonly fence: () => void;
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
  /** `sameProcess`: it is the process that this leader knew before. */
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

/** The recovery of one term. */
export function createAdoption(deps: AdoptionDeps): Adoption {
  return new TermAdoption({ ...deps, agents: whileLeading(deps.agents, deps.fence) });
}

class TermAdoption implements Adoption {
  readonly #deps: AdoptionDeps;
  readonly #suspects = new Set<string>();
  readonly #spoken = new Map<string, readonly Claimant[]>();
  #began = 0;
  #waiting = false;

  constructor(deps: AdoptionDeps) {
    this.#deps = deps;
  }

  get waiting(): boolean {
    return this.#waiting;
  }

  begin(): void {
    const { board, scheduler, clock } = this.#deps;
    this.#began = clock.monotonic();
    this.#waiting = true;
    for (const task of board.list()) {
      if (!this.#mayRun(task)) continue;
      this.#suspects.add(task.metadata.uid);
      scheduler.recovering(task);
    }
    this.tick();
  }

  connected(agent: AgentView, claims: readonly Claim[], sameProcess: boolean): void {
    this.#missing(agent, claims, sameProcess);
    const claimants = claims.map((claim): Claimant => ({ agent, claim, agentUid: agent.uid, attempt: claim.attempt, epoch: claim.epoch, finished: claim.finished, digest: claim.resultDigest }));
    const isAside = ({ claim }: Claimant) => this.#waiting && this.#suspects.has(claim.taskUid);
    if (this.#waiting) {
      const aside = claimants.filter(isAside);
      this.#spoken.set(agent.uid, aside);
      this.#deps.book.setAside(agent.uid, aside.length);
    }
    for (const claimant of claimants) if (!isAside(claimant)) this.#weigh(claimant);
    this.tick();
  }

  tick(): void {
    if (!this.#waiting) return;
    const { livingAgents, clock, silenceMs } = this.#deps;
    const silent = livingAgents().filter((uid) => !this.#spoken.has(uid));
    if (silent.length === 0 || clock.monotonic() - this.#began >= silenceMs) this.#finish();
  }

  #mayRun(task: Task): boolean {
    const { outcome, assignment, conditions } = task.status ?? {};
    if (outcome !== undefined) return false;
    if (assignment !== undefined) return true;
    if (findCondition(conditions, 'Accepted')?.status === 'False') return false;
    return task.spec.dependsOn.every((name) => {
      const dependency = this.#deps.sibling(task, name);
      return dependency !== undefined && dependencyVerdict(dependency) === 'satisfied';
    });
  }

  /** What the book says an agent has, but the agent does not: another process, or an order that never arrived. */
  #missing(agent: AgentView, claims: readonly Claim[], sameProcess: boolean): void {
    const { book, attempts } = this.#deps;
    const claimed = new Set(claims.map(({ taskUid }) => taskUid));
    for (const live of book.ofAgent(agent.uid)) {
      if (!sameProcess) attempts.lost(live, 'AgentLost', `the process of agent ${agent.pod} was replaced`);
      else if (!claimed.has(live.task.metadata.uid)) attempts.unclaimed(live, agent);
    }
  }

  /** A claim on a task that is not put aside. */
  #weigh(claimant: Claimant): void {
    const { book, agents, attempts } = this.#deps;
    const { agent, claim } = claimant;
    const live = book.get(claim.taskUid);
    if (live === undefined) return this.#carryOutClaim(claim.taskUid, this.#judge(claim.taskUid, [claimant]));
    const order = compareEpochs(claim.epoch, live.assignment.epoch);
    const isTheirs = live.assignment.agentUid === agent.uid && live.attempt === claim.attempt && order <= 0 && live.state !== 'recording';
    if (!isTheirs) return void agents.abort(agent.uid, claim, 'another assignment is current');
    if (live.state === 'finished') return;
    if (order === 0 && !claim.finished) return attempts.started(agent.uid, claim);
    // An older number: the reissue did not arrive. The same number and finished: its result did not.
    this.#reissue(live, agent, claim);
  }

  #judge(uid: string, claims: readonly Claimant[]): Takeover<Claimant> {
    const { board, clean } = this.#deps;
    const found = board.get(uid);
    const task = found?.metadata.deletionTimestamp === undefined ? found : undefined;
    const allowed = claims.filter((claimant) => task !== undefined && this.#mayClaim(task, claimant));
    const { verdict, aborts } = judgeTakeover({
      task: task && { sideEffects: task.spec.sideEffects, status: task.status ?? {} },
      claims: allowed,
      barrierDone: !this.#waiting,
      wasReadyBeforeTerm: this.#suspects.has(uid) && !clean,
    });
    return { verdict, aborts: [...aborts, ...claims.filter((claim) => !allowed.includes(claim))] };
  }

  /** Second and later attempts are recorded before they are sent, so no honest agent is further ahead than one. */
  #mayClaim({ metadata, status }: Task, { agent, attempt }: Claimant): boolean {
    return attempt <= (status?.attempt ?? 0) + 1 && this.#deps.mayServe(agent, metadata.namespace);
  }

  /** What follows from claims alone. */
  #carryOutClaim(uid: string, { verdict, aborts }: Takeover<Claimant>): void {
    const { agents, board } = this.#deps;
    for (const { agent, claim } of aborts) agents.abort(agent.uid, claim, 'the task is gone, decided, or with another agent');
    if (verdict.kind === 'confirm') for (const { agent, claim } of verdict.claims) agents.confirm(agent.uid, claim);
    const task = board.get(uid);
    if (verdict.kind === 'adopt' && task !== undefined) this.#adopt(task, verdict.claim);
  }

  #carryOut(uid: string, takeover: Takeover<Claimant>): void {
    const { attempts, board, scheduler, clock } = this.#deps;
    this.#carryOutClaim(uid, takeover);
    const task = board.get(uid);
    const { verdict } = takeover;
    if (task === undefined) return;
    if (verdict.kind === 'dispatch' || verdict.kind === 'dispatchRecorded') {
      scheduler.recovered(task, { recordFirst: verdict.kind === 'dispatchRecorded', live: false, afterMs: backoffLeftMs(task, clock.now()) });
    }
    if (verdict.kind !== 'lost') return;
    scheduler.recovered(task, { recordFirst: false, live: true, afterMs: 0 });
    attempts.lostRecorded(task, verdict.reason);
  }

  #adopt(task: Task, { agent, claim }: Claimant): void {
    const { book, scheduler, clock, log } = this.#deps;
    const { assignment, startTime } = task.status ?? {};
    const now = clock.now();
    const live: LiveAttempt = {
      task,
      attempt: claim.attempt,
      assignment: {
        pool: agent.pool,
        poolNamespace: agent.namespace,
        agent: agent.pod,
        agentUid: agent.uid,
        epoch: book.nextEpoch(),
        assignedTime: assignment?.assignedTime ?? formatTimeMs(now),
        matchReason: 'goes on where it was',
      },
      state: 'sent',
      sentAt: undefined,
      startedAt: parseTime(startTime) ?? now,
      traced: assignment !== undefined,
    };
    book.open(live);
    scheduler.recovered(task, { recordFirst: false, live: true, afterMs: 0 });
    scheduler.slotFreed(agent.uid);
    this.#reissue(live, agent, claim);
    log.info('attempt adopted', { task: task.metadata.name, namespace: task.metadata.namespace, agent: agent.pod, attempt: claim.attempt, finished: claim.finished });
  }

  /** Should it not arrive, the agent claims the old number when it comes back, or falls silent. */
  #reissue(live: LiveAttempt, agent: AgentView, claim: Claim): void {
    const { grants, agents } = this.#deps;
    const { task, attempt, assignment } = live;
    void insist(this.#deps, live, () => grants({ task, attempt, assignment, agent })).then((signed) => signed === undefined || agents.reissue(agent.uid, claim, assignment.epoch, signed));
  }

  #finish(): void {
    const { agents, book, scheduler, clock, log } = this.#deps;
    this.#waiting = false;
    // An agent that has fallen silent since is known to nobody any more, so nobody would learn of its end.
    const heard = [...this.#spoken.values()].flat().filter(({ agentUid }) => agents.view(agentUid) !== undefined);
    const claims = Map.groupBy(heard, ({ claim }) => claim.taskUid);
    log.info('recovery is done', { tasks: this.#suspects.size, agents: this.#spoken.size, waitedMs: Math.round(clock.monotonic() - this.#began) });
    for (const uid of this.#suspects) this.#carryOut(uid, this.#judge(uid, claims.get(uid) ?? []));
    for (const agentUid of this.#spoken.keys()) {
      book.setAside(agentUid, 0);
      scheduler.slotFreed(agentUid);
    }
    this.#suspects.clear();
    this.#spoken.clear();
  }
}
