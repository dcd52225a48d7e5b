// Pools in each situation that their reconciler can describe.
import { formatTimeMs } from '#api/time.ts';
import { decidePool } from '#operator/agentpool/decide/index.ts';
import type { PoolView } from '#operator/agentpool/decide/view.ts';
import { anAgent, aPod, aPool, aView, t0 } from '#operator/agentpool/testing.ts';
import { commonSituations, type Situation, type Situations, type TrackedObject } from './situation.ts';

const waits = { queued: 1, agents: [] };
const down = { phase: 'Pending', ready: false } as const;
const connected = (boundary: 'full' | 'partial' | 'none' = 'full') => ({ pods: [aPod('a')], demand: { queued: 0, agents: [anAgent('a', { used: 1, boundary })] } });
const mirror = (change: Partial<NonNullable<PoolView['mirror']>>): Partial<PoolView> => ({ mirror: { heardAt: t0, renewTime: formatTimeMs(t0), isHeld: true, parts: { log: { state: 'well', since: formatTimeMs(t0 - 600_000) } }, ...change } });

function written(changes: Partial<PoolView>): TrackedObject {
  const view = aView(changes);
  const { status } = decidePool(view, t0);
  return { ...view.pool, status: { ...view.pool.status, ...status } };
}

const fine = (changes: Partial<PoolView>): Situation => ({ object: written(changes), argo: 'Healthy', shows: 'Ready', kstatus: 'Current' });
const starts = (changes: Partial<PoolView>): Situation => ({ object: written(changes), argo: 'Progressing', shows: 'Ready', kstatus: 'InProgress' });
const stalls = (changes: Partial<PoolView>): Situation => ({ object: written(changes), argo: 'Degraded', shows: 'Stalled', kstatus: 'Failed' });
const rests = (changes: Partial<PoolView>): Situation => ({ object: written(changes), argo: 'Suspended', shows: 'Ready', kstatus: 'Current' });
const refused = (kind: 'quota' | 'refused'): Partial<PoolView> => ({ demand: waits, refusal: { kind, message: 'the API server says no', at: t0, count: 1, generation: 1 } });

/** Every situation of an AgentPool. */
export const poolSituations: Situations = {
  ...commonSituations(written(connected())),
  ready: fine(connected()),
  'scaled-to-zero': fine({}),
  'followed-by-the-mirror': fine({ ...connected('partial'), ...mirror({}) }),
  'store-down': fine({ ...connected('none'), ...mirror({ parts: { log: { state: 'down', since: formatTimeMs(t0 - 60_000), fault: 'full' } } }) }),
  'mirror-silent': fine({ ...connected(), ...mirror({ heardAt: t0 - 60_000, renewTime: formatTimeMs(t0 - 60_000) }) }),
  'scaled-from-outside': fine({ pool: aPool({ scaling: { mode: 'External' } }) }),
  'replicas-ignored': fine({ pool: aPool({ replicas: 3 }) }),
  starting: starts({ pods: [aPod('a', down)], demand: waits }),
  'at-maximum': starts({ pool: aPool({ scaling: { maxReplicas: 1 } }), demand: { queued: 2, agents: [] } }),
  unschedulable: starts({ pods: [aPod('a', { ...down, unschedulable: '0/3 nodes are available' })], demand: waits }),
  'crash-looping': starts({ pods: [aPod('a', { containerTerminated: true, restartCount: 4, waiting: { reason: 'CrashLoopBackOff', message: '' } })], demand: waits }),
  'not-isolated': starts({ pool: aPool({ isolation: 'Full' }), ...connected('partial') }),
  'rolling-out': { ...starts({ pods: [aPod('a', { templateHash: 'old' })], demand: { queued: 0, agents: [anAgent('a', { used: 1 })] } }), shows: 'Reconciling' },
  draining: starts({ pool: aPool({ operatingMode: 'Drain' }), ...connected() }),
  drained: rests({ pool: aPool({ operatingMode: 'Drain' }) }),
  paused: rests({ pool: aPool({ operatingMode: 'Pause' }), ...connected() }),
  'quota-exceeded': stalls(refused('quota')),
  'pod-refused': stalls(refused('refused')),
  'image-error': stalls({ pods: [aPod('a', { ...down, waiting: { reason: 'ErrImagePull', message: 'not found' } })], demand: waits }),
};
