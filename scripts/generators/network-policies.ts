// Who may speak to whom, as one table: nobody else may. A cluster needs a network plugin that enforces NetworkPolicies for them to mean anything.
import { labels } from '#api/labels.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { items } from './template.ts';
import { blobsPorts, consolePorts, llmGatewayPorts, mirrorPorts, operatorPorts } from './workloads.ts';

/** Whoever sends or takes packets of an installation. */
type Party = 'operator' | 'blobs' | 'llm-gateway' | 'mirror' | 'console' | 'archive' | 'install-check' | 'agent';

interface Line {
  readonly from: Party;
  readonly to: Party;
  readonly ports: readonly number[];
  readonly why: string;
}

const { api, work, enrolment, health } = operatorPorts;
const { intake, history } = mirrorPorts;

/** Every connection between our own processes. */
export const lines: readonly Line[] = [
  { from: 'agent', to: 'operator', ports: [work, enrolment], why: 'tasks and certificates' },
  { from: 'agent', to: 'blobs', ports: [blobsPorts.blobs], why: 'artifacts' },
  { from: 'agent', to: 'llm-gateway', ports: [llmGatewayPorts.llm], why: 'models' },
  { from: 'agent', to: 'mirror', ports: [intake], why: 'what they do' },
  { from: 'operator', to: 'blobs', ports: [blobsPorts.blobs], why: 'copies of artifacts' },
  { from: 'operator', to: 'llm-gateway', ports: [llmGatewayPorts.llm], why: 'planners and usage' },
  { from: 'operator', to: 'mirror', ports: [intake], why: 'lessons' },
  { from: 'blobs', to: 'operator', ports: [enrolment], why: 'certificates' },
  { from: 'llm-gateway', to: 'operator', ports: [enrolment], why: 'certificates' },
  { from: 'mirror', to: 'operator', ports: [enrolment], why: 'certificates' },
  { from: 'console', to: 'operator', ports: [api, enrolment], why: 'explanations and certificates' },
  { from: 'console', to: 'mirror', ports: [history], why: 'the past' },
];

/** Ports on which people and programs of the cluster may ask, when `peopleFrom` names them. Tunnels of kubectl need none of it. */
const peoplePorts: Partial<Readonly<Record<Party, readonly number[]>>> = { operator: [api], blobs: [blobsPorts.blobs], mirror: [history], console: [consolePorts.console] };

type Reach = 'api' | 'provider' | 'stores';

/** What lies outside, by who may reach it. */
const reaches: Partial<Readonly<Record<Party, readonly Reach[]>>> = {
  operator: ['api'],
  blobs: ['api'],
  'llm-gateway': ['api', 'provider'],
  mirror: ['api', 'stores'],
  console: ['api'],
  archive: ['stores'],
  'install-check': ['api'],
};

const values = '.Values.networkPolicies';
const outside: Readonly<Record<Reach, object>> = {
  // The API server is no pod: only its ports can be named.
  api: { ports: [items(`${values}.apiServerPorts`)] },
  provider: { ports: [items(`${values}.providerPorts`)] },
  stores: { ports: [items(`${values}.storePorts`)] },
};

const tcp = (ports: readonly number[]) => ports.map((port) => ({ port, protocol: 'TCP' }));
const podsOf = (party: Party) => (party === 'agent' ? { matchLabels: { [labels.name]: 'coditect-agent' } } : { matchLabels: { [labels.name]: 'coditect', [labels.component]: party } });
const byName = (namespace: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': namespace } });
/** Agents live in the namespaces of their pools. */
const peer = (party: Party) => (party === 'agent' ? { namespaceSelector: {}, podSelector: podsOf(party) } : { podSelector: podsOf(party) });
const dns = { to: [items(`${values}.dns`)], ports: [{ port: 53, protocol: 'UDP' }, { port: 53, protocol: 'TCP' }] };

/** Nothing goes in or out of our pods but what the other policies allow. */
export function defaultDeny(): NewObject {
  return policy('coditect-default-deny', { podSelector: { matchLabels: { [labels.name]: 'coditect' } }, policyTypes: ['Ingress', 'Egress'] });
}

/** The policy of one process: its peers, DNS, and what it may reach outside. */
export function policyOf(party: Exclude<Party, 'agent'>): NewObject {
  const ingress = [
    ...lines.filter(({ to }) => to === party).map(({ from, ports }) => ({ from: [peer(from)], ports: tcp(ports) })),
    ...(peoplePorts[party] === undefined ? [] : [allowed('peopleFrom', peoplePorts[party])]),
    ...(party === 'archive' || party === 'install-check' ? [] : [allowed('metricsFrom', [health])]),
  ];
  const egress = [
    dns,
    ...lines.filter(({ from }) => from === party).map(({ to, ports }) => ({ to: [peer(to)], ports: tcp(ports) })),
    ...(reaches[party] ?? []).map((reach) => outside[reach]),
  ];
  return policy(`coditect-${party}`, { podSelector: podsOf(party), policyTypes: ['Ingress', 'Egress'], ingress, egress });
}

/** For agents in one namespace: the installation, DNS, and what the values allow further; nobody calls them but who reads their metrics. */
export function agentPolicy(namespace: string, installation: string): NewObject {
  const ours = lines.filter(({ from }) => from === 'agent').map(({ to, ports }) => ({ to: [{ namespaceSelector: byName(installation), podSelector: podsOf(to) }], ports: tcp(ports) }));
  const spec = { podSelector: podsOf('agent'), policyTypes: ['Ingress', 'Egress'], ingress: [allowed('metricsFrom', [health])], egress: [dns, ...ours, items(`${values}.agents.egress`)] };
  return policy('coditect-agents', spec, namespace);
}

/** Peers of a value. An empty list of peers would be everybody, so an empty value names pods that nobody has. */
function allowed(value: string, ports: readonly number[]) {
  const nobody = { podSelector: { matchLabels: { [labels.name]: 'coditect-nobody' } } };
  return { from: [nobody, items(`${values}.${value}`)], ports: tcp(ports) };
}

function policy(name: string, spec: object, namespace?: string): NewObject {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, spec };
}

/** The namespaces of agents that get a policy, as a list in a template. */
export const agentNamespaces = 'uniq (compact (append .Values.networkPolicies.agents.namespaces .Values.watchNamespace))';
