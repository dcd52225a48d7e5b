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

interface WhyNot {
  readonly reason: string;
  readonly message?: string;
}

function conditionsOf(view: PodView, now: Instant): readonly PodCondition[] {
  const uninitialized = view.init.every(({ status, isFinished }) => isFinished && status.state.terminated?.exitCode === 0) ? undefined : { reason: 'ContainersNotInitialized' };
  const unready = whyNotReady(view);
  const conditions: readonly PodCondition[] = [
    condition('Initialized', uninitialized),
    condition('ContainersReady', unready),
    condition('Ready', unready ?? whyGateIsClosed(view.pod)),
    condition('PodScheduled', undefined),
  ];
  return conditions.map((item) => ({ ...item, lastTransitionTime: transitionTime(view.pod, item, now) }));
}

function whyNotReady(view: PodView): WhyNot | undefined {
  const phase = phaseOf(view);
  if (phase === 'Succeeded') return { reason: 'PodCompleted' };
  if (phase === 'Failed') return { reason: 'PodFailed' };
  const unready = view.main.filter(({ status }) => !status.ready).map(({ status }) => status.name);
  return unready.length === 0 ? undefined : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
}

function whyGateIsClosed(pod: Pod): WhyNot | undefined {
  const closed = (pod.spec.readinessGates ?? []).find(({ conditionType }) => conditionOf(pod, conditionType)?.status !== 'True');
  return closed === undefined ? undefined : { reason: 'ReadinessGatesNotReady', message: `corresponding condition of pod readiness gate "${closed.conditionType}" does not hold` };
}

function condition(type: string, whyNot: WhyNot | undefined): PodCondition {
  return whyNot === undefined ? { type, status: 'True' } : { type, status: 'False', ...whyNot };
}

const conditionOf = ({ status }: Pod, type: string) => status?.conditions?.find((item) => item.type === type);

function transitionTime(pod: Pod, { type, status }: PodCondition, now: Instant): string {
  const current = conditionOf(pod, type);
  return current?.status === status && current.lastTransitionTime !== undefined ? current.lastTransitionTime : formatTime(now);
}
