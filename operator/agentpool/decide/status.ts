// What is told about a pool: counts and conditions, from the same facts that the policies saw.
import { labels } from '#api/labels.ts';
import { formatTime } from '#api/time.ts';
import { type AgentPoolConditionReason, agentPoolConditions, type AgentPoolReason } from '#api/conditions.ts';
import type { AgentPoolSpec, AgentPoolStatus } from '#api/v1alpha1/agentpool.ts';
import { isIsolatedEnough } from '#domain/capability/isolation.ts';
import { findCondition, setConditions, type Wanted } from '#domain/conditions.ts';
import { isBusy, isCapacity, type Member } from './members.ts';
import { mirrored } from './mirrored.ts';
import { templateHash } from './pod.ts';
import type { Situation } from './situation.ts';

type PoolCondition = Wanted & AgentPoolConditionReason;

/** The whole next status of a pool. */
export function poolStatus(situation: Situation): AgentPoolStatus {
  const { view, members, wishes, now } = situation;
  const { metadata, spec, status } = view.pool;
  const agents = members.flatMap(({ agent, standing }) => (agent === undefined || standing === 'terminating' ? [] : [agent]));
  const { lastScaleAt } = situation.memory;
  const lastScaleTime = lastScaleAt === undefined ? status?.lastScaleTime : formatTime(lastScaleAt);
  return {
    observedGeneration: metadata.generation,
    conditions: setConditions(status?.conditions, conditionsOf(situation), metadata.generation, now),
    desiredReplicas: wishes.target,
    replicas: members.filter((member) => isCapacity(member) || member.standing === 'draining').length,
    readyReplicas: members.filter(({ standing }) => standing === 'connected').length,
    busyReplicas: agents.filter(({ used }) => used > 0).length,
    slots: { total: sum(agents.map(({ slots }) => slots)), used: sum(agents.map(({ used }) => used)) },
    queued: view.demand.queued,
    selector: `${labels.pool}=${metadata.name}`,
    templateHash: templateHash(spec),
    ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
  };
}

function conditionsOf(situation: Situation): PoolCondition[] {
  const ready = readyCondition(situation);
  return [ready, scalingActive(situation), scalingLimited(situation), ...isolated(situation), ...mirrored(situation), ...kstatusPair(situation, ready)];
}

function readyCondition({ view, members, wishes, health }: Situation): PoolCondition {
  const { operatingMode } = view.pool.spec;
  const connected = members.filter(({ standing }) => standing === 'connected').length;
  const unfit = unfitAgents(members, view.pool.spec.isolation);
  const present = members.filter(({ standing }) => standing !== 'ended').length;
  const said = (status: 'True' | 'False', reason: Extract<PoolCondition, { type: 'Ready' }>['reason'], message: string): PoolCondition => ({ type: 'Ready', status, reason, message });
  if (operatingMode === 'Drain') return said(present === 0 ? 'True' : 'False', 'Draining', present === 0 ? 'all agents are gone' : `${present} agents are still there, ${members.filter(isBusy).length} of them busy`);
  if (operatingMode === 'Pause') return said('True', 'Paused', `${connected} agents are connected and get no new tasks`);
  if (unfit > 0) return said('False', 'NotIsolated', `${unfit} of ${connected} connected agents lack the boundary that spec.isolation asks for (${view.pool.spec.isolation}) and get no tasks`);
  if (wishes.target === 0 && present === 0) return said('True', 'ScaledToZero', 'no agent is needed');
  return connected >= wishes.target ? said('True', 'Ready', `${connected} agents are connected`) : notYetReady(connected, { view, wishes, health });
}

function notYetReady(connected: number, { view, wishes, health }: Pick<Situation, 'view' | 'wishes' | 'health'>): PoolCondition {
  const said = (reason: AgentPoolReason<'Ready'>, message: string): PoolCondition => ({ type: 'Ready', status: 'False', reason, message });
  if (health.fault !== undefined) return said(health.fault.reason, health.fault.message);
  if (view.settings.caBundle === undefined) return said('Starting', "waiting for the installation's CA");
  return said('Starting', `${connected} of ${wishes.target} agents are connected`);
}

function unfitAgents(members: readonly Member[], isolation: AgentPoolSpec['isolation']): number {
  return members.filter(({ agent, standing }) => standing === 'connected' && agent !== undefined && !isIsolatedEnough(agent.boundary, isolation)).length;
}

function scalingActive({ view: { pool } }: Situation): PoolCondition {
  const { replicas, scaling } = pool.spec;
  if (scaling.mode === 'External') return { type: 'ScalingActive', status: 'True', reason: 'External', message: 'follows spec.replicas' };
  if (replicas === 0) return { type: 'ScalingActive', status: 'True', reason: 'Internal', message: 'scales by the tasks that wait' };
  return { type: 'ScalingActive', status: 'False', reason: 'IgnoredInInternalMode', message: `spec.replicas is ${replicas}, but scaling.mode is Internal: set it to External, or spec.replicas back to 0` };
}

function scalingLimited({ view: { pool }, wishes }: Situation): PoolCondition {
  const { maxReplicas } = pool.spec.scaling;
  if (!wishes.limited) return { type: 'ScalingLimited', status: 'False', reason: 'WithinLimits', message: 'the wished number of agents is within the limits' };
  return { type: 'ScalingLimited', status: 'True', reason: 'AtMaximum', message: `more than ${maxReplicas} agents are needed: raise scaling.maxReplicas` };
}

// Nobody connected says nothing: what was known of the last agents stays.
function isolated({ view: { pool }, members }: Situation): PoolCondition[] {
  const agents = members.flatMap(({ agent }) => agent ?? []);
  if (agents.length === 0) {
    const { status, reason, message } = findCondition(pool.status?.conditions, 'Isolated') ?? {};
    if (status === undefined || message === undefined || !isIsolationReason(reason)) return [];
    return [{ type: 'Isolated', status, reason, message }];
  }
  const open = agents.filter(({ boundary }) => boundary === 'none').length;
  if (open > 0) return [{ type: 'Isolated', status: 'False', reason: 'NoBoundary', message: `${open} of ${agents.length} agents run code without a sandbox boundary` }];
  const partial = agents.filter(({ boundary }) => boundary === 'partial').length;
  if (partial > 0) return [{ type: 'Isolated', status: 'False', reason: 'PartialBoundary', message: `${partial} of ${agents.length} agents run code inside a sandbox that lacks a part of its boundary` }];
  return [{ type: 'Isolated', status: 'True', reason: 'Isolated', message: 'agents run code inside a full boundary' }];
}

function isIsolationReason(reason: string | undefined): reason is AgentPoolReason<'Isolated'> {
  return reason !== undefined && Object.hasOwn(agentPoolConditions.Isolated, reason);
}

// kstatus: at most one of the two, and only while it is true.
function kstatusPair({ members, view }: Situation, { reason, status, message }: PoolCondition): PoolCondition[] {
  if (reason === 'QuotaExceeded' || reason === 'PodRefused' || reason === 'ImageError') return [{ type: 'Stalled', status: 'True', reason, message }];
  if (status === 'False') return [{ type: 'Reconciling', status: 'True', reason: 'Starting', message }];
  const stale = members.filter((member: Member) => member.stale && isCapacity(member)).length;
  if (stale === 0 || view.pool.spec.operatingMode === 'Pause') return [];
  return [{ type: 'Reconciling', status: 'True', reason: 'Starting', message: `${stale} agents of an earlier template are being replaced` }];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
