import { expect, test } from 'vitest';
import type { ContainerState, Pod, PodStatus } from './pod.ts';
import { type ContainerView, type PodView, podStatus } from './status.ts';

const now = Date.parse('2026-01-02T03:04:05Z');
const at = '2026-01-01T00:00:00Z';
const pod: Pod = { metadata: { name: 'p', namespace: 'n', uid: 'u', resourceVersion: '1', generation: 3 }, spec: { containers: [] } };
const container = (state: ContainerState, more: { ready?: boolean; isFinished?: boolean; hasRun?: boolean } = {}): ContainerView => ({
  isFinished: more.isFinished ?? false,
  status: { name: 'c', image: 'i', imageID: 'i', state, lastState: more.hasRun === true ? { terminated: ended(1).terminated! } : {}, ready: more.ready ?? false, started: false, restartCount: 0 },
});
const running: ContainerState = { running: { startedAt: at } };
const ended = (exitCode: number): ContainerState => ({ terminated: { exitCode, reason: 'x', startedAt: at, finishedAt: at } });
const waiting: ContainerState = { waiting: { reason: 'ContainerCreating' } };
const view = (main: readonly ContainerView[], more: Partial<PodView> = {}): PodView => ({ pod, init: [], main, startedAt: now, ...more });
const conditions = ({ conditions: list = [] }: PodStatus) => Object.fromEntries(list.map(({ type, status }) => [type, status]));

const cases: Record<string, { view: PodView; phase: string; ready: string; initialized?: string }> = {
  'a container that never ran keeps the pod pending': { view: view([container(running, { ready: true }), container(waiting)]), phase: 'Pending', ready: 'False' },
  'a container in back-off leaves it running': { view: view([container(waiting, { hasRun: true })]), phase: 'Running', ready: 'False' },
  'all ready': { view: view([container(running, { ready: true })]), phase: 'Running', ready: 'True' },
  'one is not ready': { view: view([container(running, { ready: true }), container(running)]), phase: 'Running', ready: 'False' },
  'an ended container that will start again is not the end': { view: view([container(ended(1))]), phase: 'Running', ready: 'False' },
  'all ended well': { view: view([container(ended(0), { isFinished: true })]), phase: 'Succeeded', ready: 'False' },
  'one ended badly': { view: view([container(ended(0), { isFinished: true }), container(ended(2), { isFinished: true })]), phase: 'Failed', ready: 'False' },
  'init containers run first': { view: view([container(waiting)], { init: [container(running)] }), phase: 'Pending', ready: 'False', initialized: 'False' },
  'a failed init container fails the pod': { view: view([container(waiting)], { init: [container(ended(1), { isFinished: true })] }), phase: 'Failed', ready: 'False', initialized: 'False' },
  'a refused pod has failed': { view: view([], { refused: { reason: 'R', message: 'm' } }), phase: 'Failed', ready: 'False' },
};
test.each(Object.entries(cases))('%s', (_, { view: given, phase, ready, initialized = 'True' }) => {
  const status = podStatus(given, now);
  expect(status.phase).toBe(phase);
  expect(conditions(status)).toMatchObject({ Ready: ready, ContainersReady: ready, Initialized: initialized, PodScheduled: 'True' });
});

test('a readiness gate keeps a pod with ready containers from being ready', () => {
  const gated: Pod = { ...pod, spec: { containers: [], readinessGates: [{ conditionType: 'g' }] } };
  expect(conditions(podStatus(view([container(running, { ready: true })], { pod: gated }), now))).toMatchObject({ Ready: 'False', ContainersReady: 'True' });
});

test('a condition keeps its time until it changes', () => {
  const known: Pod = { ...pod, status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at }, { type: 'ContainersReady', status: 'False', lastTransitionTime: at }] } };
  const { conditions: list = [] } = podStatus(view([container(running, { ready: true })], { pod: known }), now);
  expect(list.find(({ type }) => type === 'Ready')?.lastTransitionTime).toBe(at);
  expect(list.find(({ type }) => type === 'ContainersReady')?.lastTransitionTime).toBe('2026-01-02T03:04:05Z');
});

test('a refusal says why, and the status names the generation it speaks of', () => {
  expect(podStatus(view([], { refused: { reason: 'R', message: 'm' } }), now)).toMatchObject({ reason: 'R', message: 'm', observedGeneration: 3 });
});
