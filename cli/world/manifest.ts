// Mission files: YAML documents, checked against the schemas before anything is sent, so that every mistake is named at once. Pure.
import { parseAllDocuments } from 'yaml';
import type { z } from 'zod';
import { group, kinds, version, type ResourceType } from '#api/v1alpha1/kinds.ts';
import { configMaps } from '#platform/kube/resources.ts';
import type { NewObject } from '#platform/kube/types.ts';

export interface Manifest {
  readonly type: ResourceType;
  readonly object: NewObject;
}

export type Parsed = { readonly kind: 'manifests'; readonly manifests: readonly Manifest[] } | { readonly kind: 'faults'; readonly faults: readonly string[] };

type Result = Manifest | { readonly fault: string };
type Fields = Readonly<Record<string, unknown>>;

/** The objects of a file, or everything that is wrong with it. */
export function parseManifests(text: string): Parsed {
  const documents = parseAllDocuments(text);
  const faults: string[] = [];
  const manifests: Manifest[] = [];
  for (const [index, document] of ('empty' in documents ? [] : documents).entries()) {
    const where = documents.length > 1 ? `document ${index + 1}: ` : '';
    const syntax = document.errors.map((error) => `${where}${error.message.split('\n')[0]}`);
    faults.push(...syntax);
    if (syntax.length > 0) continue;
    const value: unknown = document.toJS();
    if (value === null || value === undefined) continue;
    for (const result of readObject(value)) {
      if ('fault' in result) faults.push(where + result.fault);
      else manifests.push(result);
    }
  }
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'manifests', manifests };
}

function readObject(value: unknown): readonly Result[] {
  if (!isFields(value)) return [{ fault: 'is not an object' }];
  const { apiVersion, kind } = value;
  const metadata = isFields(value['metadata']) ? value['metadata'] : {};
  const name = metadata['name'];
  if (typeof name !== 'string' || name === '') return [{ fault: 'metadata.name: is missing' }];
  const namespace = metadata['namespace'];
  const object = { ...value, apiVersion: String(apiVersion), kind: String(kind), metadata: { ...metadata, name, ...(typeof namespace === 'string' ? { namespace } : {}) } };
  if (apiVersion === 'v1' && kind === 'ConfigMap') return [{ type: configMaps, object }];
  const ours = kinds.find((known) => apiVersion === `${group}/${version}` && known.kind === kind);
  if (ours === undefined) return [{ fault: `${String(apiVersion)} ${String(kind)}: is not a kind of ours; apply it with kubectl` }];
  const faults = specFaults(ours.spec, value['spec']);
  return faults.length > 0 ? faults.map((fault) => ({ fault: `${ours.kind} ${name}: ${fault}` })) : [{ type: ours, object }];
}

function specFaults(schema: z.ZodType, spec: unknown): string[] {
  const parsed = schema.safeParse(spec);
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${pathText(['spec', ...path])}: ${message}`);
  return unknownFields(spec, parsed.data, 'spec').map((path) => `${path}: there is no such field`);
}

/** Fields that the schema dropped: the API server would drop them too, without a word. */
function unknownFields(given: unknown, known: unknown, path: string): string[] {
  if (Array.isArray(given) && Array.isArray(known)) return given.flatMap((item, index) => unknownFields(item, known[index], `${path}[${index}]`));
  if (!isFields(given) || !isFields(known)) return [];
  return Object.entries(given).flatMap(([key, value]) => (Object.hasOwn(known, key) ? unknownFields(value, known[key], `${path}.${key}`) : [`${path}.${key}`]));
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`)).join('');
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
