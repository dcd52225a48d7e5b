// Subscribe: the tasks of a Mission as they stand, then every change, until the mission has ended and the last outcome was told.
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { Store, StoreEvent } from '#platform/kube/types.ts';
import { createMailbox } from './mailbox.ts';
import { currentTasks, hasEnded, taskState } from './mission-stream.ts';

/** Where one task stands. */
export interface TaskChange {
  readonly task: string;
  readonly state: string;
  readonly agent: string;
  readonly attempt: number;
  readonly message: string;
  /** True once: the current state is complete with this message. */
  readonly synced: boolean;
}

/** Most changes that may wait for one subscriber, beyond the current state. */
const mostWaiting = 1024;

/** Current state, then changes; served from the caches, so any replica can. */
export async function* taskChanges(mission: Mission, missions: Store<Mission>, tasks: Store<Task>, signal: AbortSignal): AsyncGenerator<TaskChange> {
  const { namespace, name, uid } = mission.metadata;
  const known = currentTasks(tasks, mission);
  const mailbox = createMailbox<TaskChange>(known.length + mostWaiting, signal);

  // Two caches fill independently: the mission may be seen to end before its last task is.
  const endIfOver = () => {
    const now = missions.get({ namespace, name });
    const isGone = now?.metadata.uid !== uid;
    if (isGone || (hasEnded(now) && currentTasks(tasks, now).every(({ status }) => status?.outcome !== undefined))) mailbox.end();
  };
  const onTask = (event: StoreEvent<Task>) => {
    if (event.object.spec.missionRef?.uid !== uid) return;
    const change = changeOf(event.object);
    if (event.kind === 'added' || (event.kind === 'updated' && !sameChange(changeOf(event.old), change))) mailbox.push(change);
    endIfOver();
  };
  const onMission = ({ object }: StoreEvent<Mission>) => {
    if (object.metadata.uid === uid) endIfOver();
  };

  const ends = [tasks.subscribe(onTask), missions.subscribe(onMission)];
  known.forEach((task, index) => mailbox.push({ ...changeOf(task), synced: index === known.length - 1 }));
  if (known.length === 0) mailbox.push({ task: '', state: '', agent: '', attempt: 0, message: '', synced: true });
  endIfOver();
  try {
    yield* mailbox;
  } finally {
    ends.forEach((end) => end());
  }
}

function changeOf(task: Task): TaskChange {
  return { task: task.spec.taskName ?? '', agent: task.status?.assignment?.agent ?? '', attempt: task.status?.attempt ?? 0, synced: false, ...taskState(task) };
}

function sameChange(a: TaskChange, b: TaskChange): boolean {
  return a.state === b.state && a.agent === b.agent && a.attempt === b.attempt && a.message === b.message;
}
