// One question to a model: the answer is read, its faults are sent back at most twice, and what comes of it is a plan or the reason why there is none.
import type { Account, CallUsage } from '#api/llm.ts';
import type { Lesson } from '#api/memory.ts';
import { formatTime } from '#api/time.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { PlanSpec } from '#api/v1alpha1/plan.ts';
import { plainText } from '#domain/conditions.ts';
import { sha256Hex } from '#domain/digest.ts';
import { type EstimateBasis, estimatePlan } from '#domain/plan/estimate.ts';
import { questionDigest, revisionDigest } from '#domain/plan/question.ts';
import { faultNoPlanMends } from '#domain/planning/needs.ts';
import { type Prompt, renderPrompt, renderRepair, type Turn } from '#domain/planning/prompt/render.ts';
import { faulty, readPlan, type ReadPlan } from '#domain/planning/read-plan.ts';
import { planRequest, type PlanQuestion, type PlanRequest } from '#domain/planning/request.ts';
import { situationOf } from '#domain/planning/situation.ts';
import { planUsage } from '#domain/planning/usage.ts';
import type { Clock } from '#platform/clock.ts';

/** What is asked of a model. */
export interface ModelRequest {
  /** Unset: the one that the installation names. */
  readonly model?: string;
  readonly system: string;
  readonly messages: readonly Turn[];
  readonly maxTokens: number;
  readonly account: Account;
}

/** `refused`: it may not be asked, for example because a budget is spent. `later`: it can be asked again by itself. */
export type ModelAnswer =
  | { readonly kind: 'answered'; readonly text: string; readonly stopReason: string; readonly model: string; readonly usage: CallUsage }
  | { readonly kind: 'refused'; readonly type: string; readonly message: string }
  | { readonly kind: 'later'; readonly retryAfterMs: number; readonly message: string };

/** A language model; whoever pays is told in the request. */
export interface Model {
  complete(request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer>;
}

/** A mission that needs a plan, the world around it, and who pays. */
export interface PlannerQuestion extends PlanQuestion {
  readonly mission: Mission;
  readonly account: Account;
  /** What is known of runs like a task of this mission; unset: nothing. */
  readonly past?: EstimateBasis['past'];
}

/** A Plan without its place among those of its mission. */
export type PlanDraft = Omit<PlanSpec, 'missionRef' | 'revision'>;

/** An answer that was paid for, and what it is. */
export interface Round {
  readonly text: string;
  readonly model: string;
  readonly usage: CallUsage;
  readonly read: ReadPlan;
  /** What the model was told of earlier missions. */
  readonly lessons: readonly Lesson[];
}

/** `made`: a plan of either verdict. `refused`: nobody can be asked as things are. `later`: ask again. */
export type PlanOutcome = { readonly kind: 'made'; readonly plan: PlanDraft } | Exclude<ModelAnswer, { readonly kind: 'answered' }>;

export interface Planner {
  /** Asks until there is a plan. Rounds are added to `paid` as they end: after `later` or an error hand the same list in, and nothing is paid for twice. */
  plan(question: PlannerQuestion, signal: AbortSignal, paid?: Round[]): Promise<PlanOutcome>;
}

/** What earlier missions have taught. */
export interface Memory {
  /** The lessons nearest to a text of a namespace, within two seconds; none when nobody answers. Never rejects: no plan waits for it. */
  recall(namespace: string, text: string, signal: AbortSignal): Promise<readonly Lesson[]>;
}

export interface PlannerParts {
  readonly model: Model;
  /** Unset where the installation keeps no lessons. */
  readonly memory?: Memory | undefined;
  readonly clock: Pick<Clock, 'now'>;
  /** Most tokens of one answer. */
  readonly maxTokens: number;
  /** Model that tasks ask when nobody says which, for estimates. */
  readonly defaultModel: string;
}

/** Once, and once for each repair. */
const mostRounds = 3;

/** A planner over a model. */
export function createPlanner(parts: PlannerParts): Planner {
  return { plan: (question, signal, paid = []) => plan(parts, question, { signal, paid }) };
}

interface Talk {
  readonly signal: AbortSignal;
  readonly paid: Round[];
}

async function plan({ model, memory, clock, maxTokens, defaultModel }: PlannerParts, asked: PlannerQuestion, { signal, paid }: Talk): Promise<PlanOutcome> {
  const refusal = refusalOf(asked, planRequest(asked));
  if (refusal !== undefined) return refusal;
  // Answers that were paid for belong to one talk: what it began with it goes on with.
  const lessons = paid.at(-1)?.lessons ?? (await recalled(memory, asked, signal));
  const question = { ...asked, lessons };
  const prompt = renderPrompt(planRequest(question));
  for (let last = paid.at(-1); ; last = paid.at(-1)) {
    if (last !== undefined && (last.read.kind === 'plan' || paid.length >= mostRounds)) return { kind: 'made', plan: draft({ last, paid }, question, { prompt, clock, defaultModel }) };
    // A model may answer in spite of an abort; nothing further is asked then.
    signal.throwIfAborted();
    const answer = await model.complete(messageOf(question, { prompt, last, maxTokens }), signal);
    if (answer.kind !== 'answered') return answer;
    paid.push({ text: answer.text, model: answer.model, usage: answer.usage, read: readAnswer(answer, question, maxTokens), lessons });
  }
}

async function recalled(memory: Memory | undefined, { mission: { metadata, spec } }: PlannerQuestion, signal: AbortSignal): Promise<readonly Lesson[]> {
  if (memory === undefined || spec.planner?.lessons === 'None') return [];
  return memory.recall(metadata.namespace, situationOf(spec), signal);
}

/** Why asking would be money for nothing. */
function refusalOf({ mission }: PlannerQuestion, { agentTypes }: PlanRequest): PlanOutcome | undefined {
  const fault = faultNoPlanMends(mission.spec);
  if (fault !== undefined) return { kind: 'refused', type: 'mission_invalid', message: `spec.${fault}; no plan could mend that` };
  if (agentTypes.length === 0) return { kind: 'later', retryAfterMs: 1000, message: `no AgentPool serves missions of namespace ${mission.metadata.namespace} with this poolSelector and workspace: there is nothing to plan with` };
  return undefined;
}

function messageOf({ mission, account }: PlannerQuestion, { prompt, last, maxTokens }: { readonly prompt: Prompt; readonly last: Round | undefined; readonly maxTokens: number }): ModelRequest {
  const model = mission.spec.planner?.model;
  const repair = last?.read.kind === 'faults' ? renderRepair(last.text, last.read.faults) : [];
  return { ...(model === undefined ? {} : { model }), system: prompt.system, messages: [{ role: 'user', content: prompt.user }, ...repair], maxTokens, account };
}

const regularEnds: ReadonlySet<string> = new Set(['end_turn', 'stop_sequence']);

function readAnswer({ text, stopReason }: ModelAnswer & { readonly kind: 'answered' }, question: PlannerQuestion, maxTokens: number): ReadPlan {
  if (stopReason === 'max_tokens') return faulty([`the answer was cut at ${maxTokens} tokens: make the plan shorter`]);
  const read = readPlan(text, question);
  return read.kind === 'plan' || regularEnds.has(stopReason) ? read : faulty([`the answer ended early: ${stopReason}`, ...read.faults]);
}

interface Ended {
  readonly last: Round;
  readonly paid: readonly Round[];
}

function draft({ last, paid }: Ended, question: PlannerQuestion, { prompt, clock, defaultModel }: { readonly prompt: Prompt } & Pick<PlannerParts, 'clock' | 'defaultModel'>): PlanDraft {
  const { mission, revision } = question;
  const { read } = last;
  return {
    requestDigest: revision === undefined ? questionDigest(mission.spec) : revisionDigest(revision.plan, revision.run),
    ...(revision === undefined ? {} : { revises: { plan: revision.plan.metadata.name, run: revision.run, reason: revision.reason, message: revision.message, kept: read.kind === 'plan' ? [...read.kept] : [] } }),
    ...(read.kind === 'plan' ? { verdict: 'Accepted', tasks: [...read.tasks], faults: [], summary: read.summary, estimate: estimatePlan(read.tasks, { past: question.past ?? (() => ({})), modelPolicy: mission.spec.modelPolicy, model: defaultModel }) } : { verdict: 'Rejected', tasks: [], faults: [...read.faults] }),
    answerDigest: sha256Hex(last.text),
    model: plainText(last.model, 128),
    promptVersion: prompt.version,
    rounds: paid.length,
    ...(last.lessons.length === 0 ? {} : { lessons: last.lessons.map(({ id }) => id) }),
    usage: planUsage(paid.map(({ usage }) => usage)),
    plannedTime: formatTime(clock.now()),
  };
}
