// From a ready task to an agent and back: scheduler, fleet and the life of attempts, tied together.
import { createDemand, type Demand } from '../scheduler/demand.ts';
import { createRoster, type Roster } from '../scheduler/roster.ts';
import { createRuns, type Runs } from '../scheduler/runs.ts';
import { createScheduler, type Scheduler } from '../scheduler/scheduler.ts';
import { createFleet, type Fleet, type FleetListener } from '../fleet/work/fleet.ts';
import { keyText } from '../reconciler.ts';
import { byUid } from '../caches.ts';
import { type Adoption, createAdoption } from '../task/adoption.ts';
import { type Attempts, createAttempts } from '../task/attempts.ts';
import { grantFor } from '../task/order.ts';
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
  drain(agentUid: string, reason: string): void;
}

/** `lookAtPool` asks for a turn of a pool: its demand or its agents have changed. */
export function createDispatch(deps: TermDeps, core: Core, lookAtPool: (poolKey: string) => void): Dispatch {
  const { caches, clock, log, config } = deps;
  const { book, sibling, missionByUid } = core;
  const runs = createRuns({ sibling });
  const roster = createRoster(caches.pools.store, (agentUid) => book.usedSlots(agentUid));
  const scheduler = createScheduler({
    clock,
    runs,
    roster,
    missionByUid,
    dispatch: (...args) => dispatch.attempts.dispatch(...args),
    onSettled: () => demand.refresh().forEach(lookAtPool),
  });
  const demand = createDemand(scheduler.ready, roster);
  const fleet = createFleet({ clock, log, leaseSeconds: config.leaseSeconds, listener: onFleet(() => dispatch, core, deps, lookAtPool) });
  const attempts = createAttempts({ ...core, ...deps, ledger: core.writer, agents: fleet, listener: onAttempts(() => dispatch, deps, lookAtPool) });
  const dispatch: Dispatch = { runs, roster, scheduler, demand, fleet, attempts, adoption: recovery(deps, core, { scheduler, fleet, attempts }), drain: (agentUid, reason) => drainAgent({ scheduler, fleet }, agentUid, reason) };
  return dispatch;
}

function drainAgent({ scheduler, fleet }: Pick<Dispatch, 'scheduler' | 'fleet'>, agentUid: string, reason: string): void {
  fleet.drain(agentUid, reason);
  const view = fleet.view(agentUid);
  if (view !== undefined) scheduler.agentChanged(view);
}

function recovery(deps: TermDeps, core: Core, { scheduler, fleet, attempts }: Pick<Dispatch, 'scheduler' | 'fleet' | 'attempts'>): Adoption {
  const { caches, config } = deps;
  return createAdoption({
    ...deps,
    ...core,
    agents: fleet,
    attempts,
    scheduler,
    livingAgents: () => caches.pods.store.list().filter(({ phase, metadata, containerTerminated }) => phase === 'Running' && metadata.deletionTimestamp === undefined && !containerTerminated).map(({ metadata }) => metadata.uid),
    grant: async (task, agent) => grantFor(task, agent, await core.sources.namespaceUid(task.metadata.namespace), core.sources),
    silenceMs: silenceMs(config),
  });
}

function onFleet(dispatch: () => Dispatch, { book }: Core, deps: TermDeps, lookAtPool: (poolKey: string) => void): FleetListener {
  return {
    connected(agent, claims, sameProcess) {
      dispatch().adoption.connected(agent, claims, sameProcess);
      dispatch().scheduler.agentChanged(agent);
      lookAtPool(keyText({ namespace: agent.namespace, name: agent.pool }));
    },
    disconnected(agentUid) {
      dispatch().scheduler.agentGone(agentUid);
      lookAtPoolOf(agentUid, deps, lookAtPool);
    },
    silent(agentUid) {
      dispatch().scheduler.agentGone(agentUid);
      for (const live of book.ofAgent(agentUid)) dispatch().attempts.lost(live, 'AgentLost', `agent ${live.assignment.agent} was not heard for ${silenceMs(deps.config) / 1000} s`);
      lookAtPoolOf(agentUid, deps, lookAtPool);
    },
  };
}

function onAttempts(dispatch: () => Dispatch, deps: TermDeps, lookAtPool: (poolKey: string) => void) {
  return {
    slotFreed(agentUid: string) {
      dispatch().fleet.taskEnded(agentUid);
      dispatch().scheduler.slotFreed(agentUid);
      lookAtPoolOf(agentUid, deps, lookAtPool);
    },
    requeue: (...args: Parameters<Scheduler['requeue']>) => dispatch().scheduler.requeue(...args),
    ran: (...args: Parameters<Demand['ran']>) => dispatch().demand.ran(...args),
    said: (...args: Parameters<TermDeps['broadcast']['said']>) => deps.broadcast.said(...args),
  };
}

function lookAtPoolOf(agentUid: string, { caches }: TermDeps, lookAtPool: (poolKey: string) => void): void {
  const [pod] = caches.pods.store.byIndex(byUid, agentUid);
  if (pod !== undefined) lookAtPool(keyText({ namespace: pod.metadata.namespace, name: pod.pool }));
}
