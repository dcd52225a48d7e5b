// The planner of a term: questions of missions go to the worker, its plans become objects, its changes wake the mission.
import { plans } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Revision } from '#domain/planning/revision.ts';
import { PlatformError } from '#platform/errors.ts';
import { createIfAbsent } from '#platform/kube/create-if-absent.ts';
import { byMission } from '../caches.ts';
import type { MissionPlanner, Told } from '../mission/index.ts';
import { keepPlan } from '../mission/keep-plan.ts';
import { pastOf } from '../task/past-runs.ts';
import { createPlanner, type PlannerQuestion } from '../planner/planner.ts';
import { createPlanWorker, planKeyOf, type PlanStatus, type PlanWorker } from '../planner/worker.ts';
import type { Core } from './core.ts';
import type { TermDeps } from './deps.ts';

export interface Planning extends MissionPlanner {
  /** A Plan object is gone: its question may be asked again. */
  planGone(plan: Plan): void;
  close(): Promise<void>;
}

/** Most tasks that any plan may have. */
const maxTasks = 100;

/** The planner, or one that says that there is none. `wake` asks for a turn of the mission with this uid. */
export function createPlanning(deps: TermDeps, core: Core, wake: (missionUid: string) => void): Planning {
  const { model, memory, clock, random, config, caches, client } = deps;
  if (model === undefined) return absent;
  const worker = createPlanWorker({
    planner: createPlanner({ model, memory, clock, maxTokens: config.plannerMaxTokens, defaultModel: config.plannerModel }),
    keeper: {
      keep: (mission, answer) => keepPlan(mission, answer, { gate: core.gate, plansOf: (uid) => caches.plans.store.byIndex(byMission, uid), createIfAbsent: (plan) => createIfAbsent<Plan>(client, plans, plan) }),
    },
    clock,
    random,
    changed: ({ missionUid }) => wake(missionUid),
  });
  return new TermPlanning(worker, async (uid, told) => ({ ...(await questionOf(uid, deps, core)), ...told }));
}

const absent: Planning = { stateOf: () => ({ kind: 'absent' }), ask: () => {}, abandon: () => {}, planGone: () => {}, close: () => Promise.resolve() };

/** What is asked about a mission as it is now. */
async function questionOf(uid: string, { caches }: TermDeps, { missionByUid, sources, past }: Core): Promise<PlannerQuestion> {
  const mission = missionByUid(uid);
  if (mission === undefined) throw new PlatformError('gone', 'ask the planner: the mission is gone; nothing is asked for it any more');
  const { namespace, name } = mission.metadata;
  const account = { namespace, namespaceUid: await sources.namespaceUid(namespace), mission: name, missionUid: uid, purpose: 'plan' as const };
  return { mission, pools: caches.pools.store.list(), limits: { maxTasks }, account, past: pastOf(past, { namespace, workspace: mission.spec.workspace }) };
}

class TermPlanning implements Planning {
  readonly #worker: PlanWorker;
  readonly #question: (missionUid: string, told: Told) => Promise<PlannerQuestion>;
  /** Generation of the mission when it was last asked about, by uid. */
  readonly #asked = new Map<string, number>();

  constructor(worker: PlanWorker, question: (missionUid: string, told: Told) => Promise<PlannerQuestion>) {
    this.#worker = worker;
    this.#question = question;
  }

  stateOf(mission: Mission, revises?: Pick<Revision, 'plan' | 'run'>): ReturnType<MissionPlanner['stateOf']> {
    const key = planKeyOf(mission, revises);
    const status = this.#worker.status(key);
    // A refusal holds until the mission is edited: a raised budget is a new chance.
    if (status.kind === 'refused' && this.#asked.get(key.missionUid) !== mission.metadata.generation) {
      this.#worker.cancel(key);
      return { kind: 'idle' };
    }
    return stateFrom(status);
  }

  ask(mission: Mission, { revision, survey }: Told): void {
    const key = planKeyOf(mission, revision);
    const told = { ...(revision === undefined ? {} : { revision }), ...(survey === undefined ? {} : { survey }) };
    // What the mission asked before it was edited is nobody's question any more.
    if (this.#worker.status(key).kind === 'idle') this.#worker.forget(key.missionUid);
    this.#asked.set(key.missionUid, mission.metadata.generation);
    this.#worker.ask(key, () => this.#question(key.missionUid, told));
  }

  abandon(missionUid: string): void {
    this.#asked.delete(missionUid);
    this.#worker.forget(missionUid);
  }

  planGone({ spec }: Plan): void {
    this.#worker.cancel({ missionUid: spec.missionRef.uid, digest: spec.requestDigest });
  }

  close(): Promise<void> {
    return this.#worker.close();
  }
}

function stateFrom(status: PlanStatus): ReturnType<MissionPlanner['stateOf']> {
  if (status.kind === 'refused') return { kind: 'refused', message: `${status.type}: ${status.message}` };
  if (status.kind === 'waiting') return { kind: 'waiting', message: status.message };
  // Kept, and not yet seen: the gate lets no turn begin before, so there is nothing to ask.
  return { kind: status.kind === 'idle' ? 'idle' : 'asking' };
}
