// The charts: CRDs in one of their own, because Helm never upgrades a crds/ folder, and the installation from the same pieces as the plain manifests.
import { names } from '#api/labels.ts';
import { kinds } from '#api/v1alpha1/kinds.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { approverPolicy } from './approver.ts';
import { archiveCronJob } from './archive.ts';
import { document, imageOf, namespace, placed, template, when, withSettings } from './chart-document.ts';
import { chartYaml, crdTemplate } from './chart-yaml.ts';
import { toCrd } from './crd.ts';
import { dashboardFiles } from './dashboards.ts';
import { fairness } from './fairness.ts';
import { installCheck } from './install-check.ts';
import { mirrorStores, type StoreAccess, storeFile, type StoreName, storeNames } from './mirror-stores.ts';
import { dashboardConfigMaps, podMonitor, prometheusRule, serviceMonitor } from './monitoring.ts';
import { agentNamespaces, agentPolicy, defaultDeny, policyOf } from './network-policies.ts';
import type { GeneratedFile } from './output.ts';
import { profileFiles } from './profiles.ts';
import { type Asker, cliManifests, commonRbac, ownRbac, servedRbac } from './rbac.ts';
import { refusalTemplate } from './refusals.ts';
import { block, control, expression, wholeNumber } from './template.ts';
import { blobsWorkload, consoleWorkload, disruptionBudget, llmGatewayWorkload, mirrorWorkload, operatorWorkload } from './workloads.ts';

/** Everything below charts/ that is generated, save the values. */
export function chartFiles(version: string): GeneratedFile[] {
  return [
    chartYaml('coditect-crds', version, 'Kinds of the Coditect operator: Mission, Plan, Approval, Task, AgentPool.'),
    ...kinds.map((kind) => crdTemplate(toCrd(kind))),
    chartYaml('coditect', version, 'The Coditect operator, its blob service, its LLM gateway, its mirror and its console.'),
    refusalTemplate(),
    template('rbac', ['{{- if .Values.rbac.create }}', ...commonRbac(namespace).map(document), ...rights('operator'), ...rights('blobs'), '{{- end }}']),
    template('priority-and-fairness', when('.Values.priorityAndFairness.create', fairness(namespace))),
    template('approvals', approverPolicy().map(document)),
    template('operator', operatorDocuments()),
    template('blobs', blobsDocuments()),
    template('llm-gateway', llmGatewayDocuments()),
    template('mirror', mirrorDocuments()),
    template('archive', archiveDocuments()),
    template('console', consoleDocuments()),
    template('cli', cliDocuments()),
    template('network-policies', networkDocuments()),
    template('monitoring', monitoringDocuments()),
    template('install-check', checkDocuments()),
    ...dashboardFiles(),
    ...profileFiles(),
  ];
}

/** What a process may do: everywhere, or in the one namespace that is served. */
function rights(asker: Asker): string[] {
  const [inside, everywhere] = [servedRbac(asker, namespace, expression('.Values.watchNamespace')), servedRbac(asker, namespace)];
  return [...when('.Values.watchNamespace', inside, everywhere), ...ownRbac(asker, namespace).map(document)];
}

const watchNamespace = { name: 'CODITECT_WATCH_NAMESPACE', value: expression('.Values.watchNamespace') };
const leaderElection = { name: 'CODITECT_LEADER_ELECTION', value: expression('.Values.operator.leaderElection') };

function operatorDocuments(): string[] {
  const env = [
    leaderElection,
    watchNamespace,
    { name: 'CODITECT_LOG_LEVEL', value: expression('.Values.operator.logLevel') },
    { name: 'CODITECT_LLM', value: expression('ternary "Gateway" "None" .Values.llmGateway.enabled') },
    { name: 'CODITECT_MEMORY', value: expression('ternary "Mirror" "None" (and .Values.mirror.enabled (ne .Values.mirror.chroma.url ""))') },
    { name: 'CODITECT_PLANNER_MODEL', value: expression('.Values.llmGateway.plannerModel') },
  ];
  const workload = withSettings('operator', wholeNumber('.Values.operator.replicas'), env);
  const several = 'gt (int .Values.operator.replicas) 1';
  return [...operatorWorkload(workload).map((object) => document(placed(object, 'operator'))), ...when(several, [disruptionBudget('operator', namespace)])];
}

function blobsDocuments(): string[] {
  const { volume, claim } = persistence('blobs', names.blobs);
  return [...blobsWorkload(withSettings('blobs', 1, [watchNamespace]), volume).map((object) => document(placed(object, 'blobs'))), ...claim];
}

function llmGatewayDocuments(): string[] {
  const values = '.Values.llmGateway';
  const env = [
    watchNamespace,
    { name: 'CODITECT_LLM_UPSTREAM_URL', value: expression(`${values}.upstreamUrl`) },
    { name: 'CODITECT_MISSION_MAX_USD', value: expression(`${values}.missionMaxUsd`) },
  ];
  const key = { secret: expression(`${values}.providerKey.secret`), key: expression(`${values}.providerKey.key`) };
  const { volume, claim } = persistence('llmGateway', names.llmGateway);
  return optional('llmGateway', llmGatewayWorkload(withSettings('llmGateway', 1, env), key, volume), claim);
}

function consoleDocuments(): string[] {
  const several = when('gt (int .Values.console.replicas) 1', [disruptionBudget('console', namespace)]);
  return optional('console', consoleWorkload(withSettings('console', wholeNumber('.Values.console.replicas'), [watchNamespace])), several);
}

function mirrorDocuments(): string[] {
  const { volume, claim } = persistence('mirror', names.mirror);
  return optional('mirror', mirrorWorkload(withSettings('mirror', 1, [leaderElection, watchNamespace]), storeNames.map(storeOf), volume), claim);
}

/** A process that people may leave out, with its rights. */
function optional(component: 'llmGateway' | 'mirror' | 'console', workload: readonly NewObject[], further: readonly string[] = []): string[] {
  return [`{{- if .Values.${component}.enabled }}`, '{{- if .Values.rbac.create }}', ...rights(component), '{{- end }}', ...workload.map((object) => document(placed(object, component))), ...further, '{{- end }}'];
}

/** It is of the mirror: the same image, log and bucket. */
function archiveDocuments(): string[] {
  const values = '.Values.mirror.archive';
  const workload = { ...withSettings('mirror', 1, []), resources: block(`${values}.resources`) };
  const job = archiveCronJob(workload, (['nats', 's3'] as const).map(storeOf), { schedule: expression(`${values}.schedule`), keepDays: expression(`${values}.keepDays`) });
  return [`{{- if and .Values.mirror.enabled ${values}.enabled }}`, document(placed(job, 'mirror')), '{{- end }}'];
}

function storeOf(store: StoreName): StoreAccess {
  const values = `.Values.mirror.${store}`;
  const row = mirrorStores[store];
  const settingOf = (name: string) => expression(name === 'servers' ? `join "," ${values}.${name}` : `${values}.${name}`);
  const fileOf = (name: string) => `{{ with ${values}.${name} }}${storeFile(store, '{{ . }}')}{{ end }}`;
  const each = (named: object, valueOf: (name: string) => string) => Object.fromEntries(Object.keys(named).map((name) => [name, valueOf(name)]));
  const secret = { ...control(`if ${values}.secret`), secret: { secretName: expression(`${values}.secret`) }, ...control('else'), emptyDir: {}, ...control('end') };
  return { store, settings: each(row.settings, settingOf), files: each(row.files, fileOf), secret };
}

/** The volume of a component, and the claim for it: an emptyDir unless people ask for more. */
function persistence(component: 'blobs' | 'llmGateway' | 'mirror', claimName: string): { readonly volume: object; readonly claim: readonly string[] } {
  const values = `.Values.${component}.persistence`;
  const enabled = `${values}.enabled`;
  const storageClass = `${values}.storageClassName`;
  const claim: NewObject = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: claimName, annotations: { 'helm.sh/resource-policy': 'keep' } },
    spec: { accessModes: ['ReadWriteOnce'], ...control(`if ${storageClass}`), storageClassName: expression(storageClass), ...control('end'), resources: { requests: { storage: expression(`${values}.size`) } } },
  };
  const volume = { ...control(`if ${enabled}`), persistentVolumeClaim: { claimName }, ...control('else'), emptyDir: {}, ...control('end') };
  return { volume, claim: when(enabled, [claim]) };
}

function cliDocuments(): string[] {
  const own = cliManifests('{{ $namespace }}').map(document);
  return ['{{- range $namespace := uniq (prepend .Values.cli.namespaces .Release.Namespace) }}', ...own, '{{- end }}'];
}

function networkDocuments(): string[] {
  const always = [defaultDeny(), policyOf('operator'), policyOf('blobs'), policyOf('install-check')];
  const optionally = [['llmGateway.enabled', 'llm-gateway'], ['mirror.enabled', 'mirror'], ['console.enabled', 'console'], ['mirror.archive.enabled', 'archive']] as const;
  const agents = document(agentPolicy('{{ $namespace }}', '{{ $.Release.Namespace }}')).replaceAll(' .Values.', ' $.Values.');
  return [
    '{{- if .Values.networkPolicies.enabled }}',
    ...always.map(document),
    ...optionally.flatMap(([value, party]) => when(`.Values.${value}`, [policyOf(party)])),
    '{{- end }}',
    '{{- if .Values.networkPolicies.agents.enabled }}',
    `{{- range $namespace := ${agentNamespaces} }}`,
    agents,
    '{{- end }}',
    '{{- end }}',
  ];
}

function monitoringDocuments(): string[] {
  return [
    ...when('.Values.serviceMonitor.enabled', [serviceMonitor(), podMonitor()]),
    ...when('.Values.prometheusRule.enabled', [prometheusRule()]),
    ...when('.Values.dashboards.enabled', dashboardConfigMaps()),
  ];
}

function checkDocuments(): string[] {
  const values = '.Values.installCheck';
  return installCheck({
    namespace,
    served: expression('.Values.watchNamespace | default .Release.Namespace'),
    image: imageOf('.Values.operator.image'),
    pullPolicy: expression('.Values.operator.image.pullPolicy'),
    agentImage: imageOf(`${values}.agentImage`),
    pullSecrets: '{{ range .Values.imagePullSecrets }}{{ .name }},{{ end }}',
    timeoutSeconds: expression(`${values}.timeoutSeconds`),
    resources: block(`${values}.resources`),
    imagePullSecrets: block('.Values.imagePullSecrets'),
  }).map(document);
}
