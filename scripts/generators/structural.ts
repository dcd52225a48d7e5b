// zod -> structural schema of Kubernetes. A rule that would be lost on the way, or that the API server would refuse, is a fault: nothing is dropped in silence.
import { z } from 'zod';
import { lossesOf } from './losses.ts';

/** The part of OpenAPI v3 that our CRDs use, in the order in which it is printed. */
export interface StructuralSchema {
  description?: string;
  type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  format?: string;
  enum?: readonly string[];
  default?: unknown;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  items?: StructuralSchema;
  properties?: Record<string, StructuralSchema>;
  required?: readonly string[];
  additionalProperties?: StructuralSchema;
  maxProperties?: number;
  'x-kubernetes-list-type'?: 'set' | 'map' | 'atomic';
  'x-kubernetes-list-map-keys'?: readonly string[];
  'x-kubernetes-preserve-unknown-fields'?: true;
  'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

/** A node as zod writes it, with whatever else JSON Schema may say. */
interface JsonSchema {
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly required?: readonly string[];
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly [keyword: string]: unknown;
}
type Fault = (path: string, sentence: string) => void;

const copied = [
  'description', 'type', 'format', 'enum', 'default', 'minLength', 'maxLength', 'pattern', 'minimum', 'maximum', 'minItems', 'maxItems',
  'required', 'maxProperties', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-preserve-unknown-fields', 'x-kubernetes-validations',
] as const;
const descended = ['items', 'properties', 'additionalProperties'];
const known: ReadonlySet<string> = new Set([...copied, ...descended]);

/** Structural schema of a zod schema; throws one error that lists every fault with its path. */
export function toStructural(schema: z.ZodType, root: string): StructuralSchema {
  const faults = lossesOf(schema, root);
  if (faults.length === 0) {
    // Root definitions serve only $refs, and a $ref is a fault wherever it stands.
    const { definitions: _, ...json } = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' });
    const structural = conform(json as JsonSchema, root, (path, sentence) => faults.push(`${path}: ${sentence}`));
    if (faults.length === 0) return structural;
  }
  throw new Error(`cannot generate a structural schema for ${root}; correct these fields:\n  ${faults.join('\n  ')}`);
}

/** Rewrites one node and everything below it. Exported so that shapes which zod does not write today are refused, too. */
export function conform(json: JsonSchema, path: string, fault: Fault): StructuralSchema {
  const strange = Object.keys(json).filter((key) => !known.has(key));
  if (strange.length > 0) fault(path, `${strange.join(', ')} is not structural: say it with plain fields and a CEL rule`);
  const check = json.type === undefined ? undefined : checks[json.type];
  if (check === undefined) fault(path, 'has no type that a CRD knows');
  else check(json, path, fault);
  return below(json, path, fault);
}

const checks: Readonly<Record<string, (json: JsonSchema, path: string, fault: Fault) => void>> = {
  object: checkObject,
  array: checkArray,
  string: checkString,
  integer: checkInteger,
  boolean: () => {},
};

function below(json: JsonSchema, path: string, fault: Fault): StructuralSchema {
  const result: Record<string, unknown> = {};
  for (const key of copied) if (json[key] !== undefined) result[key] = json[key];
  if (json.format === 'date-time') delete result['pattern'];
  if (json.type === 'integer') result['format'] = Number(json['maximum']) > 2_147_483_647 ? 'int64' : 'int32';
  if (json.items !== undefined) result['items'] = conform(json.items, `${path}[]`, fault);
  if (!isFree(json) && typeof json.additionalProperties === 'object') result['additionalProperties'] = conform(json.additionalProperties, `${path}.*`, fault);
  return ordered(json.properties === undefined ? result : withFields(result, fields(json.properties, path, fault)));
}

function withFields(node: Record<string, unknown>, properties: Record<string, StructuralSchema>): Record<string, unknown> {
  return { ...node, properties, ...(node['default'] === undefined ? {} : { default: filled(properties, node['default']) }) };
}

/** An object's default with those of its fields: the API server checks CEL rules on it before it would fill them in. */
function filled(properties: Readonly<Record<string, StructuralSchema>>, given: unknown): object {
  const inner = Object.entries(properties).filter(([, field]) => field.default !== undefined);
  return { ...Object.fromEntries(inner.map(([name, field]) => [name, field.default])), ...(given as object) };
}

function fields(properties: Readonly<Record<string, JsonSchema>>, path: string, fault: Fault): Record<string, StructuralSchema> {
  const entries = Object.entries(properties).map(([name, value]): [string, StructuralSchema] => {
    const field = conform(value, `${path}.${name}`, fault);
    if (field.description === undefined) fault(`${path}.${name}`, 'has no description: it is the user manual');
    else if (!field.description.endsWith('.')) fault(`${path}.${name}`, 'its description must end with a full stop');
    return [name, field];
  });
  return Object.fromEntries(entries);
}

/** True for the free-form values of the API, whose inside the operator checks. */
function isFree(json: JsonSchema): boolean {
  return json['x-kubernetes-preserve-unknown-fields'] === true;
}

function checkObject(json: JsonSchema, path: string, fault: Fault): void {
  const map = json.additionalProperties;
  if (json.properties !== undefined) {
    if (map !== undefined) fault(path, 'additionalProperties beside properties is not structural');
    return;
  }
  if (json['maxProperties'] === undefined) fault(path, 'needs .meta({ maxProperties })');
  if (!isFree(json) && typeof map !== 'object') fault(path, 'says nothing about its fields');
}

function checkArray(json: JsonSchema, path: string, fault: Fault): void {
  if (json['maxItems'] === undefined) fault(path, 'needs .max(items)');
  const listType = json['x-kubernetes-list-type'];
  if (listType === undefined) fault(path, 'needs .meta(listType...): server-side apply merges by it');
  if (listType === 'set' && json.items?.type === 'object') fault(path, 'a set of objects cannot be merged: use listType.mapBy or atomic');
  if (listType === 'map') checkMapKeys(json, path, fault);
}

function checkMapKeys(json: JsonSchema, path: string, fault: Fault): void {
  const keys = json['x-kubernetes-list-map-keys'] ?? [];
  const optional = keys.filter((key) => json.items?.required?.includes(key) !== true);
  if (keys.length === 0 || optional.length > 0) fault(path, `list map keys must be required fields of the items: ${optional.join(', ') || 'none given'}`);
}

function checkString(json: JsonSchema, path: string, fault: Fault): void {
  if (json['maxLength'] === undefined && json['enum'] === undefined) fault(path, 'needs .max(length)');
  if (json.format !== undefined && json.format !== 'date-time') fault(path, `format ${json.format} is not checked by every API server: use .regex()`);
}

function checkInteger(json: JsonSchema, path: string, fault: Fault): void {
  if (json['minimum'] === undefined || json['maximum'] === undefined) fault(path, 'needs .min() and .max()');
}

const printed = ['description', 'type', 'format', 'enum', 'default', 'minLength', 'maxLength', 'pattern', 'minimum', 'maximum', 'minItems', 'maxItems', 'items', 'properties'];

/** Keys in the order of StructuralSchema, so that equal schemas give equal text. */
function ordered(schema: Record<string, unknown>): StructuralSchema {
  const keys = Object.keys(schema).toSorted((a, b) => place(a) - place(b));
  return Object.fromEntries(keys.map((key) => [key, schema[key]])) as unknown as StructuralSchema;
}

function place(key: string): number {
  const at = printed.indexOf(key);
  return at === -1 ? printed.length : at;
}
