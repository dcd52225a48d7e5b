// JSON Schemas for editors: the CRD's schema, with unknown fields marked, since editors should show what the API server would prune.
import { group, kinds, version, type KindDefinition } from '#api/v1alpha1/kinds.ts';
import { rootSchema } from './crd.ts';
import { generatedFrom, type GeneratedFile } from './output.ts';
import type { StructuralSchema } from './structural.ts';

/** JSON Schema (draft 7) of one kind's manifests. */
export function editorSchema(kind: KindDefinition): object {
  const root = closed(rootSchema(kind));
  const properties = root['properties'] as Record<string, object>;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: generatedFrom(`api/v1alpha1/${kind.singular}.ts`),
    title: kind.kind,
    ...root,
    properties: { ...properties, apiVersion: { ...properties['apiVersion'], const: `${group}/${version}` }, kind: { ...properties['kind'], const: kind.kind } },
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
  };
}

function closed(schema: StructuralSchema): Record<string, unknown> {
  const plain = Object.entries(schema).filter(([key]) => !key.startsWith('x-kubernetes-') && !['properties', 'items', 'additionalProperties', 'format'].includes(key));
  return {
    ...Object.fromEntries(plain),
    ...(schema.format === 'date-time' ? { format: 'date-time' } : {}),
    ...(schema.properties === undefined ? {} : { properties: mapValues(schema.properties, closed), additionalProperties: false }),
    ...(schema.items === undefined ? {} : { items: closed(schema.items) }),
    ...(schema.additionalProperties === undefined ? {} : { additionalProperties: closed(schema.additionalProperties) }),
  };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** config/schemas/<kind>.json for every kind. */
export function jsonSchemaFiles(): GeneratedFile[] {
  return kinds.map((kind) => ({ path: `config/schemas/${kind.singular}.json`, text: `${JSON.stringify(editorSchema(kind), null, 2)}\n` }));
}
