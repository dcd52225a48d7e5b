// Objects of the API server as the events that a mirror tells when it sees them for the first time: what is made anew from the truth is what the feed would have made.
import type { CloudEvent } from '#api/events/envelope.ts';
import type { Truth } from '#mirror/ports.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { missionEvents } from '../changes/decide/mission.ts';
import { taskEvents } from '../changes/decide/task.ts';

// The world shows no times of events, so none is asked for here.
const sight = { told: undefined, era: '' } as const;

/** Events of a mission and all its tasks as they are now. */
export function wholeMission(truth: Truth, mission: Mission): readonly CloudEvent[] {
  const writtenTime = mission.metadata.creationTimestamp;
  const own = missionEvents({ ...sight, now: { ...mission, writtenTime } });
  const tasks = truth.tasksOf(mission.metadata.uid).flatMap((task) => taskEvents({ ...sight, now: { ...task, writtenTime } }));
  return [...own, ...tasks];
}
