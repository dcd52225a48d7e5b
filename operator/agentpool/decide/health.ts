// What keeps a pool's agents from running, in the words of those who know: kubelet, kube-scheduler, API server.
import type { AgentPoolReason } from '#api/conditions.ts';
import type { Member } from './members.ts';
import type { PoolPod, PoolView } from './view.ts';

export interface Fault {
  readonly reason: Extract<AgentPoolReason<'Ready'>, 'QuotaExceeded' | 'PodRefused' | 'ImageError' | 'Unschedulable' | 'CrashLooping'>;
  readonly message: string;
}

export interface Health {
  /** The gravest fault among the agents. */
  readonly fault?: Fault;
  /** Agents of the current template fail and none of them is connected: more of them would fail too. */
  readonly templateFails: boolean;
}

/** Reasons of a waiting container that say the image is the problem. */
const imageReasons = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'ImageInspectError', 'RegistryUnavailable', 'CreateContainerError', 'RunContainerError', 'CreateContainerConfigError']);

/** After this many restarts an agent that does not connect is taken for one that never will. */
const manyRestarts = 2;

/** Looks at the pods that should serve, and at the last refusal of a new one. */
export function healthOf({ pool, refusal }: PoolView, members: readonly Member[]): Health {
  const waiting = members.filter(({ standing }) => standing === 'down' || standing === 'silent');
  const refused: Fault[] = refusal?.generation === pool.metadata.generation ? [{ reason: refusal.kind === 'quota' ? 'QuotaExceeded' : 'PodRefused', message: refusal.message }] : [];
  const faults = [...refused, ...faultsOf(waiting, imageFault), ...faultsOf(waiting, crashFault), ...faultsOf(waiting, unschedulableFault)];
  const fresh = members.filter(({ stale }) => !stale);
  const templateFails = fresh.some(({ pod, standing }) => isWaiting(standing) && fails(pod)) && !fresh.some(({ standing }) => standing === 'connected');
  return faults[0] === undefined ? { templateFails } : { fault: faults[0], templateFails };
}

/** The image fault of the first pod that has one. */
export function imageFault({ metadata, waiting }: PoolPod): Fault | undefined {
  if (waiting === undefined || !imageReasons.has(waiting.reason)) return undefined;
  return { reason: 'ImageError', message: `pod ${metadata.name}: ${waiting.reason}: ${waiting.message}` };
}

function crashFault(pod: PoolPod): Fault | undefined {
  if (!crashes(pod)) return undefined;
  const { exit, metadata, restartCount } = pod;
  const how = exit === undefined ? '' : `, last with exit code ${exit.code} (${exit.reason})${exit.message === '' ? '' : `: ${exit.message}`}`;
  return { reason: 'CrashLooping', message: `pod ${metadata.name}: ended ${restartCount} times${how}` };
}

function unschedulableFault({ metadata, unschedulable }: PoolPod): Fault | undefined {
  return unschedulable === undefined ? undefined : { reason: 'Unschedulable', message: `pod ${metadata.name}: ${unschedulable}` };
}

function crashes({ waiting, restartCount }: PoolPod): boolean {
  return waiting?.reason === 'CrashLoopBackOff' || restartCount >= manyRestarts;
}

function fails(pod: PoolPod): boolean {
  return imageFault(pod) !== undefined || crashes(pod);
}

function isWaiting(standing: Member['standing']): boolean {
  return standing === 'down' || standing === 'silent';
}

function faultsOf(members: readonly Member[], find: (pod: PoolPod) => Fault | undefined): Fault[] {
  return members.flatMap(({ pod }) => find(pod) ?? []);
}
