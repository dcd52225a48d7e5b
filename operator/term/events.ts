// Which change leads to which work. The only place where caches, queues, scheduler and attempts meet.
import { watchPools } from '../agentpool/index.ts';
import { missionOfTask, missionsOfPool, poolSpecChanged } from '../mission/index.ts';
import { keyText } from '../reconciler.ts';
import type { BoardChange } from '../task/board.ts';
import type { Core } from './core.ts';
import type { TermDeps } from './deps.ts';
import type { Dispatch } from './dispatch.ts';
import type { Queues } from './queues.ts';

/** Follows the caches from now on; the returned function ends it. */
export function followEvents(deps: TermDeps, core: Core, dispatch: Dispatch, queues: Queues): () => void {
  const { pools, pods } = deps.caches;
  const ends = [
    core.board.subscribe((change) => onTask(change, core, dispatch, queues)),
    followMissions(deps, core, dispatch, queues),
    followPools(deps, core, dispatch, queues),
    watchPools({ pools: pools.store, pods: pods.store, book: queues.poolBook }, (key) => queues.pools.add(keyText(key))),
    followPods(deps, core, dispatch),
  ];
  return () => ends.forEach((end) => end());
}

/** Puts everything that exists into the queues. */
export function lookAtEverything({ caches }: TermDeps, { board }: Core, { scheduler }: Dispatch, queues: Queues): void {
  for (const task of board.list()) {
    scheduler.taskSeen(task);
    queues.tasks.add(keyText(task.metadata));
  }
  caches.missions.store.list().forEach(({ metadata }) => queues.missions.add(keyText(metadata)));
  caches.pools.store.list().forEach(({ metadata }) => queues.pools.add(keyText(metadata)));
}

function onTask(change: BoardChange, { writer }: Core, { scheduler, attempts }: Dispatch, queues: Queues): void {
  const { task } = change;
  const mission = missionOfTask(change);
  if (mission !== undefined) queues.missions.add(mission);
  if (change.kind === 'gone') {
    scheduler.taskGone(task);
    attempts.forgotten(task);
    writer.forget(task.metadata.uid);
    return;
  }
  scheduler.taskSeen(task);
  if (change.old === undefined || mission === undefined) queues.tasks.add(keyText(task.metadata));
}

function followMissions({ caches }: TermDeps, { board }: Core, { scheduler }: Dispatch, queues: Queues): () => void {
  return caches.missions.store.subscribe((event) => {
    const { metadata, status } = event.object;
    queues.missions.add(keyText(metadata));
    const sameForTasks = event.kind === 'updated' && event.old.metadata.generation === metadata.generation && event.old.status?.runNumber === status?.runNumber && event.old.metadata.deletionTimestamp === metadata.deletionTimestamp;
    if (sameForTasks) return;
    scheduler.missionChanged(metadata.uid);
    if (event.kind !== 'updated') for (const task of board.ofMission(metadata.uid)) queues.tasks.add(keyText(task.metadata));
  });
}

function followPools({ caches }: TermDeps, { board }: Core, { scheduler }: Dispatch, queues: Queues): () => void {
  return caches.pools.store.subscribe((event) => {
    if (event.kind === 'updated' && !poolSpecChanged(event.object, event.old)) return;
    scheduler.poolsChanged();
    missionsOfPool(caches.missions.store.list()).forEach((key) => queues.missions.add(key));
    for (const task of board.list()) if (task.spec.missionRef === undefined) queues.tasks.add(keyText(task.metadata));
  });
}

/** A process that is reported ended is proof that its attempts are over. */
function followPods({ caches }: TermDeps, { book }: Core, { attempts }: Dispatch): () => void {
  return caches.pods.store.subscribe((event) => {
    if (event.kind === 'deleted' || !event.object.containerTerminated) return;
    for (const live of book.ofAgent(event.object.metadata.uid)) attempts.lost(live, 'AgentLost', `the process of agent ${live.assignment.agent} ended`);
  });
}
