// docs/reference/<kind>.md: every field, column, rule, condition and reason of a kind.
import { conditionTables, type ReasonText } from '#api/conditions.ts';
import { group, kinds, missions, version, type KindDefinition } from '#api/v1alpha1/kinds.ts';
import { goalReasons } from '#domain/goals/reasons.ts';
import { rootSchema } from './crd.ts';
import { code, table } from './markdown.ts';
import { type GeneratedFile, referencePage } from './output.ts';
import { fieldsBelow, rulesBelow, type Field } from './paths.ts';
import type { StructuralSchema } from './structural.ts';

/** docs/reference/<kind>.md for every kind. */
export function referenceFiles(): GeneratedFile[] {
  return kinds.map((kind) => referencePage(kind.singular, `api/v1alpha1/${kind.singular}.ts`, partsOf(kind)));
}

function partsOf(kind: KindDefinition): string[] {
  const schema = rootSchema(kind);
  return [
    `# ${kind.kind}`,
    kind.description,
    `\`apiVersion: ${group}/${version}\`, \`kind: ${kind.kind}\`, namespaced. Short name \`${kind.shortName}\`; \`kubectl explain ${kind.plural}.${group}.spec\` prints the same fields.`,
    '## Spec',
    fieldTable(schema.properties?.['spec'], 'spec'),
    '## Rules',
    'Checked by the API server, also in a server-side dry run.',
    table(['At', 'Rule'], rulesBelow(schema, '').map(({ path, message }) => [path === '' ? 'the object' : code(path), message])),
    ...(kind.status === undefined ? [] : ['## Status', fieldTable(schema.properties?.['status'], 'status')]),
    '## Columns of kubectl get',
    table(['Column', 'Shown', 'Shows'], kind.columns.map(({ name, priority, description }) => [name, priority === 0 ? 'always' : '-o wide', description])),
    selectableFields(kind),
    ...(kind.status === undefined ? [] : ['## Conditions', ...conditionSections(kind.kind)]),
    ...(kind === missions ? ['## Reasons of goals', reasonTable(goalReasons)] : []),
  ];
}

/** Table of every field below a schema. */
export function fieldTable(schema: StructuralSchema | undefined, path: string): string {
  const rows = schema === undefined ? [] : fieldsBelow(schema, path).map(fieldRow);
  return table(['Field', 'Type', 'Default', 'Limits', 'Description'], rows);
}

function fieldRow({ path, schema, isRequired }: Field): string[] {
  const fallback = schema.default === undefined ? (isRequired ? '*required*' : '') : code(JSON.stringify(schema.default));
  return [code(path), typeText(schema), fallback, limitText(schema), schema.description ?? ''];
}

function typeText(schema: StructuralSchema): string {
  if (schema.items !== undefined) return `list of ${typeText(schema.items)}`;
  if (schema.properties === undefined && schema.additionalProperties !== undefined) return `map of ${typeText(schema.additionalProperties)}`;
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return 'free object';
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  return schema.format === 'date-time' ? 'time' : schema.type;
}

/** Bounds of a value in words; those of list items follow the list's own. */
function limitText(schema: StructuralSchema): string {
  const own = [
    range(schema.minimum, schema.maximum, ''),
    schema.enum === undefined && schema.format !== 'date-time' ? range(schema.minLength, schema.maxLength, ' characters') : '',
    schema.pattern === undefined ? '' : code(schema.pattern),
    range(schema.minItems, schema.maxItems, ' items'),
    range(undefined, schema.maxProperties, ' keys'),
  ];
  const items = schema.items === undefined || schema.items.type === 'object' ? '' : limitText(schema.items);
  return [...own, items === '' ? '' : `each ${items}`].filter((text) => text !== '').join('; ');
}

function range(min: number | undefined, max: number | undefined, unit: string): string {
  if (max === undefined) return '';
  return min === undefined || min === max ? `${min === max ? '' : 'up to '}${max}${unit}` : `${min} to ${max}${unit}`;
}

function selectableFields({ selectableFields: paths, plural }: KindDefinition): string {
  if (paths.length === 0) return '';
  const names = paths.map((path) => path.slice(1));
  return `Fields for \`kubectl get ${plural}.${group} --field-selector\`: ${names.map(code).join(', ')}.`;
}

type Reasons = Readonly<Record<string, ReasonText>>;

function conditionSections(kind: string): string[] {
  const tables: Readonly<Record<string, Readonly<Record<string, Reasons>>>> = conditionTables;
  return Object.entries(tables[kind] ?? {}).flatMap(([type, reasons]) => [`### ${type}`, reasonTable(reasons)]);
}

function reasonTable(reasons: Reasons): string {
  return table(['Reason', 'Means', 'What to do'], Object.entries(reasons).map(([reason, { means, next }]) => [code(reason), means, next]));
}
