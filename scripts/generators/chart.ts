// The charts: CRDs in one of their own, because Helm never upgrades a crds/ folder, and the installation from the same pieces as the plain manifests.
import { group, kinds } from '#api/v1alpha1/kinds.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { toCrd } from './crd.ts';
import { generatedFrom, toYaml, type GeneratedFile } from './output.ts';
import { cliManifests, rbacManifests } from './rbac.ts';
import { block, control, expression, items, toTemplate, wholeNumber } from './template.ts';
import { blobsWorkload, leaseFlowSchema, operatorDisruptionBudget, operatorWorkload, type Workload } from './workloads.ts';

const namespace = expression('.Release.Namespace');

/** Everything below charts/ that is generated, save the values. */
export function chartFiles(version: string): GeneratedFile[] {
  return [
    chartYaml('coditect-crds', version, 'Kinds of the Coditect operator: Mission, Task, AgentPool.'),
    ...kinds.map((kind) => crdTemplate(toCrd(kind))),
    chartYaml('coditect', version, 'The Coditect operator and its blob service.'),
    template('rbac', when('.Values.rbac.create', [...rbacManifests(namespace), leaseFlowSchema(namespace)])),
    template('operator', operatorDocuments()),
    template('blobs', blobsDocuments()),
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
  ];
  const workload = withSettings('operator', wholeNumber('.Values.operator.replicas'), env);
  const several = 'gt (int .Values.operator.replicas) 1';
  return [...operatorWorkload(workload).map((object) => document(placed(object, 'operator'))), ...when(several, [operatorDisruptionBudget(namespace)])];
}

function blobsDocuments(): string[] {
  const claimName = 'coditect-blobs';
  const enabled = '.Values.blobs.persistence.enabled';
  const volume = { ...control(`if ${enabled}`), persistentVolumeClaim: { claimName }, ...control('else'), emptyDir: {}, ...control('end') };
  const size = expression('.Values.blobs.persistence.size');
  const storageClass = '.Values.blobs.persistence.storageClassName';
  const claim: NewObject = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: claimName, annotations: { 'helm.sh/resource-policy': 'keep' } },
    spec: { accessModes: ['ReadWriteOnce'], ...control(`if ${storageClass}`), storageClassName: expression(storageClass), ...control('end'), resources: { requests: { storage: size } } },
  };
  return [...blobsWorkload(withSettings('blobs', 1, []), volume).map((object) => document(placed(object, 'blobs'))), ...when(enabled, [claim])];
}

function cliDocuments(): string[] {
  const own = cliManifests('{{ $namespace }}').map((object) => document(object, true));
  return ['{{- range $namespace := uniq (prepend .Values.cli.namespaces .Release.Namespace) }}', ...own, '{{- end }}'];
}

function withSettings(component: 'operator' | 'blobs', replicas: number | string, env: readonly object[]): Workload {
  const values = `.Values.${component}`;
  const image = expression(`include "coditect.image" (dict "image" ${values}.image "appVersion" .Chart.AppVersion)`);
  return { namespace, image, replicas, pullPolicy: expression(`${values}.image.pullPolicy`), env: [...env, items(`${values}.extraEnv`)], resources: block(`${values}.resources`) };
}

/** Adds what the chart lets people say about pods. */
function placed(object: NewObject, component: 'operator' | 'blobs'): NewObject {
  if (object.kind !== 'Deployment') return object;
  const spec = object['spec'] as { template: { spec: object } };
  const values = `.Values.${component}`;
  const keys = ['nodeSelector', 'tolerations', 'affinity', 'topologySpreadConstraints', 'priorityClassName'];
  const further = Object.fromEntries(keys.map((key) => [key, block(`${values}.${key}`)]));
  const pod = { ...spec.template.spec, imagePullSecrets: block('.Values.imagePullSecrets'), ...further };
  return { ...object, spec: { ...spec, template: { ...spec.template, spec: pod } } };
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
