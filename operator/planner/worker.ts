// Which questions are asked, how many at once, and when again. A question is known by its mission and what that asks: asked twice it is one piece of work.
import type { Instant } from '#api/time.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { questionDigest, revisionDigest } from '#domain/plan/question.ts';
import type { Revision } from '#domain/planning/revision.ts';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Random } from '#platform/ids.ts';
import type { PlanDraft, Planner, PlannerQuestion, PlanOutcome, Round } from './planner.ts';

/** Identity of a question. */
export interface PlanKey {
  readonly missionUid: string;
  readonly digest: string;
}

/** The question of a mission as it is now: for a plan, or for the one that takes the place of another in a run. */
export function planKeyOf({ metadata, spec }: Pick<Mission, 'metadata' | 'spec'>, revises?: Pick<Revision, 'plan' | 'run'>): PlanKey {
  return { missionUid: metadata.uid, digest: revises === undefined ? questionDigest(spec) : revisionDigest(revises.plan, revises.run) };
}

/** What is known of a question. `kept`: the plan was handed over, and nothing is asked until the question is forgotten. */
export type PlanStatus =
  | { readonly kind: 'idle' | 'kept' }
  | { readonly kind: 'asking'; readonly since: Instant }
  | { readonly kind: 'waiting'; readonly until: Instant; readonly message: string }
  | { readonly kind: 'refused'; readonly type: string; readonly message: string };

/** Where plans go, of both verdicts. A plan that could not be kept is handed over again; a repeat has to be harmless. */
export interface PlanKeeper {
  keep(mission: Mission, plan: PlanDraft): Promise<void>;
}

export interface PlanWorkerParts {
  readonly planner: Planner;
  readonly keeper: PlanKeeper;
  readonly clock: Clock;
  readonly random: Random;
  /** Told after each change of a status that `ask`, `cancel` or `forget` did not make. */
  changed(key: PlanKey): void;
  /** Most questions asked at once; 4 unless told. */
  readonly concurrency?: number;
}

/** The question as it is now. */
export type ReadQuestion = () => PlannerQuestion | Promise<PlannerQuestion>;

export interface PlanWorker {
  status(key: PlanKey): PlanStatus;
  /** Asks in the background, unless the question is known already. `question` is read anew for each try, as pools change; when the mission asks something else by then, this question is dropped. */
  ask(key: PlanKey, question: ReadQuestion): void;
  /** Stops a question and forgets it, also one that was refused. */
  cancel(key: PlanKey): void;
  /** Cancels all questions of a mission. */
  forget(missionUid: string): void;
  /** Stops everything; resolves when no call is in flight any more. Nothing is asked afterwards. */
  close(): Promise<void>;
}

/** A worker that remembers nothing beyond its process: plans are objects, and calls that were cut are the gateway's to settle. */
export function createPlanWorker(parts: PlanWorkerParts): PlanWorker {
  return new BoundedPlanWorker(parts);
}

interface Work {
  readonly key: PlanKey;
  readonly question: ReadQuestion;
  readonly abort: AbortController;
  /** Rounds that need not be paid for again. */
  readonly paid: Round[];
  status: PlanStatus;
  made?: { readonly mission: Mission; readonly plan: PlanDraft };
  failures: number;
  stopTimer?: () => void;
}

const idle = { kind: 'idle' } as const;
const backoff = { baseMs: 1000, maxMs: 60_000 };
const textOf = ({ missionUid, digest }: PlanKey) => `${missionUid}/${digest}`;

class BoundedPlanWorker implements PlanWorker {
  readonly #parts: PlanWorkerParts;
  readonly #works = new Map<string, Work>();
  /** Calls in flight by key, those of cancelled work too: a question that is asked again waits for its last call to end. */
  readonly #calls = new Map<string, Promise<void>>();
  #queue: Work[] = [];
  #closed = false;

  constructor(parts: PlanWorkerParts) {
    this.#parts = parts;
  }

  status(key: PlanKey): PlanStatus {
    return this.#works.get(textOf(key))?.status ?? idle;
  }

  ask(key: PlanKey, question: ReadQuestion): void {
    if (this.#closed || this.#works.has(textOf(key))) return;
    const work: Work = { key, question, abort: new AbortController(), paid: [], status: this.#asking(), failures: 0 };
    this.#works.set(textOf(key), work);
    this.#enqueue(work);
  }

  cancel(key: PlanKey): void {
    const work = this.#works.get(textOf(key));
    if (work === undefined) return;
    this.#works.delete(textOf(key));
    this.#queue = this.#queue.filter((other) => other !== work);
    work.stopTimer?.();
    work.abort.abort();
  }

  forget(missionUid: string): void {
    for (const { key } of this.#works.values()) if (key.missionUid === missionUid) this.cancel(key);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { key } of this.#works.values()) this.cancel(key);
    await Promise.all(this.#calls.values());
  }

  #asking(): PlanStatus {
    return { kind: 'asking', since: this.#parts.clock.now() };
  }

  #enqueue(work: Work): void {
    this.#queue.push(work);
    this.#pump();
  }

  #pump(): void {
    while (this.#calls.size < (this.#parts.concurrency ?? 4)) {
      const next = this.#queue.find(({ key }) => !this.#calls.has(textOf(key)));
      if (next === undefined) return;
      this.#queue = this.#queue.filter((work) => work !== next);
      this.#start(next);
    }
  }

  #start(work: Work): void {
    const text = textOf(work.key);
    const call = this.#attempt(work).then((status) => {
      this.#calls.delete(text);
      if (!work.abort.signal.aborted) this.#move(work, status);
      this.#pump();
    });
    this.#calls.set(text, call);
  }

  #move(work: Work, status: PlanStatus): void {
    work.status = status;
    if (status.kind === 'idle') this.cancel(work.key);
    if (status.kind === 'waiting') work.stopTimer = this.#parts.clock.after(status.until - this.#parts.clock.now(), () => this.#again(work));
    this.#parts.changed(work.key);
  }

  #again(work: Work): void {
    work.status = this.#asking();
    this.#enqueue(work);
    this.#parts.changed(work.key);
  }

  /** One try; gives what the question is at afterwards. */
  async #attempt(work: Work): Promise<PlanStatus> {
    try {
      return await this.#advance(work);
    } catch (error) {
      return this.#waiting(work, 0, messageOf(error));
    }
  }

  async #advance(work: Work): Promise<PlanStatus> {
    const outcome = work.made === undefined ? await this.#plan(work) : undefined;
    if (outcome?.kind === 'refused' || outcome?.kind === 'idle') return outcome;
    if (outcome?.kind === 'later') return this.#waiting(work, outcome.retryAfterMs, outcome.message);
    if (work.made !== undefined && !work.abort.signal.aborted) await this.#parts.keeper.keep(work.made.mission, work.made.plan);
    return { kind: 'kept' };
  }

  async #plan(work: Work): Promise<PlanOutcome | typeof idle> {
    const question = await work.question();
    // Answers that were paid for answer what was asked, and a plan says what it answers.
    if (planKeyOf(question.mission, question.revision).digest !== work.key.digest) return idle;
    const outcome = await this.#parts.planner.plan(question, work.abort.signal, work.paid);
    if (outcome.kind === 'made') work.made = { mission: question.mission, plan: outcome.plan };
    return outcome;
  }

  /** Full jitter: many that failed together must not come back together. */
  #waiting(work: Work, atLeastMs: number, message: string): PlanStatus {
    const spread = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(work.failures, 30));
    work.failures += 1;
    return { kind: 'waiting', until: this.#parts.clock.now() + Math.ceil(atLeastMs + this.#parts.random.next() * spread), message };
  }
}
