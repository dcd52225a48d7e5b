// The mission reconciler: its five parts put together. Which events lead to which mission is said here and nowhere else.
import { missions } from '#api/v1alpha1/kinds.ts';
import type { Mission, MissionStatus } from '#api/v1alpha1/mission.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import { equal, keyText, type Reconcile } from '../reconciler.ts';
import type { BoardChange } from '../task/board.ts';
import { act, type MissionCluster } from './act.ts';
import { decideMission } from './decide/index.ts';
import type { MissionIntent } from './decide/intents.ts';
import type { MissionView } from './decide/view.ts';
import { MissionObserver, type MissionSources } from './observe.ts';

export type { MissionSources } from './observe.ts';
export type { MissionCluster } from './act.ts';

// Mission status is a roll-up: at most four writes a second, conditions at once.
const coalesceMs = 250;

/** The parts that the generic shell runs for missions. */
export function missionParts(sources: MissionSources, cluster: MissionCluster): Reconcile<MissionView, MissionIntent, MissionStatus> {
  const observer = new MissionObserver(sources);
  return {
    kind: 'Mission',
    observe: (key) => observer.observe(key),
    decide: decideMission,
    act: (intent, view) => act(intent, view, cluster),
    currentStatus: ({ mission }) => mission.status,
    async patchStatus({ mission: { metadata } }, status) {
      const written = await cluster.client.mergePatch<Mission>(missions, metadata, { metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion }, status }, 'status');
      cluster.gate.expect(`Mission/${keyText(metadata)}`, missions.plural, metadata, written.metadata);
    },
    coalesceMs,
  };
}

/** The mission that a change of a task concerns, as a queue key. */
export function missionOfTask({ task }: BoardChange): string | undefined {
  return task.spec.missionRef && keyText({ namespace: task.metadata.namespace, name: task.spec.missionRef.name });
}

/** Missions whose acceptance a change of pools may alter: those that wait for one, and those that have not ended. */
export function missionsOfPool(all: readonly Mission[]): string[] {
  return all.filter(({ status }) => status?.completionTime === undefined).map(({ metadata }) => keyText(metadata));
}

/** True when a pool change can alter which tasks it serves: not for a new status. */
export function poolSpecChanged(pool: AgentPool, old: AgentPool): boolean {
  return pool.metadata.generation !== old.metadata.generation || !equal(pool.metadata.labels, old.metadata.labels);
}

