import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { installManifests } from '../generators/manifests.ts';
import { objectPolicies, fencePolicies } from './object-policies.ts';
import { podPolicies } from './pod-policies.ts';
import { policyFaults } from './policies.ts';
import type { RenderedObject } from './policy-objects.ts';

type Fields = Readonly<Record<string, unknown>>;

const labels = { 'app.kubernetes.io/name': 'coditect', 'app.kubernetes.io/component': 'x', 'app.kubernetes.io/instance': 'r', 'app.kubernetes.io/version': '1', 'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/part-of': 'coditect', 'helm.sh/chart': 'coditect-1' };
const selector = { matchLabels: { 'app.kubernetes.io/name': 'coditect', 'app.kubernetes.io/component': 'x' } };
const container = {
  name: 'x',
  image: 'coditect/x:1.0.0',
  securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '1Gi' } },
  livenessProbe: {},
  readinessProbe: {},
};
const podSpec = { serviceAccountName: 'x', securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } }, containers: [container] };

const object = (kind: string, spec: Fields, rest: Fields = {}): RenderedObject => ({ apiVersion: 'v1', kind, metadata: { name: 'x', labels }, spec, ...rest });
const deployment = (pod: Fields = {}, spec: Fields = {}) => object('Deployment', { replicas: 1, selector, template: { metadata: { labels }, spec: { ...podSpec, ...pod } }, ...spec });
const withContainer = (change: Fields) => deployment({ containers: [{ ...container, ...change }] });
const role = (rule: Fields, rest: Fields = {}) => object('Role', {}, { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'], ...rule }], ...rest });
const budget = (spec: Fields = {}) => object('PodDisruptionBudget', { unhealthyPodEvictionPolicy: 'AlwaysAllow', selector, ...spec });
const binding = object('RoleBinding', {}, { subjects: [{ kind: 'ServiceAccount', name: 'x' }] });
const fence = object('NetworkPolicy', { podSelector: selector, policyTypes: ['Ingress', 'Egress'] });

/** An installation that breaks nothing. */
const sound = [deployment(), binding, fence, role({}), object('Service', { clusterIP: 'None' })];

/** For each rule, objects that break it and no other. */
const broken: Readonly<Record<string, readonly RenderedObject[]>> = {
  'no pod shares a namespace of its node': [deployment({ hostNetwork: true })],
  'no pod sees a folder of its node': [deployment({ volumes: [{ name: 'v', hostPath: {} }] })],
  'no container takes a port of its node': [withContainer({ ports: [{ hostPort: 80 }] })],
  'every pod runs as a numeric user that is not root': [deployment({ securityContext: { ...podSpec.securityContext, runAsUser: 0 } })],
  'every pod has the seccomp profile of the runtime': [deployment({ securityContext: { runAsNonRoot: true, runAsUser: 1 } })],
  'no container is privileged or gains privileges': [withContainer({ securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } } })],
  'every container drops all capabilities': [withContainer({ securityContext: { ...container.securityContext, capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } } })],
  'every root file system is read-only': [withContainer({ securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } })],
  'every container asks for cpu and memory and has a limit of memory': [withContainer({ resources: { requests: { cpu: '1', memory: '1Gi' } } })],
  'every serving container has both probes': [withContainer({ livenessProbe: undefined })],
  'no image floats': [withContainer({ image: 'registry:5000/coditect/x' })],
  'no secret is in the environment': [withContainer({ env: [{ name: 'API_KEY', value: 'x' }] })],
  'no right is a wildcard': [role({ verbs: ['*'] })],
  'nobody lists or watches Secrets': [role({ resources: ['secrets'], verbs: ['list'], resourceNames: ['x'] })],
  'Secrets are read by name': [role({ resources: ['secrets'], verbs: ['get'] })],
  'nobody enters pods or touches nodes': [role({ resources: ['pods/exec'], verbs: ['create'] })],
  'nobody makes rights or accounts': [role({ resources: ['rolebindings'], verbs: ['create'] })],
  'nobody changes admission, certificates or volumes of the cluster': [role({ resources: ['validatingwebhookconfigurations'], verbs: ['patch'] })],
  'who edits does not approve': [role({ resources: ['approvals'], verbs: ['create'] }, { metadata: { name: 'e', labels: { ...labels, 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' } } })],
  'a pod without rights has no token': [deployment({ serviceAccountName: 'nobody' })],
  'several replicas have a budget, one has none': [deployment({}, { replicas: 2 })],
  'budgets let unhealthy pods go': [budget({ unhealthyPodEvictionPolicy: undefined, selector: { matchLabels: { app: 'another' } } })],
  'selectors are labels that stay': [deployment({}, { selector: { matchLabels: { ...selector.matchLabels, version: '1' } } })],
  'helm waits for every pod, an only one too': [deployment({}, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } } })],
  'no volume is made by a template that cannot change': [{ ...deployment({}, { volumeClaimTemplates: [] }), kind: 'StatefulSet' }],
  'no Service is open to the world': [object('Service', { type: 'LoadBalancer' })],
  'every object has the usual labels': [object('ConfigMap', {}, { metadata: { name: 'x', labels: { ...labels, 'helm.sh/chart': undefined } } })],
  'every hook goes away': [object('ConfigMap', {}, { metadata: { name: 'x', labels, annotations: { 'helm.sh/hook': 'test' } } })],
  'every pod is fenced in both ways': [object('NetworkPolicy', { podSelector: selector, policyTypes: ['Ingress'] })],
};

const ruleOf = (fault: string) => fault.slice(0, fault.indexOf(': '));

test('an installation that breaks nothing is told nothing', () => expect(policyFaults(sound, { isFenced: true })).toEqual([]));
test('no objects are no proof', () => expect(policyFaults([], { isFenced: false })).toHaveLength(1));

test.each(Object.entries(broken))('%s', (rule, objects) => {
  const others = rule === 'every pod is fenced in both ways' ? sound.filter((one) => one !== fence) : sound;
  const faults = policyFaults([...others, ...objects], { isFenced: true });
  expect(new Set(faults.map(ruleOf))).toEqual(new Set([rule]));
});

test('every rule that docs/install.md names for a benchmark is there', () => {
  const guide = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'install.md'), 'utf8');
  const named = [...guide.matchAll(/^\| 5\.[^|]*\|[^|]*\| ([^|]+) \|$/gm)].flatMap(([, rules = '']) => rules.split('; '));
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((rule) => broken[rule] === undefined)).toEqual([]);
});

test('every rule has objects that break it', () => {
  expect(Object.keys(broken).toSorted()).toEqual(Object.keys({ ...podPolicies, ...objectPolicies, ...fencePolicies }).toSorted());
});

describe('without helm', () => {
  test('the plain manifests break no rule but those about labels of Helm and NetworkPolicies', () => {
    const objects = installManifests({ namespace: 'n', images: { operator: 'o:1', blobs: 'b:1' }, replicas: 2, leaderElection: 'default', consoleImage: 'c:1', mirror: { image: 'm:1', servers: ['nats:4222'] } });
    const faults = policyFaults(objects as unknown as readonly RenderedObject[], { isFenced: false });
    expect(faults.filter((fault) => ruleOf(fault) !== 'every object has the usual labels')).toEqual([]);
  });
});
