// Reads everything the decision about one mission needs, from caches only.
import type { Usage } from '#api/llm.ts';
import type { Instant } from '#api/time.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Approval } from '#api/v1alpha1/approval.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { PlannedTask } from '#domain/plan/expand.ts';
import { expandChain } from '#domain/plan/expand-chain.ts';
import { planHash } from '#domain/plan/names.ts';
import { withPlan } from '#domain/plan/question.ts';
import type { ObjectKey, Store } from '#platform/kube/types.ts';
import type { Absences } from './absences.ts';
import type { MissionPlanner } from './act.ts';
import { type MissionView, runOf } from './decide/view.ts';
import { planningOf } from './planning.ts';

/** What the mission reconciler reads. */
export interface MissionSources {
  readonly missions: Store<Mission>;
  readonly tasks: Store<Task>;
  readonly pools: Store<AgentPool>;
  /** Plans of a mission. */
  plansOf(missionUid: string): readonly Plan[];
  /** What people have said of a mission. */
  approvalsOf(missionUid: string): readonly Approval[];
  readonly planner: Pick<MissionPlanner, 'stateOf'>;
  /** What a mission has used of language models, as far as it is known, and since when nothing is in flight for a run that has ended. */
  readonly usage: { of(missionUid: string): Usage | undefined; settledAt(missionUid: string): Instant | undefined };
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
  /** UIDs of the Plans of the run, where a planner made them. */
  readonly revisions: string;
  readonly plan: readonly PlannedTask[];
  readonly hash: string;
  readonly superseded: ReadonlySet<string>;
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
    const { uid } = written.metadata;
    const run = runOf(written);
    const own = sources.tasksOf(uid).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    const approvals = sources.approvalsOf(uid);
    const planning = planningOf(written, { run, plans: sources.plansOf(uid), approvals, tasks: own, planner: sources.planner });
    const mission = withPlan(written, planning.chain.at(-1));
    const { plan, hash, superseded } = this.#expand(written, run, planning.chain);
    return {
      mission,
      run,
      plan,
      planHash: hash,
      tasks: own,
      live: new Set(own.filter((task) => sources.isLive(task)).map(({ metadata }) => metadata.uid)),
      pools: sources.pools.list().toSorted((a, b) => (poolName(a) < poolName(b) ? -1 : 1)),
      foreignNames: plan.map(({ objectName }) => objectName).filter((name) => isForeign(sources.tasks.get({ namespace: key.namespace, name }), mission)),
      planning: { ...planning, superseded },
      approvals,
      usage: sources.usage.of(uid),
      usageSettledAt: sources.usage.settledAt(uid),
      confirmedGone: this.#absences.of(uid),
      withoutVerifier: new Set(own.filter((task) => waitsToVerify(task) && sources.isWithoutVerifier(task)).map(({ metadata }) => metadata.uid)),
    };
  }

  #expand(mission: Mission, run: number, chain: readonly Plan[]): Expansion {
    const { uid, generation } = mission.metadata;
    const revisions = chain.map(({ metadata }) => metadata.uid).join(' ');
    const known = this.#expansions.get(uid);
    if (known?.generation === generation && known.run === run && known.revisions === revisions) return known;
    const { plan, superseded } = expandChain(mission, run, chain);
    const expansion = { uid, generation, run, revisions, plan, hash: planHash(plan), superseded };
    this.#expansions.set(uid, expansion);
    return expansion;
  }

  #forgetTheGone(): undefined {
    const existing = new Set(this.#sources.missions.list().map(({ metadata }) => metadata.uid));
    for (const uid of this.#expansions.keys()) if (!existing.has(uid)) this.#expansions.delete(uid);
    this.#absences.keep(existing);
  }
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
