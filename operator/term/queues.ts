// The three reconcilers behind their work queues.
import { tasks } from '#api/v1alpha1/kinds.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { messageOf } from '#platform/errors.ts';
import { createIfAbsent } from '#platform/kube/create-if-absent.ts';
import type { ObjectKey } from '#platform/kube/types.ts';
import { createWorkQueue, type WorkQueue } from '#platform/kube/workqueue.ts';
import { createPace, createPoolBook, type PoolBook } from '../agentpool/book.ts';
import { poolCluster } from '../agentpool/cluster.ts';
import type { PoolDemand, PoolSettings } from '../agentpool/decide/view.ts';
import { agentPoolParts } from '../agentpool/index.ts';
import { type MirrorSight, watchMirror } from '../agentpool/mirror.ts';
import { byMission } from '../caches.ts';
import { type MissionCluster, missionParts } from '../mission/index.ts';
import { keyText, parseKey, type Reconcile, reconcileWith } from '../reconciler.ts';
import { taskParts } from '../task/index.ts';
import { createUsageBook, emptyUsageBook, type UsageBook } from '../usage/book.ts';
import type { Core } from './core.ts';
import { silenceMs, type TermDeps } from './deps.ts';
import type { Dispatch } from './dispatch.ts';
import { createPlanning, type Planning } from './planning.ts';

export interface Queues {
  readonly missions: WorkQueue;
  readonly tasks: WorkQueue;
  readonly pools: WorkQueue;
  readonly poolBook: PoolBook;
  readonly mirror: MirrorSight;
  readonly planning: Planning;
  readonly usage: UsageBook;
}

/** The queues of a term; each starts working with its first key. */
export function createQueues(deps: TermDeps, core: Core, dispatch: Dispatch): Queues {
  const { caches, client } = deps;
  const { board, book, gate, writer, missionByUid } = core;
  const poolBook = createPoolBook();
  const mirror = watchMirror({ lease: caches.mirror.store, clock: deps.clock }, () => caches.pools.store.list().forEach(({ metadata }) => queues.pools.add(keyText(metadata))));
  const wake = (uid: string): void => {
    const mission = missionByUid(uid);
    if (mission !== undefined) queues.missions.add(keyText(mission.metadata));
  };
  const planning = createPlanning(deps, core, wake);
  const usage = usageBook(deps, wake);
  const stores = { missions: caches.missions.store, tasks: caches.tasks.store, pools: caches.pools.store };
  const missionCluster: MissionCluster = {
    client,
    gate,
    planner: planning,
    events: deps.recorder,
    createIfAbsent: (task) => createIfAbsent<Task>(client, tasks, task),
    decideTask: (...args) => dispatch.attempts.decide(...args),
  };
  const isLive = (task: Task): boolean => book.get(task.metadata.uid) !== undefined || dispatch.scheduler.mayRun(task);
  const queues: Queues = {
    missions: queue(deps, core, missionParts({ ...stores, planner: planning, approvalsOf: (uid) => caches.approvals.store.byIndex(byMission, uid), usage, plansOf: (uid) => caches.plans.store.byIndex(byMission, uid), tasksOf: (uid) => board.ofMission(uid), isLive, isWithoutVerifier: (task) => dispatch.scheduler.lacksVerifier(task) }, missionCluster)),
    tasks: queue(deps, core, taskParts({ ...stores, missionExists: ({ spec, metadata }) => spec.missionRef !== undefined && missionByUid(spec.missionRef.uid)?.metadata.namespace === metadata.namespace }, writer)),
    pools: poolQueue(deps, core, dispatch, { book: poolBook, mirror }),
    poolBook,
    mirror,
    planning,
    usage,
  };
  return queues;
}

function usageBook({ usage: source, clock, random, log, onUsageAsked }: TermDeps, changed: (missionUid: string) => void): UsageBook {
  return source === undefined ? emptyUsageBook : createUsageBook({ source, clock, random, log, changed, onAsked: onUsageAsked });
}

function poolQueue(deps: TermDeps, core: Core, { fleet, demand, drain }: Dispatch, { book, mirror }: { readonly book: PoolBook; readonly mirror: MirrorSight }): WorkQueue {
  const { caches, client, clock, random, config, recorder } = deps;
  const pools = queue(
    deps,
    core,
    agentPoolParts({
      pools: caches.pools.store,
      pods: caches.pods.store,
      cluster: poolCluster(client),
      fleet: { demand: (pool) => demandOf(pool, { fleet, demand }, core), drain: (uid, reason) => drain(uid, reason) },
      gate: core.gate,
      events: recorder,
      book,
      pace: createPace(config.podCreationsPerSecond, clock),
      clock,
      random,
      again: (key) => pools.add(keyText(key)),
      settings: () => poolSettings(deps),
      mirror: () => mirror.view(),
    }),
  );
  return pools;
}

function queue<V, I, S extends object>({ config, clock, random, log, onReconciled }: TermDeps, { gate }: Core, parts: Reconcile<V, I, S>): WorkQueue {
  const turn = reconcileWith(parts, { clock, gate, log });
  return createWorkQueue({
    async handler(key) {
      const began = clock.monotonic();
      const next = await turn(parseKey(key));
      onReconciled(parts.kind, 'done', clock.monotonic() - began);
      return next;
    },
    workers: config.reconcileWorkers,
    clock,
    random,
    onError: (key, error, attempt) => {
      onReconciled(parts.kind, 'error', 0);
      log.warn('reconcile failed; trying again', { kind: parts.kind, key, attempt, error: messageOf(error) });
    },
  });
}

/** What is asked of a pool now, from memory. */
function demandOf(pool: ObjectKey, { fleet, demand }: Pick<Dispatch, 'fleet' | 'demand'>, { book }: Core): PoolDemand {
  const key = keyText(pool);
  const medianRunMs = demand.medianRunMs(key);
  const apart = demand.apart(key);
  const agents = fleet
    .members()
    .filter((agent) => agent.namespace === pool.namespace && agent.pool === pool.name)
    .map(({ uid, pod, slots, draining, boundary, quietMs }) => {
      const used = book.usedSlots(uid);
      return { podUid: uid, pod, slots, used, idleForMs: used > 0 ? 0 : quietMs, draining, boundary };
    });
  return { queued: demand.queued(key), ...(apart === 0 ? {} : { apart }), ...(medianRunMs === undefined ? {} : { medianRunMs }), agents };
}

function poolSettings({ caBundle, config }: TermDeps): PoolSettings {
  const bundle = caBundle();
  return { ...(bundle === undefined ? {} : { caBundle: bundle }), operatorNamespace: config.namespace, silenceMs: silenceMs(config) };
}
