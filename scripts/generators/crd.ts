// CustomResourceDefinitions from the registry of kinds.
import { group, kinds, version, type KindDefinition } from '#api/v1alpha1/kinds.ts';
import { generatedFrom, toYaml, type GeneratedFile } from './output.ts';
import { fieldAt } from './paths.ts';
import { toStructural, type StructuralSchema } from './structural.ts';

/** Schema of a whole object: what the CRD carries and editors are shown. */
export function rootSchema(kind: KindDefinition): StructuralSchema {
  return {
    description: kind.description,
    type: 'object',
    properties: {
      apiVersion: { description: `Always ${group}/${version}.`, type: 'string' },
      kind: { description: `Always ${kind.kind}.`, type: 'string' },
      metadata: { description: 'Metadata of the object.', type: 'object' },
      spec: describedBy('What is wished for.', toStructural(kind.spec, 'spec')),
      ...(kind.status === undefined ? {} : { status: describedBy('What is known. Written by the operator alone.', toStructural(kind.status, 'status')) }),
    },
    required: ['spec'],
    'x-kubernetes-validations': kind.rules,
  };
}

function describedBy(description: string, schema: StructuralSchema): StructuralSchema {
  return { description, ...schema };
}

/** The CRD of one kind, ready for YAML. */
export function toCrd(kind: KindDefinition) {
  const schema = rootSchema(kind);
  const faults = pathFaults(kind, schema);
  if (faults.length > 0) throw new Error(`cannot generate the CRD of ${kind.kind}; correct api/v1alpha1/kinds.ts:\n  ${faults.join('\n  ')}`);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${group}` },
    spec: {
      group,
      names: { plural: kind.plural, singular: kind.singular, kind: kind.kind, listKind: `${kind.kind}List`, shortNames: [kind.shortName], categories: ['coditect'] },
      scope: kind.namespaced ? 'Namespaced' : 'Cluster',
      versions: [versionOf(kind, schema)],
    },
  };
}

function versionOf(kind: KindDefinition, schema: StructuralSchema) {
  return {
    name: version,
    served: true,
    storage: true,
    additionalPrinterColumns: kind.columns,
    ...(kind.selectableFields.length === 0 ? {} : { selectableFields: kind.selectableFields.map((jsonPath) => ({ jsonPath })) }),
    ...(kind.status === undefined ? {} : { subresources: { status: {}, ...scaleOf(kind) } }),
    schema: { openAPIV3Schema: withoutStandardDescriptions(schema) },
  };
}

/** The API server writes its own text for these three; metadata may not be described beyond its type. */
function withoutStandardDescriptions(schema: StructuralSchema): StructuralSchema {
  const standard = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } } as const;
  return { ...schema, properties: { ...schema.properties, ...standard } };
}

function scaleOf({ scale }: KindDefinition) {
  if (scale === undefined) return {};
  return { scale: { specReplicasPath: scale.spec, statusReplicasPath: scale.status, labelSelectorPath: scale.selector } };
}

/** A path that leads nowhere prints an empty column or selects nothing, without an error. */
function pathFaults(kind: KindDefinition, schema: StructuralSchema): string[] {
  const columns = kind.columns.filter(({ jsonPath }) => !jsonPath.startsWith('.metadata.'));
  const missing = [...columns.map(({ jsonPath }) => jsonPath), ...kind.selectableFields, ...scalePaths(kind)].filter((path) => fieldAt(schema, path) === undefined);
  const mistyped = columns.filter(({ type, jsonPath }) => type === 'integer' && fieldAt(schema, jsonPath)?.type !== 'integer');
  return [...missing.map((path) => `${path} is not a field of the schema`), ...mistyped.map(({ name, jsonPath }) => `column ${name}: ${jsonPath} is no integer, its cells would be empty`)];
}

function scalePaths({ scale }: KindDefinition): readonly string[] {
  return scale === undefined ? [] : [scale.spec, scale.status, scale.selector];
}

/** Stays well below etcd's limit and kubectl's annotation limit of a client-side apply. */
const maxBytes = 200_000;

/** crds/coditect.ai_<plural>.yaml for every kind. */
export function crdFiles(): GeneratedFile[] {
  return kinds.map((kind) => {
    const text = `# ${generatedFrom(`api/v1alpha1/${kind.singular}.ts`)}\n${toYaml(toCrd(kind))}`;
    if (text.length > maxBytes) throw new Error(`the CRD of ${kind.kind} has ${text.length} bytes, the limit is ${maxBytes}; shorten descriptions or move a part into a kind of its own`);
    return { path: `crds/${group}_${kind.plural}.yaml`, text };
  });
}
