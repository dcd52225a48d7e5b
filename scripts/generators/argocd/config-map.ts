// The part of Argo CD's own settings that is about our kinds: what health and actions they have, and which changes are of no interest.
import { group } from '#api/v1alpha1/kinds.ts';
import { toYaml } from '../output.ts';
import { type Actions, actionLua, actions, discoveryLua } from './actions.ts';
import { approvalHealth, conditionHealth, healthRows, planHealth } from './health.ts';

/** Kinds with health, in the order of the documents. */
export const healthKinds = ['Mission', 'Task', 'AgentPool', 'Plan', 'Approval'] as const;
export type HealthKind = (typeof healthKinds)[number];

/** Lua of the health check of a kind. */
export function healthLua(kind: HealthKind): string {
  if (kind === 'Plan') return planHealth;
  return kind === 'Approval' ? approvalHealth : conditionHealth(healthRows[kind]);
}

/** Kinds with actions. */
export const actionKinds = ['Mission', 'AgentPool'] as const satisfies readonly (keyof typeof actions)[];

// Counters change several times a second while a mission runs. Argo CD looks all the same when the health itself changes.
const ignoredUpdates = { jsonPointers: ['/status'] } as const;
const busyKinds = ['Mission', 'Task', 'AgentPool'] as const satisfies readonly HealthKind[];

/** `argocd-cm` with nothing but what is ours, for server-side apply and for a patch of kustomize alike. */
export function argoConfigMap(): object {
  const health = healthKinds.map((kind) => [`resource.customizations.health.${group}_${kind}`, healthLua(kind)]);
  const doable = actionKinds.map((kind) => [`resource.customizations.actions.${group}_${kind}`, toYaml(actionsValue(actions[kind]))]);
  const ignored = busyKinds.map((kind) => [`resource.customizations.ignoreResourceUpdates.${group}_${kind}`, toYaml(ignoredUpdates)]);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-cm', namespace: 'argocd', labels: { 'app.kubernetes.io/name': 'argocd-cm', 'app.kubernetes.io/part-of': 'argocd' } },
    data: Object.fromEntries([...health, ...doable, ...ignored]) as Record<string, string>,
  };
}

function actionsValue(kind: Actions): object {
  return { 'discovery.lua': discoveryLua(kind), definitions: kind.all.map((action) => ({ name: action.name, 'action.lua': actionLua(action) })) };
}
