// Which change leads to which work. The only place where caches, queues, scheduler and attempts meet.
import type { Task } from '#api/v1alpha1/task.ts';
import { watchPools } from '../agentpool/index.ts';
import { byAwaitedNames } from '../caches.ts';
import { missionsOfPool, poolSpecChanged } from '../mission/index.ts';
import { keyText } from '../reconciler.ts';
import { admitsAlike } from '../scheduler/admission.ts';
import type { BoardChange } from '../task/board.ts';
import type { Core } from './core.ts';
import type { TermDeps } from './deps.ts';
import type { Dispatch } from './dispatch.ts';
import type { Queues } from './queues.ts';

/** What changes lead to. */
export interface Parts {
  readonly core: Core;
  readonly dispatch: Dispatch;
  readonly queues: Queues;
}

// The garbage collector takes a mission's tasks with it; only what it leaves is worth a status of its own.
const orphanGraceMs = 1500;

/** Follows the caches from now on; the returned function ends it. */
export function followEvents(deps: TermDeps, parts: Parts): () => void {
  const { core, dispatch, queues } = parts;
  const { pools, pods } = deps.caches;
  const ends = [
    core.board.subscribe((change) => onTask(change, deps, parts)),
    followMissions(deps, parts),
    followPlans(deps, queues),
    followApprovals(deps, queues),
    followPools(deps, parts),
    watchPools({ pools: pools.store, pods: pods.store, book: queues.poolBook }, (key) => queues.pools.add(keyText(key))),
    followPods(deps, core, dispatch),
    () => queues.mirror.end(),
  ];
  return () => ends.forEach((end) => end());
}

/** Puts everything that exists into the queues. */
export function lookAtEverything({ caches }: TermDeps, { core: { board, past }, dispatch: { scheduler }, queues }: Parts): void {
  for (const task of board.list()) {
    past.note(task);
    scheduler.taskSeen(task);
    queues.tasks.add(keyText(task.metadata));
  }
  for (const mission of caches.missions.store.list()) {
    queues.usage.look(mission);
    queues.missions.add(keyText(mission.metadata));
  }
  caches.pools.store.list().forEach(({ metadata }) => queues.pools.add(keyText(metadata)));
}

/** Asks for a turn of the mission that a task belongs to, if any. */
export function lookAtMissionOf({ metadata, spec }: Task, { missions }: Pick<Queues, 'missions'>): void {
  if (spec.missionRef !== undefined) missions.add(keyText({ namespace: metadata.namespace, name: spec.missionRef.name }));
}

function onTask(change: BoardChange, { caches }: TermDeps, { core: { writer, past }, dispatch: { scheduler, attempts }, queues }: Parts): void {
  const { task } = change;
  lookAtMissionOf(task, queues);
  if (change.kind === 'gone') {
    scheduler.taskGone(task);
    attempts.forgotten(task);
    writer.forget(task.metadata.uid);
    for (const { metadata } of caches.missions.store.byIndex(byAwaitedNames, task.metadata.namespace)) queues.missions.add(keyText(metadata));
    return;
  }
  past.note(task);
  scheduler.taskSeen(task);
  if (change.old === undefined || task.spec.missionRef === undefined) queues.tasks.add(keyText(task.metadata));
}

function followMissions({ caches }: TermDeps, { core: { board }, dispatch: { scheduler }, queues }: Parts): () => void {
  return caches.missions.store.subscribe((event) => {
    const { metadata } = event.object;
    queues.missions.add(keyText(metadata));
    if (event.kind === 'deleted') {
      queues.planning.abandon(metadata.uid);
      queues.usage.forget(metadata.uid);
    } else queues.usage.look(event.object);
    if (event.kind === 'updated' && admitsAlike(event.old, event.object)) return;
    scheduler.missionChanged(metadata.uid);
    if (event.kind === 'updated') return;
    for (const task of board.ofMission(metadata.uid)) queues.tasks.addAfter(keyText(task.metadata), event.kind === 'deleted' ? orphanGraceMs : 0);
  });
}

function followPlans({ caches }: TermDeps, { missions, planning }: Queues): () => void {
  return caches.plans.store.subscribe(({ kind, object }) => {
    if (kind === 'deleted') planning.planGone(object);
    missions.add(keyText({ namespace: object.metadata.namespace, name: object.spec.missionRef.name }));
  });
}

function followApprovals({ caches }: TermDeps, { missions }: Queues): () => void {
  return caches.approvals.store.subscribe(({ object }) => missions.add(keyText({ namespace: object.metadata.namespace, name: object.spec.missionRef.name })));
}

function followPools({ caches }: TermDeps, { core: { board }, dispatch: { scheduler, demand }, queues }: Parts): () => void {
  return caches.pools.store.subscribe((event) => {
    if (event.kind === 'updated' && !poolSpecChanged(event.object, event.old)) return;
    if (event.kind === 'deleted') demand.forget(keyText(event.object.metadata));
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
