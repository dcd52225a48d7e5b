// Follow: what happens in a Mission until it ends. Lines of attempts come from the feed; what attempts cannot say comes from the caches.
import { formatTimeMs } from '#api/time.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { Clock } from '#platform/clock.ts';
import type { Store, StoreEvent } from '#platform/kube/types.ts';
import type { Feed, FeedLine } from './feed.ts';
import { createMailbox } from './mailbox.ts';
import { currentTasks, hasEnded, missionState, taskState } from './mission-stream.ts';

export interface FollowSources {
  readonly missions: Store<Mission>;
  readonly tasks: Store<Task>;
  readonly feed: Feed;
  readonly clock: Pick<Clock, 'now'>;
}

/** Most lines that may wait for one follower. */
const mostWaiting = 1024;

/** The lines of a mission, from where it stands now until it ends or is deleted. */
export async function* followMission(mission: Mission, { missions, tasks, feed, clock }: FollowSources, signal: AbortSignal): AsyncGenerator<FeedLine> {
  const { uid } = mission.metadata;
  const mailbox = createMailbox<FeedLine>(mostWaiting, signal);
  const say = (line: Partial<FeedLine>) => mailbox.push({ time: formatTimeMs(clock.now()), task: '', state: '', agent: '', percent: 0, message: '', ...line });

  const onMission = (event: StoreEvent<Mission>) => {
    if (event.object.metadata.uid !== uid) return;
    if (event.kind === 'deleted') say({ state: 'Deleted', message: 'the mission was deleted' });
    else if (event.kind === 'updated' && missionState(event.old).state !== missionState(event.object).state) say(missionState(event.object));
    if (event.kind === 'deleted' || hasEnded(event.object)) mailbox.end();
  };
  // An outcome without an attempt was reported by no agent, so the feed does not have it.
  const onTask = (event: StoreEvent<Task>) => {
    if (event.kind !== 'updated' || event.object.spec.missionRef?.uid !== uid) return;
    const { outcome } = event.object.status ?? {};
    if (outcome !== undefined && outcome.epoch === undefined && event.old.status?.outcome === undefined) say({ ...taskLine(event.object) });
  };

  const ends = [missions.subscribe(onMission), tasks.subscribe(onTask), feed.subscribe(uid, (line) => mailbox.push(line))];
  say(missionState(mission));
  for (const task of currentTasks(tasks, mission)) if (task.status?.assignment !== undefined && task.status.outcome === undefined) say(taskLine(task));
  if (hasEnded(mission)) mailbox.end();
  try {
    yield* mailbox;
  } finally {
    ends.forEach((end) => end());
  }
}

function taskLine(task: Task): Partial<FeedLine> {
  return { task: task.spec.taskName ?? '', agent: task.status?.assignment?.agent ?? '', ...taskState(task) };
}
