// Objects that the tests of releases apply themselves.
import { stringify } from 'yaml';

/** A namespace that takes restricted pods only. */
export function namespaceNamed(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } };
}

/** Kinds of the Prometheus operator as far as a dry run needs them: any spec is taken. */
export const minimalMonitoringKinds: readonly object[] = ['ServiceMonitor', 'PodMonitor', 'PrometheusRule'].map((kind) => {
  const singular = kind.toLowerCase();
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.monitoring.coreos.com` },
    spec: { group: 'monitoring.coreos.com', scope: 'Namespaced', names: { kind, singular, plural: `${singular}s` }, versions: [{ name: 'v1', served: true, storage: true, schema }] },
  };
});

/** A pool and a mission whose only task sleeps, as YAML: work that a change of the installation meets. */
export function sleeper(namespace: string, name: string, image: { readonly repository: string; readonly tag: string }, seconds = 15): string {
  const apiVersion = 'coditect.ai/v1alpha1';
  const pool = { apiVersion, kind: 'AgentPool', metadata: { name: 'sleepers', namespace }, spec: { agentTypes: ['Tester'], scaling: { minReplicas: 0, maxReplicas: 1, warm: 0 }, template: { image: `${image.repository}:${image.tag}` } } };
  const task = { name: 'sleep', type: 'Tester', intent: { action: 'RunCommand', params: { command: ['sleep', String(seconds)] } } };
  const mission = { apiVersion, kind: 'Mission', metadata: { name, namespace }, spec: { goal: 'Sleep, and wake up.', tasks: [task] } };
  return [pool, mission].map((object) => stringify(object)).join('---\n');
}
