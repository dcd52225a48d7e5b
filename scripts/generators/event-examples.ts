// One example of each event, made from its schema: every field is in it, so that readers see what may come.

/** A node of a JSON Schema, as far as examples need it. */
export interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly format?: string;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly [keyword: string]: unknown;
}

/** What fields of these names hold in examples. All others hold the least that the schema allows. */
const values: Readonly<Record<string, unknown>> = {
  name: 'examine',
  uid: '5d3c0a52-6b1e-4f0a-9d53-3f5d6c1b7a10',
  taskUid: '9b7e2c84-0d1f-4a6b-8f22-1c9a4e6d5b30',
  resourceVersion: '4712',
  base: '4711',
  task: 'run-tests',
  action: 'RunTests',
  pool: 'crew',
  agent: 'crew-7k2xp',
  state: 'Running',
  reason: 'Completed',
  kind: 'TestFailed',
  message: 'expected 0 failures, found 2',
  path: 'src/main.ts',
  model: 'claude-opus-5-5',
  stopReason: 'tool_use',
  tool: 'read_file',
  boundary: 'jail',
  role: 'verifier',
  treeBefore: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  treeAfter: '2f5d1c0be7a1d9c1f3e1a6a4c9e2b7d8f0a1b2c3',
  hash: 'ce013625030ba8dba906f756967f9e9ca394464a',
  spec: { goal: 'Know the code.' },
  status: { goalsMet: '1/1' },
};

/** Values of fields whose name means another thing in this place. */
const placed: Readonly<Record<string, unknown>> = { 'facts.type': 'Tester' };

/** A value that the schema allows; `field` is the name of the field that holds it, behind that of its parent. */
export function exampleOf(schema: Schema, field = ''): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.properties !== undefined) return objectOf(schema.properties, field);
  if (schema.type === 'array') return schema.items === undefined ? [] : [exampleOf(schema.items, field)];
  const name = field.slice(field.lastIndexOf('.') + 1);
  const known = Object.hasOwn(placed, field) ? placed[field] : Object.hasOwn(values, name) ? values[name] : undefined;
  return known ?? leastOf(schema, field);
}

function objectOf(properties: Readonly<Record<string, Schema>>, field: string): object {
  const parent = field.slice(field.lastIndexOf('.') + 1);
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, exampleOf(schema, `${parent}.${name}`)]));
}

function leastOf({ type, anyOf, format, minimum }: Schema, field: string): unknown {
  if (anyOf?.[0] !== undefined) return exampleOf(anyOf[0], field);
  if (type === 'integer' || type === 'number') return Math.max(1, minimum ?? 1);
  if (type === 'boolean') return false;
  if (type === 'object') return {};
  return format === 'date-time' ? '2026-01-31T12:00:00.000Z' : 'examine';
}
