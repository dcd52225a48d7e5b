// Objects as documents of a template: what every object of the chart gets, and what people may say about pods.
import { labels } from '#api/labels.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { generatedFrom, type GeneratedFile } from './output.ts';
import { block, control, expression, items, toTemplate } from './template.ts';
import type { Component, Workload } from './workloads.ts';

/** The namespace of the release. */
export const namespace = expression('.Release.Namespace');

/** A template of the chart from its documents. */
export function template(name: string, documents: readonly string[]): GeneratedFile {
  const comment = `{{- /* ${generatedFrom('scripts/generators/chart.ts')} */}}`;
  return { path: `charts/coditect/templates/${name}.yaml`, text: `${[comment, ...documents].join('\n')}\n` };
}

/** Documents that are there when the condition holds, and others when it does not. */
export function when(condition: string, objects: readonly NewObject[], otherwise: readonly NewObject[] = []): string[] {
  return [`{{- if ${condition} }}`, ...objects.map(document), ...(otherwise.length === 0 ? [] : ['{{- else }}', ...otherwise.map(document)]), '{{- end }}'];
}

/** One document. Helm knows the namespace of the release itself, so only another one stands there. */
export function document(object: NewObject): string {
  const { name, namespace: own, labels: given = {}, annotations } = object.metadata;
  // The helper says these two for every object.
  const { [labels.name]: _name, 'app.kubernetes.io/part-of': _partOf, ...further } = given;
  const metadata = {
    name,
    ...(own === undefined || own === namespace ? {} : { namespace: own }),
    labels: { ...control('include "coditect.labels" $ | nindent 4'), ...further },
    ...(annotations === undefined ? {} : { annotations }),
  };
  return `---\n${toTemplate({ ...object, metadata }).trimEnd()}`;
}

/** A component with the values that people set for it. */
export function withSettings(component: Component, replicas: number | string, env: readonly object[]): Workload {
  const values = `.Values.${component}`;
  return { namespace, image: imageOf(`${values}.image`), replicas, pullPolicy: expression(`${values}.image.pullPolicy`), env: [...env, items(`${values}.extraEnv`)], resources: block(`${values}.resources`) };
}

/** An image by digest, tag, or the version of the app. */
export function imageOf(values: string): string {
  return expression(`include "coditect.image" (dict "image" ${values} "appVersion" .Chart.AppVersion)`);
}

/** Adds what the chart lets people say about accounts and pods. */
export function placed(object: NewObject, component: Component): NewObject {
  if (object.kind === 'ServiceAccount') return { ...object, metadata: { ...object.metadata, annotations: block(`.Values.${component}.serviceAccountAnnotations`) as unknown as Record<string, string> } };
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
  const { template: pods, ...rest } = spec as { template: { metadata: object; spec: object } };
  const values = `.Values.${component}`;
  const keys = ['nodeSelector', 'tolerations', 'affinity', 'topologySpreadConstraints', 'priorityClassName'];
  const further = Object.fromEntries(keys.map((key) => [key, block(`${values}.${key}`)]));
  return { ...rest, template: { metadata: { ...pods.metadata, annotations: block(`${values}.podAnnotations`) }, spec: { ...pods.spec, imagePullSecrets: block('.Values.imagePullSecrets'), ...further } } };
}
