// From a pod as the API server sends it to what the operator keeps of it. The cache holds only this.
import { labels } from '#api/labels.ts';
import { parseTime } from '#api/time.ts';
import type { KubeObject } from '#platform/kube/types.ts';
import type { PoolPod } from './decide/view.ts';

interface Terminated {
  readonly exitCode?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly containerID?: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  readonly containerID?: string;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string }; readonly terminated?: Terminated };
  readonly lastState?: { readonly terminated?: Terminated };
}

interface PodStatus {
  readonly phase?: PoolPod['phase'];
  readonly reason?: string;
  readonly message?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }[];
  readonly containerStatuses?: readonly ContainerStatus[];
}

/** The part of a pod that is read here. */
export interface KubePod extends KubeObject {
  readonly status?: PodStatus;
}

/** Longest text of others that is kept, in UTF-16 units. */
const textLimit = 768;

/** The label selector of all agent pods, for the cache that feeds `toPoolPod`. */
export const poolPodSelector = labels.pool;

/** Indexes that the cache of agent pods must have. */
export const poolPodIndexes = { owner: ({ ownerUid }: PoolPod): readonly string[] => (ownerUid === undefined ? [] : [ownerUid]) };

/** What the operator keeps of an agent's pod. */
export function toPoolPod({ metadata, status = {} }: KubePod): PoolPod {
  const { namespace, name, uid, resourceVersion, deletionTimestamp } = metadata;
  const label = (key: string) => metadata.labels?.[key] ?? '';
  return {
    metadata: { namespace, name, uid, resourceVersion, ...known({ deletionTimestamp }) },
    ...known({ ownerUid: metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid }),
    pool: label(labels.pool),
    templateHash: label(labels.templateHash),
    createdMs: parseTime(metadata.creationTimestamp) ?? 0,
    ...ofConditions(status),
    ...ofContainer(status.containerStatuses?.find((container) => container.name === 'agent') ?? { name: 'agent' }),
    ...ofEnd(status),
  };
}

function ofConditions({ phase = 'Pending', conditions = [] }: PodStatus): Pick<PoolPod, 'phase' | 'ready' | 'unschedulable'> {
  const unplaced = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  const ready = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  return { phase, ready, ...known({ unschedulable: unplaced && short(unplaced.message ?? unplaced.reason ?? 'no node fits') }) };
}

function ofContainer({ containerID, restartCount = 0, state = {}, lastState = {} }: ContainerStatus): Pick<PoolPod, 'waiting' | 'exit' | 'restartCount' | 'containerTerminated' | 'containerId'> {
  const { waiting, terminated } = state;
  // While a container waits to be started again, its last process is the current one, and over.
  const over = terminated ?? (waiting && lastState.terminated);
  return {
    restartCount,
    containerTerminated: over !== undefined,
    ...known({
      waiting: waiting && { reason: short(waiting.reason), message: short(waiting.message) },
      exit: exitOf(terminated ?? lastState.terminated),
      containerId: over?.containerID ?? containerID,
    }),
  };
}

function exitOf(terminated: Terminated | undefined): PoolPod['exit'] {
  return terminated && { code: terminated.exitCode ?? -1, reason: short(terminated.reason), message: short(terminated.message) };
}

// An eviction speaks of the pod, not of a container.
function ofEnd({ reason, message, phase }: PodStatus): Pick<PoolPod, 'exit'> {
  if (reason === undefined || (phase !== 'Failed' && phase !== 'Succeeded')) return {};
  return { exit: { code: -1, reason, message: short(message) } };
}

function short(text = ''): string {
  return text.slice(0, textLimit);
}

/** The fields that have a value. */
function known<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
