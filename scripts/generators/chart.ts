// The charts: CRDs in one of their own, because Helm never upgrades a crds/ folder, and the installation from the same pieces as the plain manifests.
import { names } from '#api/labels.ts';
import { group, kinds } from '#api/v1alpha1/kinds.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { approverPolicy } from './approver.ts';
import { archiveCronJob } from './archive.ts';
import { toCrd } from './crd.ts';
import { mirrorStores, type StoreAccess, storeFile, type StoreName, storeNames } from './mirror-stores.ts';
import { generatedFrom, toYaml, type GeneratedFile } from './output.ts';
import { cliManifests, consoleRbac, llmGatewayRbac, mirrorRbac, rbacManifests } from './rbac.ts';
import { block, control, expression, items, toTemplate, wholeNumber } from './template.ts';
import { blobsWorkload, consoleWorkload, leaseFlowSchema, llmGatewayWorkload, mirrorWorkload, operatorDisruptionBudget, operatorWorkload, type Workload } from './workloads.ts';

const namespace = expression('.Release.Namespace');

/** Everything below charts/ that is generated, save the values. */
export function chartFiles(version: string): GeneratedFile[] {
  return [
    chartYaml('coditect-crds', version, 'Kinds of the Coditect operator: Mission, Plan, Approval, Task, AgentPool.'),
    ...kinds.map((kind) => crdTemplate(toCrd(kind))),
    chartYaml('coditect', version, 'The Coditect operator, its blob service, its LLM gateway, its mirror and its console.'),
    template('rbac', when('.Values.rbac.create', [...rbacManifests(namespace), leaseFlowSchema(namespace)])),
    template('approvals', approverPolicy().map((object) => document(object))),
    template('operator', operatorDocuments()),
    template('blobs', blobsDocuments()),
    template('llm-gateway', llmGatewayDocuments()),
    template('mirror', mirrorDocuments()),
    template('archive', archiveDocuments()),
    template('console', consoleDocuments()),
    template('cli', cliDocuments()),
  ];
}

function chartYaml(name: string, version: string, description: string): GeneratedFile {
  // Fields that kubectl filters by (selectableFields) came with 1.31.
  const chart = { apiVersion: 'v2', name, description, type: 'application', version, appVersion: version, kubeVersion: '>=1.31.0-0' };
  const lines = Object.entries(chart).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return { path: `charts/${name}/Chart.yaml`, text: `${[`# ${generatedFrom('scripts/generators/chart.ts')}`, ...lines].join('\n')}\n` };
}

function crdTemplate(crd: ReturnType<typeof toCrd>): GeneratedFile {
  const { name } = crd.metadata;
  const text = toYaml({ ...crd, metadata: { name, annotations: { 'helm.sh/resource-policy': 'keep' } } });
  if (text.includes('{{')) throw new Error(`cannot put the CRD ${name} into a chart: Helm would run the {{ in one of its texts; reword it`);
  const file = `${group}_${crd.spec.names.plural}.yaml`;
  return { path: `charts/coditect-crds/templates/${file}`, text: `# ${generatedFrom(`crds/${file}`)}\n${text}` };
}

function template(name: string, documents: readonly string[]): GeneratedFile {
  const comment = `{{- /* ${generatedFrom('scripts/generators/chart.ts')} */}}`;
  return { path: `charts/coditect/templates/${name}.yaml`, text: `${[comment, ...documents].join('\n')}\n` };
}

function operatorDocuments(): string[] {
  const env = [
    { name: 'CODITECT_LEADER_ELECTION', value: expression('.Values.operator.leaderElection') },
    { name: 'CODITECT_WATCH_NAMESPACES', value: expression('join "," .Values.operator.watchNamespaces') },
    { name: 'CODITECT_LOG_LEVEL', value: expression('.Values.operator.logLevel') },
    { name: 'CODITECT_LLM', value: expression('ternary "Gateway" "None" .Values.llmGateway.enabled') },
    { name: 'CODITECT_MEMORY', value: expression('ternary "Mirror" "None" (and .Values.mirror.enabled (ne .Values.mirror.chroma.url ""))') },
    { name: 'CODITECT_PLANNER_MODEL', value: expression('.Values.llmGateway.plannerModel') },
  ];
  const workload = withSettings('operator', wholeNumber('.Values.operator.replicas'), env);
  const several = 'gt (int .Values.operator.replicas) 1';
  return [...operatorWorkload(workload).map((object) => document(placed(object, 'operator'))), ...when(several, [operatorDisruptionBudget(namespace)])];
}

function blobsDocuments(): string[] {
  const { volume, claim } = persistence('blobs', names.blobs);
  return [...blobsWorkload(withSettings('blobs', 1, []), volume).map((object) => document(placed(object, 'blobs'))), ...claim];
}

function llmGatewayDocuments(): string[] {
  const values = '.Values.llmGateway';
  const env = [
    { name: 'CODITECT_LLM_UPSTREAM_URL', value: expression(`${values}.upstreamUrl`) },
    { name: 'CODITECT_MISSION_MAX_USD', value: expression(`${values}.missionMaxUsd`) },
  ];
  const key = { secret: expression(`${values}.providerKey.secret`), key: expression(`${values}.providerKey.key`) };
  const { volume, claim } = persistence('llmGateway', names.llmGateway);
  const workload = llmGatewayWorkload(withSettings('llmGateway', 1, env), key, volume).map((object) => document(placed(object, 'llmGateway')));
  return [`{{- if ${values}.enabled }}`, ...when('.Values.rbac.create', llmGatewayRbac(namespace)), ...workload, ...claim, '{{- end }}'];
}

function consoleDocuments(): string[] {
  const values = '.Values.console';
  const workload = consoleWorkload(withSettings('console', wholeNumber(`${values}.replicas`), [])).map((object) => document(placed(object, 'console')));
  return [`{{- if ${values}.enabled }}`, ...when('.Values.rbac.create', consoleRbac(namespace)), ...workload, '{{- end }}'];
}

function mirrorDocuments(): string[] {
  const values = '.Values.mirror';
  const { volume, claim } = persistence('mirror', names.mirror);
  const env = [{ name: 'CODITECT_LEADER_ELECTION', value: expression('.Values.operator.leaderElection') }];
  const workload = mirrorWorkload(withSettings('mirror', 1, env), storeNames.map(storeOf), volume).map((object) => document(placed(object, 'mirror')));
  return [`{{- if ${values}.enabled }}`, ...when('.Values.rbac.create', mirrorRbac(namespace)), ...workload, ...claim, '{{- end }}'];
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
  const each = (names: object, valueOf: (name: string) => string) => Object.fromEntries(Object.keys(names).map((name) => [name, valueOf(name)]));
  const secret = { ...control(`if ${values}.secret`), secret: { secretName: expression(`${values}.secret`) }, ...control('else'), emptyDir: {}, ...control('end') };
  return { store, settings: each(row.settings, settingOf), files: each(row.files, fileOf), secret };
}

/** The volume of a component, and the claim for it: an emptyDir unless people ask for more. */
function persistence(component: Component, claimName: string): { readonly volume: object; readonly claim: readonly string[] } {
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
  const own = cliManifests('{{ $namespace }}').map((object) => document(object, true));
  return ['{{- range $namespace := uniq (prepend .Values.cli.namespaces .Release.Namespace) }}', ...own, '{{- end }}'];
}

type Component = 'operator' | 'blobs' | 'llmGateway' | 'mirror' | 'console';

function withSettings(component: Component, replicas: number | string, env: readonly object[]): Workload {
  const values = `.Values.${component}`;
  const image = expression(`include "coditect.image" (dict "image" ${values}.image "appVersion" .Chart.AppVersion)`);
  return { namespace, image, replicas, pullPolicy: expression(`${values}.image.pullPolicy`), env: [...env, items(`${values}.extraEnv`)], resources: block(`${values}.resources`) };
}

/** Adds what the chart lets people say about pods. */
function placed(object: NewObject, component: Component): NewObject {
  if (object.kind === 'CronJob') return placedJob(object, component);
  if (object.kind !== 'Deployment' && object.kind !== 'StatefulSet') return object;
  return { ...object, spec: withPlace(object['spec'], component) };
}

function placedJob(object: NewObject, component: Component): NewObject {
  const spec = object['spec'] as { jobTemplate: { spec: object } };
  return { ...object, spec: { ...spec, jobTemplate: { spec: withPlace(spec.jobTemplate.spec, component) } } };
}

/** A spec with a template of pods, and where these may run. */
function withPlace(spec: unknown, component: Component): object {
  const { template, ...rest } = spec as { template: { spec: object } };
  const values = `.Values.${component}`;
  const keys = ['nodeSelector', 'tolerations', 'affinity', 'topologySpreadConstraints', 'priorityClassName'];
  const further = Object.fromEntries(keys.map((key) => [key, block(`${values}.${key}`)]));
  return { ...rest, template: { ...template, spec: { ...template.spec, imagePullSecrets: block('.Values.imagePullSecrets'), ...further } } };
}

function when(condition: string, objects: readonly NewObject[]): string[] {
  return [`{{- if ${condition} }}`, ...objects.map((object) => document(object)), '{{- end }}'];
}

/** One document: Helm knows the namespace itself, so it stands only where an object goes into another one. */
function document(object: NewObject, keepNamespace = false): string {
  const { name, namespace: own, labels, annotations } = object.metadata;
  const metadata = {
    name,
    ...(keepNamespace ? { namespace: own } : {}),
    labels: { ...labels, [`{{- include "coditect.labels" ${keepNamespace ? '$' : '.'} | nindent 4 }}`]: null },
    ...(annotations === undefined ? {} : { annotations }),
  };
  return `---\n${toTemplate({ ...object, metadata }).trimEnd()}`;
}
