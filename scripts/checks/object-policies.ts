// What the objects of an installation must be together, one line a rule: rights, networks, disruptions, names.
import { called, podsIn, type PolicyRule, type RenderedObject } from './policy-objects.ts';

/** Says what is wrong in an installation, or nothing. */
export type Policy = (objects: readonly RenderedObject[]) => readonly string[];

const hasWord = (words: readonly string[], ...wanted: readonly string[]) => wanted.some((word) => words.includes(word));

/** Sentences about the rules of roles that are wrong. */
const rules = (isWrong: (rule: PolicyRule) => boolean, what: string): Policy => (objects) => objects.filter((object) => object.rules?.some(isWrong)).map((object) => `${called(object)} ${what}`);
/** Sentences about objects of a kind that are wrong. */
const ofKind = (kinds: readonly string[], isWrong: (object: RenderedObject) => boolean, what: string): Policy => (objects) => objects.filter((object) => kinds.includes(object.kind) && isWrong(object)).map((object) => `${called(object)} ${what}`);

const selectorOf = ({ spec }: RenderedObject) => (spec?.['selector'] as { matchLabels?: Readonly<Record<string, string>> } | undefined)?.matchLabels ?? {};
const mayMiss = (spec: RenderedObject['spec']) => Number((spec?.['strategy'] as { rollingUpdate?: { maxUnavailable?: unknown } } | undefined)?.rollingUpdate?.maxUnavailable ?? 0);
const matches = (labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>) => Object.entries(wanted).every(([key, value]) => labels[key] === value);
const aggregatesTo = ({ metadata }: RenderedObject, role: string) => metadata.labels?.[`rbac.authorization.k8s.io/aggregate-to-${role}`] === 'true';
const forever = ['app.kubernetes.io/name', 'app.kubernetes.io/component'];
const expected = [...forever.slice(0, 1), 'app.kubernetes.io/instance', 'app.kubernetes.io/version', 'app.kubernetes.io/managed-by', 'app.kubernetes.io/part-of', 'helm.sh/chart'];
const isHook = ({ metadata }: RenderedObject) => metadata.annotations?.['helm.sh/hook'] !== undefined;

/** The rules by name; each has a fixture that breaks it. */
export const objectPolicies: Readonly<Record<string, Policy>> = {
  'no right is a wildcard': rules(({ apiGroups, resources, verbs }) => hasWord([...apiGroups, ...resources, ...verbs], '*'), 'has a wildcard'),
  'nobody lists or watches Secrets': rules(({ resources, verbs }) => hasWord(resources, 'secrets') && hasWord(verbs, 'list', 'watch'), 'may list Secrets'),
  'Secrets are read by name': rules(({ resources, verbs, resourceNames }) => hasWord(resources, 'secrets') && hasWord(verbs, 'get', 'update', 'patch', 'delete') && (resourceNames ?? []).length === 0, 'may read every Secret'),
  'nobody enters pods or touches nodes': rules(({ resources }) => resources.some((resource) => /^(nodes|pods\/(exec|attach|portforward|ephemeralcontainers))(\/|$)/.test(resource)), 'may enter pods or touch nodes'),
  'nobody makes rights or accounts': rules(({ resources, verbs }) => hasWord(verbs, 'escalate', 'bind', 'impersonate') || (resources.some((resource) => /^(serviceaccounts|(cluster)?role(binding)?s)/.test(resource)) && hasWord(verbs, 'create', 'update', 'patch')), 'may make rights'),
  'nobody changes admission, certificates or volumes of the cluster': rules(({ resources, verbs }) => resources.some((resource) => /^(persistentvolumes|certificatesigningrequests|(validating|mutating)(admissionpolic|webhookconfiguration))/.test(resource)) && hasWord(verbs, 'create', 'update', 'patch', 'delete'), 'changes what belongs to the cluster'),
  'who edits does not approve': (objects) => objects.filter((object) => (aggregatesTo(object, 'edit') || aggregatesTo(object, 'view')) && object.rules?.some(({ resources, verbs }) => hasWord(resources, 'approvals') && hasWord(verbs, 'create', 'update', 'patch', 'delete'))).map((object) => `${called(object)} lets everybody who edits approve`),
  'a pod without rights has no token': (objects) => podsIn(objects).filter(({ spec }) => spec.automountServiceAccountToken !== false && !objects.some(({ kind, subjects }) => kind.endsWith('RoleBinding') && subjects?.some(({ name }) => name === spec.serviceAccountName))).map(({ owner }) => `${owner} has a token that opens nothing`),
  'several replicas have a budget, one has none': (objects) => ['Deployment', 'StatefulSet'].flatMap((kind) => objects.filter((object) => object.kind === kind)).flatMap((object) => budgetFaults(object, objects)),
  'budgets let unhealthy pods go': ofKind(['PodDisruptionBudget'], ({ spec }) => spec?.['unhealthyPodEvictionPolicy'] !== 'AlwaysAllow', 'keeps unhealthy pods'),
  'selectors are labels that stay': ofKind(['Deployment', 'StatefulSet'], (object) => Object.keys(selectorOf(object)).toSorted().join() !== forever.toSorted().join(), 'selects by labels that may change'),
  'helm waits for every pod, an only one too': ofKind(['Deployment'], ({ spec }) => mayMiss(spec) > 0, 'may miss pods, which helm then does not wait for'),
  'no volume is made by a template that cannot change': ofKind(['StatefulSet'], ({ spec }) => spec?.['volumeClaimTemplates'] !== undefined, 'has volumeClaimTemplates'),
  'no Service is open to the world': ofKind(['Service'], ({ spec }) => ['NodePort', 'LoadBalancer'].includes(String(spec?.['type'])) || spec?.['externalIPs'] !== undefined, 'is open to the world'),
  'every object has the usual labels': (objects) => objects.flatMap((object) => expected.filter((label) => object.metadata.labels?.[label] === undefined).map((label) => `${called(object)} lacks the label ${label}`)),
  'every hook goes away': (objects) => objects.filter((object) => isHook(object) && object.metadata.annotations?.['helm.sh/hook-delete-policy'] === undefined).map((object) => `${called(object)} is a hook that stays`),
};

/** For installations with NetworkPolicies: every pod is denied what no policy allows it. */
export const fencePolicies: Readonly<Record<string, Policy>> = {
  'every pod is fenced in both ways': (objects) => {
    const fences = objects.filter(({ kind, spec }) => kind === 'NetworkPolicy' && ['Ingress', 'Egress'].every((type) => ((spec ?? {})['policyTypes'] as readonly string[]).includes(type)));
    const covers = ({ spec }: RenderedObject, labels: Readonly<Record<string, string>>) => matches(labels, ((spec ?? {})['podSelector'] as { matchLabels?: Readonly<Record<string, string>> }).matchLabels ?? {});
    return podsIn(objects).filter(({ labels }) => !fences.some((fence) => covers(fence, labels))).map(({ owner }) => `${owner} may speak to everybody`);
  },
};

function budgetFaults(object: RenderedObject, objects: readonly RenderedObject[]): readonly string[] {
  const replicas = Number(object.spec?.['replicas'] ?? 1);
  const hasBudget = objects.some((other) => other.kind === 'PodDisruptionBudget' && matches(selectorOf(object), selectorOf(other)));
  if (replicas > 1 && !hasBudget) return [`${called(object)} has ${replicas} replicas and no budget`];
  return replicas === 1 && hasBudget ? [`${called(object)} has a budget for its only replica, so its node cannot be drained`] : [];
}
