// Small worlds for this room's tests: a pool, its pods and agents, and what happens to them when a decision is carried out.
import { AgentPoolSpec, type AgentPool } from '#api/v1alpha1/agentpool.ts';
import { labels } from '#api/labels.ts';
import type { Instant } from '#api/time.ts';
import { templateHash } from './decide/pod.ts';
import { nextFailure } from './decide/leave.ts';
import type { PodManifest, PoolAgent, PoolDecision, PoolMemory, PoolPod, PoolSettings, PoolView } from './decide/view.ts';

export const t0: Instant = Date.parse('2026-01-01T00:00:00Z');

export const settings: PoolSettings = { caBundle: 'PEM', operatorNamespace: 'coditect-system', silenceMs: 45_000 };

/** A pool as the API server would hand it out, defaults filled in. */
export function aPool(spec: object = {}, status?: AgentPool['status']): AgentPool {
  return {
    apiVersion: 'coditect.ai/v1alpha1',
    kind: 'AgentPool',
    metadata: { name: 'pool', namespace: 'team-a', uid: 'pool-uid', resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: AgentPoolSpec.parse({ agentTypes: ['Tester'], template: { image: 'agent:1' }, ...spec }),
    ...(status === undefined ? {} : { status }),
  };
}

/** A running, unconnected pod that was created a minute before t0; its UID is `uid-<name>`. */
export function aPod(name: string, changes: Partial<PoolPod> & { deleting?: boolean } = {}): PoolPod {
  const { deleting = false, ...rest } = changes;
  return {
    metadata: { namespace: 'team-a', name, uid: `uid-${name}`, resourceVersion: '1', ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    ownerUid: 'pool-uid',
    pool: 'pool',
    templateHash: templateHash(aPool().spec),
    phase: 'Running',
    ready: true,
    createdMs: t0 - 60_000,
    restartCount: 0,
    containerTerminated: false,
    ...rest,
  };
}

/** What the fleet says of the pod `pod`: one slot, idle for two minutes unless told. */
export function anAgent(pod: string, changes: Partial<PoolAgent> = {}): PoolAgent {
  const used = changes.used ?? 0;
  return { podUid: `uid-${pod}`, pod, slots: 1, used, idleForMs: used > 0 ? 0 : 120_000, draining: false, boundary: 'full', ...changes };
}

/** A view of a world where nothing was remembered. */
export function aView(changes: Partial<PoolView> = {}): PoolView {
  return {
    pool: aPool(),
    pods: [],
    demand: { queued: 0, agents: [] },
    memory: { wishes: [], silentSince: {}, failures: { count: 0, at: 0 } },
    freshNames: Array.from({ length: 20 }, (_, index) => `pool-new${index}`),
    tokens: { available: 20, nextMs: 50 },
    settings,
    ...changes,
  };
}

/** The intents as lines. */
export function lines({ intents }: PoolDecision): string[] {
  return intents.flatMap((intent) => {
    switch (intent.kind) {
      case 'createPod':
        return `create ${intent.pod.metadata.name}`;
      case 'drainAgent':
        return `drain ${intent.pod}`;
      case 'deletePod':
        return `delete ${intent.pod}`;
      case 'announce':
        return `announce ${intent.reason}`;
    }
  });
}

/** The world after a decision was carried out and the caches show it. New pods are Pending; deleted ones terminate. */
export function applied(view: PoolView, { intents, status, seen }: PoolDecision, now: Instant): PoolView {
  let { pods, demand } = view;
  let memory: PoolMemory = { ...view.memory, ...seen };
  for (const intent of intents) {
    if (intent.kind === 'createPod') pods = [...pods, bornFrom(intent.pod, now)];
    else if (intent.kind === 'deletePod') {
      if (!intent.scaling && memory.failures.at !== now) memory = { ...memory, failures: nextFailure(memory.failures, now) };
      pods = pods.flatMap((pod) => (pod.metadata.uid === intent.podUid ? terminating(pod) : pod));
    }
    else if (intent.kind === 'drainAgent') demand = { ...demand, agents: demand.agents.map((agent) => (agent.podUid === intent.podUid ? { ...agent, draining: true } : agent)) };
  }
  const pool = status === undefined ? view.pool : { ...view.pool, status };
  const known = new Set(pods.map(({ metadata }) => metadata.name));
  const freshNames = view.freshNames.filter((name) => !known.has(name));
  return { ...view, pool, pods: pods.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)), memory, demand, freshNames };
}

function bornFrom({ metadata }: PodManifest, now: Instant): PoolPod {
  return aPod(metadata.name, { phase: 'Pending', ready: false, createdMs: now, templateHash: metadata.labels[labels.templateHash] ?? '' });
}

// Kubernetes removes a pod that is over at once; the others get their grace.
function terminating(pod: PoolPod): PoolPod[] {
  if (pod.phase === 'Failed' || pod.phase === 'Succeeded') return [];
  return [{ ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }];
}
