// Which pools could ever run a task, by their templates alone: whether an agent is there now is the scheduler's question.
import type { AgentPoolSpec } from '#api/v1alpha1/agentpool.ts';
import type { ObjectMeta } from '#api/v1alpha1/schema.ts';
import type { PoolSelector, Resources, TaskSpec } from '#api/v1alpha1/task.ts';
import { parseQuantity } from './quantities.ts';

/** What a pool offers; every AgentPool object is one. */
export interface PoolOffer {
  readonly metadata: Pick<ObjectMeta, 'name' | 'namespace' | 'labels'>;
  readonly spec: Pick<AgentPoolSpec, 'agentTypes' | 'capabilities' | 'slotsPerAgent' | 'allowedNamespaces' | 'scaling' | 'operatingMode' | 'gitSecrets'> & { readonly template: Pick<AgentPoolSpec['template'], 'resources'> };
}

/** What a task needs of a pool. */
export interface PoolNeed extends Pick<TaskSpec, 'type'> {
  readonly capabilities: readonly string[];
  readonly resources?: Resources | undefined;
  /** Namespace of the task. */
  readonly namespace: string;
  /** The Mission's, or the Task's own when it was applied alone. */
  readonly poolSelector?: PoolSelector | undefined;
  /** Secret with the credentials of its repository. */
  readonly gitSecret?: string | undefined;
  /** Pod names of agents that may not have it, sorted: those whose work it checks. */
  readonly notOn?: readonly string[] | undefined;
}

export type PoolMatch = { readonly kind: 'match' } | { readonly kind: 'mismatch'; readonly reason: string };

/**
 * Whether a pool, at its full size and serving, could run a task. operatingMode does not count: Pause and Drain are taken back without
 * the task being changed.
 */
export function poolCouldServe(pool: PoolOffer, need: PoolNeed): PoolMatch {
  const reason = permissionFault(pool, need) ?? secretFault(pool, need) ?? abilityFault(pool, need) ?? resourceFault(pool, need.resources ?? {}) ?? sizeFault(pool);
  return reason === undefined ? { kind: 'match' } : { kind: 'mismatch', reason };
}

/** Whether tasks of a namespace may use a pool at all. */
export function mayUse({ metadata, spec }: PoolOffer, namespace: string): boolean {
  return metadata.namespace === namespace || spec.allowedNamespaces.includes(namespace);
}

function permissionFault(pool: PoolOffer, { namespace, poolSelector }: PoolNeed): string | undefined {
  if (!mayUse(pool, namespace)) return `does not allow namespace ${namespace}`;
  const wanted = Object.entries(poolSelector?.matchLabels ?? {}).find(([key, value]) => pool.metadata.labels?.[key] !== value);
  return wanted && `has no label ${wanted.join('=')}`;
}

function secretFault({ spec }: PoolOffer, { gitSecret }: PoolNeed): string | undefined {
  return gitSecret === undefined || spec.gitSecrets.some(({ name }) => name === gitSecret) ? undefined : `does not list git secret ${gitSecret}`;
}

function abilityFault({ spec }: PoolOffer, { type, capabilities }: PoolNeed): string | undefined {
  if (!spec.agentTypes.includes(type)) return `roles ${spec.agentTypes.join(', ')}`;
  const missing = capabilities.filter((capability) => !spec.capabilities.includes(capability));
  return missing.length === 0 ? undefined : `lacks ${missing.join(', ')}`;
}

function resourceFault({ spec }: PoolOffer, resources: Resources): string | undefined {
  for (const name of ['cpu', 'memory'] as const) {
    const wanted = resources[name];
    const offered = spec.template.resources[name];
    if (wanted === undefined) continue;
    // Multiplied, not divided: a third of a core has no exact form.
    const fits = (parseQuantity(wanted) ?? Number.POSITIVE_INFINITY) * spec.slotsPerAgent <= (parseQuantity(offered) ?? 0);
    if (!fits) return `offers ${offered} ${name} for ${spec.slotsPerAgent === 1 ? 'its slot' : `${spec.slotsPerAgent} slots`}`;
  }
  return undefined;
}

function sizeFault({ spec }: PoolOffer): string | undefined {
  return spec.scaling.mode === 'Internal' && spec.scaling.maxReplicas === 0 ? 'maxReplicas is 0' : undefined;
}

/** `role Coder with python and node-24, 2 cpu per slot` */
export function describeNeed({ type, capabilities, resources }: Pick<PoolNeed, 'type' | 'capabilities' | 'resources'>): string {
  const amounts = [...(resources?.cpu === undefined ? [] : [`${resources.cpu} cpu per slot`]), ...(resources?.memory === undefined ? [] : [`${resources.memory} memory per slot`])];
  return [`role ${type}${capabilities.length === 0 ? '' : ` with ${capabilities.join(' and ')}`}`, ...amounts].join(', ');
}

/** A task that no pool could run. */
export interface Unservable {
  readonly index: number;
  /** `tasks[2] needs role Coder with python; pools seen: team-a/analyzers (roles Analyzer)` */
  readonly message: string;
}

const shownPools = 5;

/** The first task that no pool could ever run. Only pools that its namespace may use are named: others are none of its business. */
export function firstUnservable(needs: readonly (PoolNeed & { readonly field: string })[], pools: readonly PoolOffer[]): Unservable | undefined {
  const index = needs.findIndex((need) => !pools.some((pool) => poolCouldServe(pool, need).kind === 'match'));
  const need = needs[index];
  return need && { index, message: `${need.field} needs ${describeNeed(need)}; ${describePools(need, pools)}` };
}

function describePools(need: PoolNeed, pools: readonly PoolOffer[]): string {
  const seen = pools.filter((pool) => mayUse(pool, need.namespace)).map((pool) => `${pool.metadata.namespace}/${pool.metadata.name}${describeMismatch(poolCouldServe(pool, need))}`);
  if (seen.length === 0) return `namespace ${need.namespace} may use no pool`;
  const more = seen.length > shownPools ? ` and ${seen.length - shownPools} more` : '';
  return `pools seen: ${seen.toSorted().slice(0, shownPools).join(', ')}${more}`;
}

function describeMismatch(match: PoolMatch): string {
  return match.kind === 'match' ? '' : ` (${match.reason})`;
}
