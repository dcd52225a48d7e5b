// What the check applies: one pool with one agent, and a mission with one task and one goal. No model is asked.
import { group, version } from '#api/v1alpha1/kinds.ts';
import { names } from '#api/labels.ts';
import type { NewObject } from '#platform/kube/types.ts';

/** Where the check runs, and on what. */
export interface CheckPlace {
  readonly namespace: string;
  readonly agentImage: string;
  readonly pullSecrets: readonly string[];
}

const apiVersion = `${group}/${version}`;

/** A capability that no other pool offers: only the pool of the check can run its task. */
const capability = 'install-check';

/** The pool of the check: one agent for one task. */
export function checkPool({ namespace, agentImage, pullSecrets }: CheckPlace): NewObject {
  const template = { image: agentImage, resources: { cpu: '100m', memory: '256Mi' }, imagePullSecrets: pullSecrets.map((name) => ({ name })) };
  const spec = { agentTypes: ['Tester'], capabilities: [capability], slotsPerAgent: 1, scaling: { minReplicas: 0, maxReplicas: 1, warm: 0 }, template };
  return { apiVersion, kind: 'AgentPool', metadata: { name: names.installCheck, namespace }, spec };
}

/** The mission of the check: a program runs, and what was measured of it proves the goal. */
export function checkMission({ namespace }: CheckPlace, deadlineSeconds: number): NewObject {
  const task = { name: 'node-version', type: 'Tester', capabilities: [capability], intent: { action: 'RunCommand', params: { command: ['node', '--version'] } } };
  const goal = { name: 'runs', description: 'The program ends as it should.', check: { expression: 'tasks["node-version"].observed.exitCode == 0' } };
  const spec = { goal: 'See that the installation runs missions.', activeDeadlineSeconds: deadlineSeconds, tasks: [task], goals: [goal] };
  return { apiVersion, kind: 'Mission', metadata: { name: names.installCheck, namespace }, spec };
}
