// The status of a pod from what its containers say. Pure.
import { formatTime, type Instant } from '#api/time.ts';
import type { ContainerStatus, Pod, PodCondition, PodStatus } from './pod.ts';

/** What is known of a pod's containers. */
export interface PodView {
  readonly pod: Pod;
  readonly init: readonly ContainerView[];
  readonly main: readonly ContainerView[];
  /** When the node first saw the pod. */
  readonly startedAt: Instant;
  /** Why the node does not run it; final. */
  readonly refused?: { readonly reason: string; readonly message: string };
}

export interface ContainerView {
  readonly status: ContainerStatus;
  /** It has ended and will not start again. */
  readonly isFinished: boolean;
}

/** The next status of a pod. Conditions that did not change keep their time; those of others are not in it. */
export function podStatus(view: PodView, now: Instant): PodStatus {
  const { pod, refused, startedAt, init, main } = view;
  return {
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase: phaseOf(view),
    ...refused,
    conditions: conditionsOf(view, now),
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    startTime: formatTime(startedAt),
    ...(init.length === 0 ? {} : { initContainerStatuses: init.map(({ status }) => status) }),
    containerStatuses: main.map(({ status }) => status),
  };
}

/** The pod's phase. Init containers that failed for good fail the pod. */
export function phaseOf({ refused, init, main }: PodView): NonNullable<PodStatus['phase']> {
  const failed = (containers: readonly ContainerView[]) => containers.some(({ status, isFinished }) => isFinished && status.state.terminated?.exitCode !== 0);
  if (refused !== undefined || failed(init)) return 'Failed';
  if (!init.every(({ isFinished }) => isFinished)) return 'Pending';
  if (main.every(({ isFinished }) => isFinished)) return failed(main) ? 'Failed' : 'Succeeded';
  const hasNeverRun = ({ status }: ContainerView) => status.state.waiting !== undefined && status.lastState.terminated === undefined;
  return main.some(hasNeverRun) ? 'Pending' : 'Running';
}

function conditionsOf(view: PodView, now: Instant): readonly PodCondition[] {
  const { pod, init, main } = view;
  const phase = phaseOf(view);
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  const isInitialized = phase === 'Succeeded' || init.every(({ status, isFinished }) => isFinished && status.state.terminated?.exitCode === 0);
  const unready = main.filter(({ status }) => !status.ready).map(({ status }) => status.name);
  const areContainersReady = !isOver && isInitialized && unready.length === 0;
  const closedGate = (pod.spec.readinessGates ?? []).find(({ conditionType }) => conditionOf(pod, conditionType)?.status !== 'True');
  const whyNot = isOver ? { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' } : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const gateClosed = closedGate === undefined ? {} : { reason: 'ReadinessGatesNotReady', message: `corresponding condition of pod readiness gate "${closedGate.conditionType}" does not hold` };
  const conditions: readonly PodCondition[] = [
    { type: 'Initialized', ...flag(isInitialized, { reason: 'ContainersNotInitialized' }) },
    { type: 'ContainersReady', ...flag(areContainersReady, whyNot) },
    { type: 'Ready', ...flag(areContainersReady && closedGate === undefined, areContainersReady ? gateClosed : whyNot) },
    { type: 'PodScheduled', status: 'True' },
  ];
  return conditions.map((condition) => ({ ...condition, lastTransitionTime: transitionTime(pod, condition, now) }));
}

function flag(isTrue: boolean, whyNot: { readonly reason?: string; readonly message?: string }): Pick<PodCondition, 'status' | 'reason' | 'message'> {
  return isTrue ? { status: 'True' } : { status: 'False', ...whyNot };
}

const conditionOf = ({ status }: Pod, type: string) => status?.conditions?.find((condition) => condition.type === type);

function transitionTime(pod: Pod, { type, status }: PodCondition, now: Instant): string {
  const current = conditionOf(pod, type);
  return current?.status === status && current.lastTransitionTime !== undefined ? current.lastTransitionTime : formatTime(now);
}
