// Views of missions for this room's tests, what becomes of a view when a decision is carried out, and tables of decisions.
import { expect, test } from 'vitest';
import type { Usage } from '#api/llm.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Instant } from '#api/time.ts';
import type { Mission, MissionStatus } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { expandPlan } from '#domain/plan/expand.ts';
import type { Approval } from '#api/v1alpha1/approval.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import { planHash } from '#domain/plan/names.ts';
import { expandChain } from '#domain/plan/expand-chain.ts';
import { withPlan } from '#domain/plan/question.ts';
import type { MissionBuilder } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import { taskOf, type TaskBuilder } from '#testing/builders/task.ts';
import type { NotedIntent } from './decide/intents.ts';
import { decideMission, type MissionDecision } from './decide/index.ts';
import { type MissionView, type PlannerState, type Planning, runOf } from './decide/view.ts';
import { planningOf } from './planning.ts';

export const t0: Instant = Date.parse('2026-01-01T00:00:00Z');

/** What there is besides the mission. Tasks are told by the steps from a fresh object to what they are now. */
export interface Surroundings {
  readonly tasks?: Readonly<Record<string, (task: TaskBuilder) => TaskBuilder>>;
  /** Further objects that carry the mission's UID. */
  readonly others?: readonly Task[];
  /** Plan names of tasks that an agent has. */
  readonly live?: readonly string[];
  readonly pools?: readonly AgentPool[];
  readonly foreignNames?: readonly string[];
  readonly confirmedGone?: readonly string[];
  /** Plan names of tasks that no agent may have. */
  readonly withoutVerifier?: readonly string[];
  readonly plan?: Plan;
  /** All plans of the mission, where there are several. */
  readonly plans?: readonly Plan[];
  readonly approvals?: readonly Approval[];
  readonly planner?: PlannerState;
  readonly usage?: Usage;
  readonly usageSettledAt?: Instant;
}

export const fresh = (task: TaskBuilder): TaskBuilder => task;
export const succeeded = (task: TaskBuilder): TaskBuilder => task.ended('Succeeded');
export const failed = (task: TaskBuilder): TaskBuilder => task.ended('Failed');
export const running = (task: TaskBuilder): TaskBuilder => task.running();

function planningSeen(mission: Mission, { plan, plans = plan === undefined ? [] : [plan], planner = { kind: 'idle' }, approvals = [], others = [] }: Surroundings): Omit<Planning, 'superseded'> {
  return { ...planningOf(mission, { run: runOf(mission), plans, approvals, tasks: others, planner: { stateOf: () => planner } }), planner };
}

/** The view of a mission whose caches show exactly this. */
export function viewOf(written: Mission, { tasks = {}, others = [], live = [], pools = [aPool().of('Analyzer', 'Tester', 'Coder').build()], foreignNames = [], confirmedGone = [], withoutVerifier = [], usage, usageSettledAt, approvals = [], ...planned }: Surroundings = {}): MissionView {
  const run = runOf(written);
  const planning = planningSeen(written, { ...planned, approvals, others });
  const mission = withPlan(written, planning.chain.at(-1));
  const { plan, superseded } = expandChain(written, run, planning.chain);
  const own = [...Object.entries(tasks).map(([name, told]) => told(taskOf(mission, name, run)).build()), ...others];
  const objectName = (name: string) => plan.find((planned) => planned.name === name)?.objectName ?? name;
  return {
    mission,
    run,
    plan,
    planHash: planHash(plan),
    tasks: own.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)),
    live: new Set(own.filter(({ spec, metadata }) => live.includes(spec.taskName ?? metadata.name)).map(({ metadata }) => metadata.uid)),
    pools,
    foreignNames: foreignNames.map(objectName),
    confirmedGone: new Set(confirmedGone.map(objectName)),
    planning: { ...planning, superseded },
    approvals,
    usage,
    usageSettledAt,
    withoutVerifier: new Set(own.filter(({ spec, metadata }) => withoutVerifier.includes(spec.taskName ?? metadata.name)).map(({ metadata }) => metadata.uid)),
  };
}

/** The view of a mission that runs since t0 with the tasks of its graph and those that check goals created. */
export function underway(mission: MissionBuilder, surroundings: Surroundings = {}): MissionView {
  const built = mission.build();
  const first = expandPlan(built, runOf(built)).filter(({ phase }) => phase === 'work' || phase === 'verifier');
  const all = Object.fromEntries(first.map(({ name }) => [name, fresh]));
  const before = decideMission(viewOf(built, { tasks: all }), t0).status;
  return viewOf(mission.status(before).build(), { ...surroundings, tasks: { ...all, ...surroundings.tasks } });
}

/** The view once a decision was carried out and the caches show it; the status is written at once. */
export function applied(view: MissionView, { intents, status }: MissionDecision): MissionView {
  const mission = status === undefined ? view.mission : { ...view.mission, status };
  const run = runOf(mission);
  const next = intents.reduce(carriedOut, { ...view, mission });
  return run === view.run ? next : { ...viewOf(mission, { pools: view.pools, others: next.tasks, ...plannedBy(next) }), confirmedGone: next.confirmedGone };
}

function plannedBy({ planning: { chain, candidate, planner }, approvals, usage }: MissionView): Pick<Surroundings, 'plans' | 'approvals' | 'planner' | 'usage'> {
  return { planner, approvals, plans: [...chain, ...(candidate === undefined ? [] : [candidate.plan])], ...(usage === undefined ? {} : { usage }) };
}

function carriedOut(view: MissionView, intent: NotedIntent): MissionView {
  switch (intent.kind) {
    case 'createTask':
      return withTasks(view, [...view.tasks, { ...intent.task, metadata: { ...intent.task.metadata, uid: `uid-${intent.task.metadata.name}`, resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' } }]);
    case 'deleteTask':
      return withTasks(view, view.tasks.filter((task) => task !== intent.task));
    case 'decideTask': {
      const { result, reason, message } = intent;
      return withTasks(view, view.tasks.map((task) => (task === intent.task ? { ...task, status: { ...task.status, outcome: { result, reason, message, time: '2026-01-01T00:01:00Z' } } } : task)));
    }
    case 'requestPlan':
      return { ...view, planning: { ...view.planning, planner: { kind: 'asking' } } };
    case 'abandonPlan':
      return { ...view, planning: { ...view.planning, planner: { kind: 'idle' } } };
    case 'confirmGone':
      return { ...view, confirmedGone: new Set([...view.confirmedGone, intent.name]) };
    case 'deleteMission':
      return { ...view, mission: { ...view.mission, metadata: { ...view.mission.metadata, deletionTimestamp: '2026-01-01T00:01:00Z' } } };
  }
}

function withTasks(view: MissionView, tasks: readonly Task[]): MissionView {
  const undecided = new Set(tasks.filter(({ status }) => status?.outcome === undefined).map(({ metadata }) => metadata.uid));
  return { ...view, tasks: tasks.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)), live: new Set([...view.live].filter((uid) => undecided.has(uid))) };
}

/** The intents as lines: `create a`, `delete b`, `Cancelled c/MissionCancelled`. */
export function lines({ plan }: MissionView, { intents }: MissionDecision): string[] {
  const planName = (objectName: string) => plan.find((planned) => planned.objectName === objectName)?.name ?? objectName;
  return intents.map((intent) => {
    if (intent.kind === 'deleteMission') return 'delete the mission';
    if (intent.kind === 'requestPlan' || intent.kind === 'abandonPlan') return intent.note;
    if (intent.kind === 'confirmGone') return `ask ${planName(intent.name)}`;
    const name = intent.task.spec.taskName ?? intent.task.metadata.name;
    return intent.kind === 'decideTask' ? `${intent.result} ${name}/${intent.reason}` : `${intent.kind === 'createTask' ? 'create' : 'delete'} ${name}`;
  });
}

/** `Accepted=False/NoMatchingPool` by type, of the status that was decided. */
export function conditionsOf({ status }: MissionDecision): Record<string, string> {
  return Object.fromEntries((status?.conditions ?? []).map(({ type, status: value, reason }) => [type, `${value}/${reason}`]));
}

/** A view and what is to be decided about it; what is not told is not looked at. */
export interface Case {
  readonly view: MissionView;
  readonly at?: number;
  readonly intents?: readonly string[];
  readonly conditions?: Record<string, string>;
  readonly status?: Partial<MissionStatus>;
  readonly message?: string;
  readonly wakeAfterMs?: number;
  /** Leaves the status as it is. */
  readonly silent?: true;
}

/** Decides, and compares. */
export function check({ view, at = t0, intents, conditions, status, message, wakeAfterMs, silent }: Case): void {
  const decision = decideMission(view, at);
  expect(decision.status === undefined).toBe(silent ?? false);
  if (intents !== undefined) expect(lines(view, decision)).toEqual(intents);
  if (conditions !== undefined) expect(conditionsOf(decision)).toMatchObject(conditions);
  if (status !== undefined) expect(decision.status).toMatchObject(status);
  if (message !== undefined) expect(decision.status?.conditions?.map((condition) => condition.message).join('\n')).toContain(message);
  if (wakeAfterMs !== undefined) expect(decision.wakeAfterMs).toBe(wakeAfterMs);
}

/** One test for each case, named by its key. */
export const suite = (cases: Record<string, Case>) => test.each(Object.entries(cases))('%s', (_, row) => check(row));
