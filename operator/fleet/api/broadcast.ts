// What the leader's term tells those who look on: lines of missions and logs of attempts. It only passes on and never blocks.
import { formatTimeMs } from '#api/time.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { Clock } from '#platform/clock.ts';
import { createFeed, type Feed, type FeedLine } from './feed.ts';
import { createLiveLogs, type LiveLogs } from './live-logs.ts';

export interface Broadcast {
  readonly feed: Feed;
  readonly logs: LiveLogs;
  /** An attempt came to another state. */
  said(task: Task, state: string, agent: string, message: string): void;
  progress(task: Task, percent: number, message: string): void;
  /** A piece of an attempt's log; `offset` is that of its first byte. */
  log(taskUid: string, attempt: number, offset: bigint, data: Uint8Array): void;
  /** The attempt that wrote this task's log is over. */
  ended(taskUid: string): void;
}

/** A broadcast that nobody listens to yet. */
export function createBroadcast(clock: Clock): Broadcast {
  const feed = createFeed();
  const logs = createLiveLogs(clock);

  function publish({ spec }: Task, line: Omit<FeedLine, 'time' | 'task'>): void {
    // A Task applied alone has no mission that could be followed.
    if (spec.missionRef !== undefined) feed.publish(spec.missionRef.uid, { time: formatTimeMs(clock.now()), task: spec.taskName ?? '', ...line });
  }

  return {
    feed,
    logs,
    said: (task, state, agent, message) => publish(task, { state, agent, percent: 0, message }),
    progress: (task, percent, message) => publish(task, { state: 'Running', agent: task.status?.assignment?.agent ?? '', percent, message }),
    log(taskUid, attempt, offset, data) {
      const from = Number(offset);
      if (Number.isSafeInteger(from + data.length)) logs.append(taskUid, attempt, from, data);
    },
    ended: (taskUid) => logs.end(taskUid),
  };
}
