// The mission reconciler: its five parts put together. Which events lead to which mission is said here and nowhere else.
import { missions } from '#api/v1alpha1/kinds.ts';
import type { Mission, MissionStatus } from '#api/v1alpha1/mission.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import { findCondition } from '#domain/conditions.ts';
import { isKubeError } from '#platform/kube/error.ts';
import { equal, keyText, type Reconcile } from '../reconciler.ts';
import { Absences } from './absences.ts';
import { act, gateOwner, type MissionCluster } from './act.ts';
import { announcements } from './decide/announce.ts';
import { decideMission } from './decide/index.ts';
import type { MissionIntent } from './decide/intents.ts';
import type { MissionView } from './decide/view.ts';
import { MissionObserver, type MissionSources } from './observe.ts';

export type { MissionSources } from './observe.ts';
export type { MissionCluster, MissionPlanner, Told } from './act.ts';

// Mission status is a roll-up: at most four writes a second, conditions at once.
const coalesceMs = 250;

/** The parts that the generic shell runs for missions. */
export function missionParts(sources: MissionSources, cluster: MissionCluster): Reconcile<MissionView, MissionIntent, MissionStatus> {
  const absences = new Absences();
  const observer = new MissionObserver(sources, absences);
  return {
    kind: 'Mission',
    observe: (key) => observer.observe(key),
    decide: decideMission,
    act: (intent, { mission }) => act(intent, mission, cluster, absences),
    // No two intents of one kind speak of the same object, so a hundred creations need not wait for each other.
    together: ({ kind }) => kind,
    currentStatus: ({ mission }) => mission.status,
    patchStatus: ({ mission }, patch) => patchStatus(mission, patch, cluster),
    coalesceMs,
  };
}

/** With the version as precondition: the uid alone would let the status of a mission land on its successor of the same name. */
async function patchStatus(mission: Mission, status: object, { client, gate, events }: MissionCluster): Promise<void> {
  const { metadata } = mission;
  const { uid, resourceVersion } = metadata;
  try {
    const written = await client.mergePatch<Mission>(missions, metadata, { metadata: { uid, resourceVersion }, status }, 'status');
    gate.expect(gateOwner(mission), missions.plural, metadata, written.metadata);
    for (const news of announcements(mission.status?.conditions, written.status?.conditions)) events.record({ regarding: mission, action: 'Reconcile', ...news });
  } catch (error) {
    // Changed or gone in between: the watch tells of it and asks for another turn.
    if (!isKubeError(error, 'Conflict', 'NotFound')) throw error;
  }
}

/** Missions whose acceptance a change of pools may alter: those that wait for one, and those that have not ended. */
export function missionsOfPool(all: readonly Mission[]): string[] {
  return all.filter(({ status }) => status?.completionTime === undefined).map(({ metadata }) => keyText(metadata));
}

/** True when a pool change can alter which tasks it serves: not for a new status. */
export function poolSpecChanged(pool: AgentPool, old: AgentPool): boolean {
  return pool.metadata.generation !== old.metadata.generation || !equal(pool.metadata.labels, old.metadata.labels);
}

/** True for a mission that waits for an object of somebody else to go: the end of any Task in its namespace may help it. */
export function waitsForName({ status }: Mission): boolean {
  return findCondition(status?.conditions, 'Accepted')?.reason === 'NameTaken';
}
