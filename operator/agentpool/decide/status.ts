// What is told about a pool: counts and conditions, from the same facts that the policies saw.
import { labels } from '#api/labels.ts';
import { formatTime } from '#api/time.ts';
import type { AgentPoolConditionReason } from '#api/conditions.ts';
import type { AgentPoolStatus } from '#api/v1alpha1/agentpool.ts';
import { findCondition, setConditions, type Wanted } from '#domain/conditions.ts';
import { isBusy, isCapacity, type Member } from './members.ts';
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
  return [ready, scalingActive(situation), scalingLimited(situation), ...isolated(situation), ...kstatusPair(situation, ready)];
}

function readyCondition({ view, members, wishes, health }: Situation): PoolCondition {
  const { operatingMode } = view.pool.spec;
  const connected = members.filter(({ standing }) => standing === 'connected').length;
  const present = members.filter(({ standing }) => standing !== 'ended').length;
  const said = (status: 'True' | 'False', reason: Extract<PoolCondition, { type: 'Ready' }>['reason'], message: string): PoolCondition => ({ type: 'Ready', status, reason, message });
  if (operatingMode === 'Drain') return said(present === 0 ? 'True' : 'False', 'Draining', present === 0 ? 'all agents are gone' : `${present} agents are still there, ${members.filter(isBusy).length} of them busy`);
  if (operatingMode === 'Pause') return said('True', 'Paused', `${connected} agents are connected and get no new tasks`);
  if (connected >= wishes.target) return wishes.target === 0 && present === 0 ? said('True', 'ScaledToZero', 'no agent is needed') : said('True', 'Ready', `${connected} agents are connected`);
  if (health.fault !== undefined) return said('False', health.fault.reason, health.fault.message);
  if (view.settings.caBundle === undefined) return said('False', 'Starting', "waiting for the installation's CA");
  return said('False', 'Starting', `${connected} of ${wishes.target} agents are connected`);
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
    const { status, message } = findCondition(pool.status?.conditions, 'Isolated') ?? {};
    if (status === undefined || message === undefined) return [];
    return [{ type: 'Isolated', status, reason: status === 'True' ? 'Isolated' : 'NoBoundary', message }];
  }
  const open = agents.filter(({ boundary }) => boundary === 'none').length;
  if (open > 0) return [{ type: 'Isolated', status: 'False', reason: 'NoBoundary', message: `${open} of ${agents.length} agents run code without a sandbox boundary` }];
  const boundary = agents.every((agent) => agent.boundary === 'full') ? 'full' : 'partial';
  return [{ type: 'Isolated', status: 'True', reason: 'Isolated', message: `agents run code inside a ${boundary} boundary` }];
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
