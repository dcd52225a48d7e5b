// A scheduler over caches that a test fills by hand; what it hands out is noted.
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { aMission, type MissionBuilder } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import { storeOf } from '#testing/builders/store.ts';
import { taskOf, type TaskBuilder } from '#testing/builders/task.ts';
import type { AgentView } from '../task/agents-port.ts';
import { createDemand } from './demand.ts';
import { nameInRun } from './entry.ts';
import { createRoster } from './roster.ts';
import { createRuns } from './runs.ts';
import { createScheduler } from './scheduler.ts';

/** A mission whose first run has begun. */
export const begun = (mission: MissionBuilder = aMission()): MissionBuilder => mission.status({ runNumber: 1 });

/** A connected agent of pool `crew`: an Analyzer with one slot unless told. */
export function anAgent(pod: string, changes: Partial<AgentView> = {}): AgentView {
  return { uid: `uid-${pod}`, pod, namespace: 'team-a', pool: 'crew', slots: 1, agentTypes: ['Analyzer'], capabilities: [], boundary: 'full', draining: false, ...changes };
}

const planKey = ({ spec }: Task, name: string) => `${spec.missionRef?.uid ?? ''}/${spec.run ?? 0}/${name}`;

function assemble(pools: readonly AgentPool[]) {
  const clock = new ManualClock();
  const poolStore = storeOf(pools);
  const missions = new Map<string, Mission>();
  const tasks = new Map<string, Task>();
  /** UIDs of agents by UID of the task that they have. */
  const held = new Map<string, string>();
  const handedOut: string[] = [];
  /** Names of tasks whose result is known. */
  const known = new Set<string>();
  const changedPools: string[] = [];
  const runs = createRuns({ sibling: (task, name) => tasks.get(planKey(task, name)) });
  const roster = createRoster(poolStore, (agentUid) => [...held.values()].filter((uid) => uid === agentUid).length);
  const scheduler = createScheduler({
    clock,
    runs,
    roster,
    recall: { begin: ({ spec }) => spec.taskName !== undefined && known.has(spec.taskName) },
    admission: { missionByUid: (uid) => missions.get(uid), sibling: (task, name) => tasks.get(planKey(task, name)) },
    dispatch(task, agent, _reason, { recordFirst }) {
      held.set(task.metadata.uid, agent.uid);
      handedOut.push(`${nameInRun(task)}@${agent.pod}${recordFirst ? ' recorded' : ''}`);
    },
    onSettled: () => void changedPools.push(...demand.refresh()),
  });
  const demand = createDemand(scheduler.ready, roster);
  return { clock, poolStore, missions, tasks, held, handedOut, known, changedPools, runs, roster, scheduler, demand };
}

/** The world that a scheduler looks at, and the hands to change it. */
export function aScheduler(pools: readonly AgentPool[] = [aPool().build()]) {
  const parts = assemble(pools);
  const { scheduler, missions, tasks, held, handedOut } = parts;
  const free = (task: Task) => {
    const agentUid = held.get(task.metadata.uid);
    if (held.delete(task.metadata.uid) && agentUid !== undefined) scheduler.slotFreed(agentUid);
  };
  /** The task is in the cache now; an outcome frees its slot. */
  const see = (builder: TaskBuilder): void => {
    const task = builder.build();
    tasks.set(planKey(task, nameInRun(task)), task);
    scheduler.taskSeen(task);
    if (task.status?.outcome !== undefined) free(task);
  };
  return {
    ...parts,
    settle,
    see,
    /** The mission is in the cache now as it was told. */
    mission(mission: MissionBuilder): Mission {
      const built = mission.build();
      missions.set(built.metadata.uid, built);
      scheduler.missionChanged(built.metadata.uid);
      return built;
    },
    missionGone: ({ metadata: { uid } }: Mission): void => void (missions.delete(uid) && scheduler.missionChanged(uid)),
    /** All tasks of the mission are in the cache, undecided. */
    seeAll: (mission: Mission): void => mission.spec.tasks.forEach(({ name }) => see(taskOf(mission, name))),
    /** The attempt ended without deciding the task. */
    requeue(task: Task, afterMs: number): void {
      free(task);
      scheduler.requeue(task, afterMs);
    },
    /** What was handed out since the last call, once everything has settled. */
    async handed(): Promise<string[]> {
      await settle();
      return handedOut.splice(0);
    },
  };
}
