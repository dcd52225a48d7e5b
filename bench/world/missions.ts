// Missions of a bench, with tasks as large as real ones.
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { Truth } from '#mirror/ports.ts';
import { aMission } from '#testing/builders/mission.ts';
import { aTask } from '#testing/builders/task.ts';

const time = '2026-01-01T00:00:10Z';

/** A truth of `missions` missions with `tasks` tasks each. */
export function benchTruth(missions: number, tasks: number): Truth {
  const all = Array.from({ length: missions }, (_, index) => missionNo(index));
  const byMission = new Map(all.map((mission) => [mission.metadata.uid, Array.from({ length: tasks }, (_, index) => taskNo(mission, index))]));
  return { missions: () => all, tasksOf: (uid) => byMission.get(uid) ?? [], pools: () => [], isKnown: () => true };
}

function missionNo(index: number): Mission {
  return aMission(`m-${index}`).meta({ namespace: `team-${index % 10}`, uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}` }).status({ runNumber: 1, startTime: time }).build();
}

/** A decided task. */
export function taskNo({ metadata: { name, uid, namespace } }: Mission, index: number, version = 1): Task {
  const status = {
    attempt: 1,
    startTime: time,
    completionTime: time,
    assignment: { pool: 'crew', poolNamespace: namespace, agent: `crew-7f9c-${index % 20}`, agentUid: `uid-${index % 20}`, epoch: { term: 1, counter: index + 1 }, assignedTime: time, matchReason: 'it fits' },
    action: { tool: 'vitest', expected: ['tests pass', 'no file outside src is changed'] },
    outcome: { result: 'Succeeded' as const, reason: 'Completed', message: 'it ended', time },
    observed: { exitCode: 0, failed: 0, passed: index % 50, skipped: 0, version },
    workspace: { treeBefore: 'a'.repeat(40), treeAfter: 'b'.repeat(40) },
  };
  const spec = { missionRef: { name, uid }, taskName: `task-${index}`, run: 1, dependsOn: index === 0 ? [] : [`task-${index - 1}`] };
  return aTask(`${name}-task-${index}-abcdefghij`).meta({ namespace, uid: `${uid.slice(0, 19)}-${String(index).padStart(16, '0')}`, resourceVersion: String(1000 + version) }).spec(spec).status(status).build();
}
