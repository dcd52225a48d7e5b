// What the profiles refuse, one row a danger: each names the value and the way out. The chart fails with all of them at once, before anything is changed.
import { generatedFrom, type GeneratedFile } from './output.ts';

/** A profile that refuses something. */
export type StrictProfile = 'staging' | 'prod';

export interface Refusal {
  /** Path of the value. */
  readonly value: string;
  readonly profiles: readonly StrictProfile[];
  /** Helm expression that is true when the value is refused. */
  readonly when: string;
  /** What is wrong, and what to do. */
  readonly sentence: string;
}

const both: readonly StrictProfile[] = ['staging', 'prod'];
const prod: readonly StrictProfile[] = ['prod'];

const components = ['operator', 'blobs', 'llmGateway', 'mirror', 'console'] as const;
const stores = { nats: '.servers', redis: '.servers', clickhouse: '.url', s3: '.bucket', chroma: '.url' } as const;
const proofs: Readonly<Record<keyof typeof stores, readonly string[]>> = {
  nats: ['passwordKey', 'certificateKey', 'credentialsKey'],
  redis: ['passwordKey', 'certificateKey'],
  clickhouse: ['passwordKey', 'certificateKey'],
  s3: ['secretKeyKey'],
  chroma: ['tokenKey', 'certificateKey'],
};

const isOn = (component: string): string => (['llmGateway', 'mirror', 'console'].includes(component) ? `.Values.${component}.enabled ` : '');
const all = (...conditions: readonly string[]): string => `and ${conditions.filter((condition) => condition !== '').join(' ')}`;

const images = [...components.map((component) => ({ path: `${component}.image`, on: isOn(component) })), { path: 'installCheck.agentImage', on: '' }];

const imageRefusals = images.flatMap(({ path, on }): Refusal[] => [
  { value: `${path}.tag`, profiles: both, when: all(on, `(eq .Values.${path}.tag "latest")`), sentence: 'latest is another image each day, so a rollback brings nothing back: name a version, or set digest' },
  { value: `${path}.digest`, profiles: prod, when: all(on, `(not .Values.${path}.digest)`), sentence: 'a tag can be moved to other content after it was tested: set the sha256 digest that the registry shows' },
  { value: `${path}.pullPolicy`, profiles: ['staging'], when: all(on, `(eq (toString .Values.${path}.pullPolicy) "Always")`, `(not .Values.${path}.digest)`), sentence: 'with Always and a tag two replicas may run different content: use IfNotPresent, or set digest' },
]);

const limitRefusals = components.flatMap((component): Refusal[] => [
  { value: `${component}.resources.limits.memory`, profiles: both, when: all(isOn(component), `(not (dig "limits" "memory" "" .Values.${component}.resources))`), sentence: 'without a memory limit one process can take its whole node down: set one' },
  { value: `${component}.resources.requests`, profiles: both, when: all(isOn(component), `(not (and (dig "requests" "memory" "" .Values.${component}.resources) (dig "requests" "cpu" "" .Values.${component}.resources)))`), sentence: 'without requests for cpu and memory the pod is the first to be evicted: set both' },
]);

const keptFor = { blobs: 'artifacts are lost with the pod, and tasks that need them fail', llmGateway: 'what missions have spent is forgotten with the pod, so every budget starts anew', mirror: 'events that the log does not have yet are lost with the pod' } as const;
const persistenceRefusals = Object.entries(keptFor).map(([component, loss]): Refusal => ({ value: `${component}.persistence.enabled`, profiles: prod, when: all(isOn(component), `(not .Values.${component}.persistence.enabled)`), sentence: `${loss}: set it true` }));

const storeRefusals = (Object.keys(stores) as (keyof typeof stores)[]).flatMap((store): Refusal[] => {
  const values = `.Values.mirror.${store}`;
  const isUsed = `.Values.mirror.enabled ${values}${stores[store]}`;
  const proof = proofs[store].map((key) => `${values}.${key}`).join(' ');
  return [
    { value: `mirror.${store}.insecure`, profiles: both, when: all(isUsed, `${values}.insecure`), sentence: 'whoever is on the way reads and changes what missions did: give the store TLS and set it false' },
    { value: `mirror.${store}.secret`, profiles: both, when: all(isUsed, `(not (and ${values}.secret (or ${proof} "")))`), sentence: `the store asks nobody who they are: make a Secret, name it here and its keys in ${proofs[store].join(' or ')}` },
  ];
});

const urlRefusals = ['mirror.clickhouse.url', 'mirror.s3.endpoint', 'mirror.chroma.url', 'llmGateway.upstreamUrl'].map(
  (value): Refusal => ({ value, profiles: both, when: all(isOn(value.split('.')[0] ?? ''), `(hasPrefix "http://" .Values.${value})`), sentence: 'plain http shows everything to whoever is on the way: use https' }),
);

const environmentRefusals = components.map((component): Refusal => {
  const named = (pattern: string) => `(regexMatch ${JSON.stringify(pattern)} (toJson .Values.${component}.extraEnv))`;
  return {
    value: `${component}.extraEnv`,
    profiles: both,
    when: all(isOn(component), `(or ${named('"name":"[A-Z0-9_]*(KEY|TOKEN|PASSWORD|SECRET)"')} ${named('_INSECURE","value":"true"')})`),
    sentence: 'a secret in the environment can be read in the pod by everybody who may read pods, and a setting that ends in INSECURE takes TLS away: mount secrets as files by the values of the chart',
  };
});

/** All refusals, in the order in which they are told. */
export const refusals: readonly Refusal[] = [
  { value: 'operator.replicas', profiles: prod, when: 'lt (int .Values.operator.replicas) 2', sentence: 'with one operator nothing is started or decided while its node is away: set 2 or more, one leads and the others stand by' },
  { value: 'operator.logLevel', profiles: prod, when: 'eq .Values.operator.logLevel "debug"', sentence: 'debug writes lines for each request, which hides what matters and fills the disk: set info' },
  { value: 'networkPolicies.enabled', profiles: prod, when: 'not .Values.networkPolicies.enabled', sentence: 'every pod of the cluster may call the processes then: set it true, and see that the network plugin enforces policies' },
  { value: 'networkPolicies.agents.enabled', profiles: prod, when: 'not .Values.networkPolicies.agents.enabled', sentence: 'what agents run may call everything then: set it true, and list the namespaces of pools in networkPolicies.agents.namespaces' },
  { value: 'networkPolicies.agents.namespaces', profiles: prod, when: 'and .Values.networkPolicies.agents.enabled (not .Values.networkPolicies.agents.namespaces) (not .Values.watchNamespace)', sentence: 'no namespace of agents is named, so no agent is fenced in: list the namespaces of pools' },
  { value: 'priorityAndFairness.create', profiles: prod, when: 'not .Values.priorityAndFairness.create', sentence: 'a busy API server may let the leader lose its lease: set it true, or let the platform make such FlowSchemas and use profile staging' },
  ...persistenceRefusals,
  ...storeRefusals,
  ...urlRefusals,
  ...imageRefusals,
  ...limitRefusals,
  ...environmentRefusals,
];

/** Values that a profile refuses, in order. */
export function refusedBy(profile: StrictProfile): readonly Refusal[] {
  return refusals.filter(({ profiles }) => profiles.includes(profile));
}

/** The template that fails: it prints no object. */
export function refusalTemplate(): GeneratedFile {
  const text = [
    `{{- /* ${generatedFrom('scripts/generators/refusals.ts')} */}}`,
    '{{- $faults := list }}',
    ...(['staging', 'prod'] as const).flatMap((profile) => [
      `{{- if eq .Values.profile "${profile}" }}`,
      ...refusedBy(profile).flatMap(({ value, when, sentence }) => [`{{- if ${when} }}`, `{{- $faults = append $faults ${JSON.stringify(`${value}: ${sentence}`)} }}`, '{{- end }}']),
      '{{- end }}',
    ]),
    '{{- if $faults }}',
    '{{- fail (printf "profile %s refuses:\\n- %s\\nCorrect these values, or choose another profile." .Values.profile (join "\\n- " $faults)) }}',
    '{{- end }}',
  ];
  return { path: 'charts/coditect/templates/refusals.yaml', text: `${text.join('\n')}\n` };
}
