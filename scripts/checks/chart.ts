// Lint of the charts, for hosts without helm: balanced actions, YAML shape, and no value that the schema does not know.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

/** Sentences about everything that is wrong in the charts of a folder. */
export function chartFaults(folder: string): string[] {
  const charts = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (charts.length === 0) return [`${folder} holds no chart`];
  return charts.flatMap(({ name }) => oneChart(folder, name));
}

function oneChart(folder: string, name: string): string[] {
  const read = (path: string) => readFileSync(join(folder, name, path), 'utf8');
  const files = readdirSync(join(folder, name, 'templates'));
  const templates = files.map((file): Template => ({ path: `${name}/templates/${file}`, text: read(`templates/${file}`) }));
  const own = readdirSync(join(folder, name));
  const values = own.includes('values.yaml') ? read('values.yaml') : '{}';
  const schema = own.includes('values.schema.json') ? (JSON.parse(read('values.schema.json')) as ValueSchema) : {};
  return [
    ...chartYamlFaults(`${name}/Chart.yaml`, parse(read('Chart.yaml'))),
    ...templates.flatMap(templateFaults),
    ...templates.flatMap((template) => unknownValues(template, parse(values), schema)),
    ...floatingTypes(`${name}/values.yaml`, values),
  ];
}

export interface Template {
  readonly path: string;
  readonly text: string;
}

interface ValueSchema {
  readonly properties?: Readonly<Record<string, ValueSchema>>;
}

function chartYamlFaults(path: string, chart: Record<string, unknown>): string[] {
  const missing = ['apiVersion', 'name', 'version', 'appVersion', 'description', 'type'].filter((key) => typeof chart[key] !== 'string');
  return missing.map((key) => `${path}: ${key} must be a string`);
}

/** Unbalanced actions, and text that is no list of Kubernetes objects once the actions are gone. */
export function templateFaults({ path, text }: Template): string[] {
  const opened = text.match(/\{\{-? *(if|with|range|define|block) /g)?.length ?? 0;
  const closed = text.match(/\{\{-? *end *-?\}\}/g)?.length ?? 0;
  if (opened !== closed) return [`${path}: ${opened} blocks are opened and ${closed} are closed`];
  return path.endsWith('.yaml') ? documentFaults(path, text) : [];
}

function documentFaults(path: string, text: string): string[] {
  // Lines that hold only an action vanish when rendered; every other action stands for a plain word.
  const plain = text.replaceAll(/^ *\{\{-? *else *-?\}\}\n[\s\S]*?(?=^ *\{\{-? *end)/gm, '').replaceAll(/^ *\{\{.*\}\} *\n/gm, '').replaceAll(/\{\{.*?\}\}/g, 'word');
  return parseAllDocuments(plain).flatMap((document) => {
    if (document.errors.length > 0) return document.errors.map(({ message }) => `${path}: ${message}`);
    const object = document.toJS() as Record<string, unknown> | null;
    if (object === null) return [];
    return ['apiVersion', 'kind', 'metadata'].filter((key) => object[key] === undefined).map((key) => `${path}: a document has no ${key}`);
  });
}

/** Values that a template reads and values.yaml or the schema does not have: a typing error renders as nothing. */
export function unknownValues({ path, text }: Template, values: unknown, schema: ValueSchema): string[] {
  const used = new Set(text.match(/\.Values(\.\w+)+/g) ?? []);
  return [...used].flatMap((name) => {
    const steps = name.split('.').slice(2);
    const value = steps.reduce<unknown>((at, step) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[step] : undefined), values);
    const known = steps.reduce<ValueSchema | undefined>((at, step) => at?.properties?.[step], schema);
    return [...(value === undefined ? [`${path}: ${name} is not in values.yaml`] : []), ...(known === undefined ? [`${path}: ${name} is not in values.schema.json`] : [])];
  });
}

/** Bare words that YAML readers take for something else: versions, on/off, octal numbers. */
export function floatingTypes(path: string, values: string): string[] {
  const lines = values.split('\n').filter((line) => /^ *\w+: (?!true$|false$|-?[1-9][0-9]*$|0$|["'{[]).+$/.test(line));
  return lines.map((line) => `${path}: quote the value of \`${line.trim()}\``);
}
