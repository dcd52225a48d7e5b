// Reads everything the decision about one mission needs, from caches only.
import type { Usage } from '#api/llm.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { expandPlan, type PlannedTask } from '#domain/plan/expand.ts';
import { planHash } from '#domain/plan/names.ts';
import { awaitsPlan, planFor, withPlan } from '#domain/plan/question.ts';
import type { ObjectKey, Store } from '#platform/kube/types.ts';
import type { Absences } from './absences.ts';
import type { MissionPlanner } from './act.ts';
import { type MissionView, type Planning, runOf } from './decide/view.ts';

/** What the mission reconciler reads. */
export interface MissionSources {
  readonly missions: Store<Mission>;
  readonly tasks: Store<Task>;
  readonly pools: Store<AgentPool>;
  /** Plans of a mission. */
  plansOf(missionUid: string): readonly Plan[];
  readonly planner: Pick<MissionPlanner, 'stateOf'>;
  /** What a mission has used of language models, as far as it is known. */
  usageOf(missionUid: string): Usage | undefined;
  /** Tasks of a mission at their newest version. */
  tasksOf(missionUid: string): readonly Task[];
  /** True while an agent has the task, or may have it from before this leader's term. */
  isLive(task: Task): boolean;
  /** True while a task that checks others is ready and every connected agent that could have it executed one of those. */
  isWithoutVerifier(task: Task): boolean;
}

interface Expansion {
  readonly uid: string;
  readonly generation: number;
  readonly run: number;
  /** UID of the Plan, where a planner made it. */
  readonly revision: string | undefined;
  readonly plan: readonly PlannedTask[];
  readonly hash: string;
}

/** Observes missions; remembers expansions, which are a pure function of (uid, generation, run, plan). */
export class MissionObserver {
  readonly #sources: MissionSources;
  readonly #absences: Absences;
  readonly #expansions = new Map<string, Expansion>();

  constructor(sources: MissionSources, absences: Absences) {
    this.#sources = sources;
    this.#absences = absences;
  }

  /** The view of a mission, or undefined when it is gone. */
  observe(key: ObjectKey): MissionView | undefined {
    const sources = this.#sources;
    const written = sources.missions.get(key);
    if (written === undefined) return this.#forgetTheGone();
    const planning = planningOf(written, sources);
    const mission = withPlan(written, planning.plan);
    const run = runOf(mission);
    const { plan, hash } = this.#expand(mission, run, planning);
    const own = sources.tasksOf(mission.metadata.uid).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    return {
      mission,
      run,
      plan,
      planHash: hash,
      tasks: own,
      live: new Set(own.filter((task) => sources.isLive(task)).map(({ metadata }) => metadata.uid)),
      pools: sources.pools.list().toSorted((a, b) => (poolName(a) < poolName(b) ? -1 : 1)),
      foreignNames: plan.map(({ objectName }) => objectName).filter((name) => isForeign(sources.tasks.get({ namespace: key.namespace, name }), mission)),
      planning,
      usage: sources.usageOf(mission.metadata.uid),
      confirmedGone: this.#absences.of(mission.metadata.uid),
      withoutVerifier: new Set(own.filter((task) => waitsToVerify(task) && sources.isWithoutVerifier(task)).map(({ metadata }) => metadata.uid)),
    };
  }

  #expand(mission: Mission, run: number, { plan: source }: Planning): Expansion {
    const { uid, generation } = mission.metadata;
    const revision = source?.metadata.uid;
    const known = this.#expansions.get(uid);
    if (known?.generation === generation && known.run === run && known.revision === revision) return known;
    const plan = awaitsPlan(mission.spec, source) ? [] : expandPlan(mission, run);
    const expansion = { uid, generation, run, revision, plan, hash: planHash(plan) };
    this.#expansions.set(uid, expansion);
    return expansion;
  }

  #forgetTheGone(): undefined {
    const existing = new Set(this.#sources.missions.list().map(({ metadata }) => metadata.uid));
    for (const uid of this.#expansions.keys()) if (!existing.has(uid)) this.#expansions.delete(uid);
    this.#absences.keep(existing);
  }
}

const notAsked: Planning = { plan: undefined, planner: { kind: 'idle' } };

function planningOf(mission: Mission, sources: MissionSources): Planning {
  if (mission.spec.planner === undefined) return notAsked;
  return { plan: planFor(mission.spec, sources.plansOf(mission.metadata.uid)), planner: sources.planner.stateOf(mission) };
}

function waitsToVerify({ spec, status }: Task): boolean {
  return spec.verifies !== undefined && status?.outcome === undefined;
}

function isForeign(task: Task | undefined, mission: Mission): boolean {
  return task !== undefined && task.spec.missionRef?.uid !== mission.metadata.uid;
}

function poolName({ metadata }: AgentPool): string {
  return `${metadata.namespace}/${metadata.name}`;
}
