// Why a task waits and what would unblock it, answered from memory on demand: nothing of this is ever written to an object.
import type { AgentPoolReason } from '#api/conditions.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { firstUnservable } from '#domain/capability/match.ts';
import { findCondition } from '#domain/conditions.ts';
import { dependencyVerdict } from '#domain/dependency.ts';
import type { ObjectKey, Store } from '#platform/kube/types.ts';
import { parseKey } from '../reconciler.ts';
import type { Admission } from './admission.ts';
import { type Entry, nameInRun } from './entry.ts';
import type { Roster } from './roster.ts';
import type { Runs } from './runs.ts';
import type { ReadyTasks } from './scheduler.ts';

/** One waiting task, explained. */
export interface Explanation {
  readonly task: string;
  readonly reason: WaitReason;
  readonly message: string;
  /** Place among the ready tasks, from 1; 0 when it is not ready. */
  readonly position: number;
}

export type WaitReason =
  | 'WaitingForDependencies' | 'MissionSuspended' | 'ParallelismReached' | 'Backoff' | 'NoMatchingPool' | 'PoolPaused' | 'PoolScalingUp' | 'PoolAtMaximum' | 'NoIndependentVerifier' | 'NotIsolated' | 'Queued' | 'Assigned' | 'Recovering';

export interface ExplainDeps {
  readonly runs: Runs;
  readonly roster: Pick<Roster, 'poolsFor' | 'choose'>;
  readonly pools: Store<AgentPool>;
  readonly ready: ReadyTasks;
  readonly admit: (task: Task) => Admission;
  readonly sibling: (task: Task, name: string) => Task | undefined;
  readonly missionUid: (mission: ObjectKey) => string | undefined;
}

export interface Explainer {
  /** Tasks of a mission that wait, sorted by name; undefined when the mission does not exist. */
  explain(mission: ObjectKey, task?: string): readonly Explanation[] | undefined;
}

/** Explains from the scheduler's state. */
export function createExplainer(deps: ExplainDeps): Explainer {
  return {
    explain(mission, task) {
      const uid = deps.missionUid(mission);
      if (uid === undefined) return undefined;
      const entries = deps.runs.ofMission(uid).filter((entry) => task === undefined || nameInRun(entry.task) === task);
      return entries.map((entry) => explainEntry(entry, deps)).toSorted((a, b) => (a.task < b.task ? -1 : 1));
    },
  };
}

function explainEntry(entry: Entry, deps: ExplainDeps): Explanation {
  const task = nameInRun(entry.task);
  const position = deps.ready.position(entry.task.metadata.uid);
  const because = (reason: WaitReason, message: string): Explanation => ({ task, reason, message, position });
  switch (entry.standing) {
    case 'blocked':
      return because('WaitingForDependencies', dependencies(entry, deps));
    case 'held':
      return because('MissionSuspended', entry.heldBecause);
    case 'recovering':
      return because('Recovering', 'the operator was replaced: waiting until every agent has said what it runs');
    case 'backoff':
      return because('Backoff', lastFailure(entry.task));
    case 'backlog':
      return because('ParallelismReached', 'the mission runs as many tasks as spec.parallelism allows');
    case 'recalling':
      return because('Queued', 'an equal task has succeeded before, and its result is being taken over');
    case 'live':
      return because('Assigned', withAgent(entry.task));
    case 'queued': {
      const { reason, message } = slots(entry.task, deps);
      return because(reason, message);
    }
  }
}

function withAgent({ status }: Task): string {
  return status?.assignment === undefined ? 'with an agent' : `with an agent: ${status.assignment.agent}`;
}

function dependencies({ waitingOn, task }: Entry, { sibling }: ExplainDeps): string {
  const names = [...waitingOn].map((name) => {
    const dependency = sibling(task, name);
    if (dependency === undefined) return `${name} (not created yet)`;
    return dependencyVerdict(dependency) === 'failed' ? `${name} (${dependency.status?.outcome?.result ?? ''})` : name;
  });
  return `waits for ${names.join(', ')}`;
}

function lastFailure({ status }: Task): string {
  const last = status?.attempts?.at(-1);
  return last === undefined ? 'waits before the next attempt' : `attempt ${last.attempt} ended as ${last.reason}: ${last.message}; the next one follows by itself`;
}

function slots(task: Task, deps: ExplainDeps): { readonly reason: WaitReason; readonly message: string } {
  const admission = deps.admit(task);
  if (admission.kind === 'held') return { reason: 'MissionSuspended', message: admission.because };
  const { need } = admission;
  const keys = deps.roster.poolsFor(need);
  if (keys.length === 0) return { reason: 'NoMatchingPool', message: firstUnservable([{ ...need, field: 'the task' }], deps.pools.list())?.message ?? 'no pool can serve it' };
  const pools = keys.map((key) => deps.pools.get(parseKey(key))).filter((pool) => pool !== undefined);
  const serving = pools.filter(({ spec }) => spec.operatingMode === 'Serve');
  if (serving.length === 0) return { reason: 'PoolPaused', message: `pool ${keys.join(', ')} is paused or drained: set operatingMode Serve` };
  const choice = deps.roster.choose(need);
  return choice.kind === 'agent' ? { reason: 'Queued', message: 'about to be handed out' } : shortage(choice, keys.join(', '), serving);
}

/** Why the pools that serve have no agent for it. */
function shortage({ reason: why, lacksIndependent }: Extract<ReturnType<Roster['choose']>, { kind: 'none' }>, named: string, serving: readonly AgentPool[]): { readonly reason: WaitReason; readonly message: string } {
  const isFull = serving.every(isAtMaximum);
  if (lacksIndependent) return { reason: 'NoIndependentVerifier', message: `${why}; ${isFull ? 'raise scaling.maxReplicas, so that another agent can check it' : 'another agent is being started'}` };
  if (serving.every(isNotIsolated)) return { reason: 'NotIsolated', message: `the agents of ${named} lack the boundary that spec.isolation asks for: run them on hosts that have it, or ask for less` };
  if (isFull) return { reason: 'PoolAtMaximum', message: `${why}; ${named} is at its most agents: raise scaling.maxReplicas` };
  if (serving.some(({ status }) => (status?.desiredReplicas ?? 0) > (status?.readyReplicas ?? 0))) return { reason: 'PoolScalingUp', message: `${why}; an agent of ${named} is starting` };
  return { reason: 'Queued', message: why };
}

function isNotIsolated({ status }: AgentPool): boolean {
  return findCondition(status?.conditions, 'Ready')?.reason === ('NotIsolated' satisfies AgentPoolReason<'Ready'>);
}

function isAtMaximum({ spec, status }: AgentPool): boolean {
  const most = spec.scaling.mode === 'Internal' ? spec.scaling.maxReplicas : spec.replicas;
  return (status?.replicas ?? 0) >= most;
}
