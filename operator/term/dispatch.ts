// From a ready task to an agent and back: scheduler, fleet and the life of attempts, tied together.
import type { Task } from '#api/v1alpha1/task.ts';
import { mayUse } from '#domain/capability/match.ts';
import { createDemand, type Demand } from '../scheduler/demand.ts';
import { createRoster, type Roster } from '../scheduler/roster.ts';
import { createRuns, type Runs } from '../scheduler/runs.ts';
import { createScheduler, type Scheduler } from '../scheduler/scheduler.ts';
import { createFleet, type Fleet, type FleetListener } from '../fleet/work/fleet.ts';
import { keyText } from '../reconciler.ts';
import { byUid } from '../caches.ts';
import { type Adoption, createAdoption, type RecoveryScheduler } from '../task/adoption.ts';
import { type Attempts, type AttemptsListener, createAttempts } from '../task/attempts.ts';
import { createMemory } from '../task/memory.ts';
import { grantsFor } from '../task/order.ts';
import { createRecall } from '../task/recall.ts';
import type { Core } from './core.ts';
import { silenceMs, type TermDeps } from './deps.ts';

export interface Dispatch {
  readonly runs: Runs;
  readonly roster: Roster;
  readonly scheduler: Scheduler;
  readonly demand: Demand;
  readonly fleet: Fleet;
  readonly attempts: Attempts;
  readonly adoption: Adoption;
  /** The agent gets no new task from this call on, and is told to leave. */
  readonly drain: (agentUid: string, reason: string) => void;
}

/** Asks for turns of the reconcilers. */
export interface Looks {
  /** The pool's demand or its agents have changed. */
  atPool(poolKey: string): void;
  /** Whether this task may be changed or cancelled has changed, which no object shows. */
  atMissionOf(task: Task): void;
}

/** The parts of a term that hand out tasks, tied together. */
export function createDispatch(deps: TermDeps, core: Core, looks: Looks): Dispatch {
  const { caches, clock, log, config } = deps;
  const { book, sibling, missionByUid } = core;
  const runs = createRuns({ sibling });
  const roster = createRoster(caches.pools.store, (agentUid) => book.usedSlots(agentUid));
  const recall = createRecall({
    ...core,
    ...deps,
    memory: createMemory(core),
    ledger: core.writer,
    listener: { notRecalled: (task) => scheduler.notRecalled(task), said: (...args) => deps.broadcast.said(...args) },
  });
  const scheduler: Scheduler = createScheduler({
    clock,
    runs,
    roster,
    admission: { missionByUid, sibling },
    recall,
    dispatch: (...args) => dispatch.attempts.dispatch(...args),
    onSettled: () => demand.refresh().forEach((poolKey) => looks.atPool(poolKey)),
  });
  const demand = createDemand(scheduler.ready, roster);
  const fleet = createFleet({ clock, log, leaseSeconds: config.leaseSeconds, listener: onFleet(() => dispatch, core, deps, looks) });
  const attempts = createAttempts({ ...core, ...deps, ledger: core.writer, agents: fleet, listener: onAttempts(() => dispatch, deps, looks) });
  const dispatch: Dispatch = { runs, roster, scheduler, demand, fleet, attempts, adoption: recovery(deps, core, { scheduler: lookingAfter(scheduler, looks), fleet, attempts }), drain: (agentUid, reason) => drainAgent({ scheduler, fleet }, agentUid, reason) };
  return dispatch;
}

function drainAgent({ scheduler, fleet }: Pick<Dispatch, 'scheduler' | 'fleet'>, agentUid: string, reason: string): void {
  fleet.drain(agentUid, reason);
  const view = fleet.view(agentUid);
  if (view !== undefined) scheduler.agentChanged(view);
}

/** A mission waits with changes of a task that may run; it looks again once that is known. */
function lookingAfter(scheduler: Scheduler, looks: Looks): RecoveryScheduler {
  return {
    recovering: (task) => scheduler.recovering(task),
    slotFreed: (agentUid) => scheduler.slotFreed(agentUid),
    recovered(task, options) {
      scheduler.recovered(task, options);
      looks.atMissionOf(task);
    },
  };
}

function recovery(deps: TermDeps, core: Core, { scheduler, fleet, attempts }: Pick<Dispatch, 'fleet' | 'attempts'> & { readonly scheduler: RecoveryScheduler }): Adoption {
  const { caches, config } = deps;
  return createAdoption({
    ...deps,
    ...core,
    agents: fleet,
    attempts,
    scheduler,
    livingAgents: () => caches.pods.store.list().filter(({ phase, metadata, containerTerminated }) => phase === 'Running' && metadata.deletionTimestamp === undefined && !containerTerminated).map(({ metadata }) => metadata.uid),
    grants: async (request) => grantsFor(request, await core.sources.namespaceUid(request.task.metadata.namespace), core.sources),
    mayServe: ({ namespace, pool }, forNamespace) => {
      const found = caches.pools.store.get({ namespace, name: pool });
      return found !== undefined && mayUse(found, forNamespace);
    },
    silenceMs: silenceMs(config),
  });
}

function onFleet(dispatch: () => Dispatch, { book }: Core, deps: TermDeps, looks: Looks): FleetListener {
  return {
    connected(agent, claims, sameProcess) {
      dispatch().adoption.connected(agent, claims, sameProcess);
      dispatch().scheduler.agentChanged(agent);
      looks.atPool(keyText({ namespace: agent.namespace, name: agent.pool }));
    },
    disconnected(agentUid) {
      dispatch().scheduler.agentGone(agentUid);
      lookAtPoolOf(agentUid, deps, looks);
    },
    silent(agentUid) {
      dispatch().scheduler.agentGone(agentUid);
      for (const live of book.ofAgent(agentUid)) dispatch().attempts.lost(live, 'AgentLost', `agent ${live.assignment.agent} was not heard for ${silenceMs(deps.config) / 1000} s`);
      lookAtPoolOf(agentUid, deps, looks);
    },
  };
}

function onAttempts(dispatch: () => Dispatch, deps: TermDeps, looks: Looks): AttemptsListener {
  return {
    slotFreed(agentUid) {
      dispatch().fleet.taskEnded(agentUid);
      dispatch().scheduler.slotFreed(agentUid);
      lookAtPoolOf(agentUid, deps, looks);
    },
    requeue(task, afterMs) {
      dispatch().scheduler.requeue(task, afterMs);
      looks.atMissionOf(task);
    },
    began(task) {
      const entry = dispatch().runs.entry(task);
      if (entry !== undefined && entry.readyAt > 0) deps.onBegan(deps.clock.monotonic() - entry.readyAt);
    },
    ran: (pool, durationMs) => dispatch().demand.ran(pool, durationMs),
    said: (...args) => deps.broadcast.said(...args),
  };
}

function lookAtPoolOf(agentUid: string, { caches }: TermDeps, looks: Looks): void {
  const [pod] = caches.pods.store.byIndex(byUid, agentUid);
  if (pod !== undefined) looks.atPool(keyText({ namespace: pod.metadata.namespace, name: pod.pool }));
}
