// What zod can say and JSON Schema would lose without a word. Found on the zod side, because the generated schema no longer shows it.
import type { z } from 'zod';

/** The public face of a zod schema's definition, as far as it is read here. */
interface Definition {
  readonly type: string;
  readonly check?: string;
  readonly format?: string;
  readonly checks?: readonly { readonly _zod: { readonly def: CheckDefinition } }[];
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly catchall?: unknown;
  readonly element?: z.ZodType;
  readonly keyType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly innerType?: z.ZodType;
}

interface CheckDefinition {
  readonly check: string;
  readonly format?: string;
  readonly pattern?: RegExp;
}

type Finder = (definition: Definition, path: string) => string[];

/** Sentences, each with its path, about everything that the CRD would not enforce. */
export function lossesOf(schema: z.ZodType, path: string): string[] {
  const definition = schema.def as unknown as Definition;
  const meta = schema.meta() ?? {};
  const own = meta.id === undefined ? [] : [`${path}: .meta({ id }) makes a $ref, which a CRD must not have`];
  if (meta['x-kubernetes-preserve-unknown-fields'] === true) return own;
  const finder = finders[definition.type];
  if (finder === undefined) return [...own, `${path}: ${definition.type} has no structural form: use plain fields, z.enum and a CEL rule`];
  return [...own, ...checkLosses(definition, path), ...finder(definition, path)];
}

const wrapper: Finder = ({ innerType }, path) => inside(innerType, path);

const finders: Readonly<Record<string, Finder>> = {
  object: objectLosses,
  array: ({ element }, path) => inside(element, `${path}[]`),
  record: recordLosses,
  string: () => [],
  number: numberLosses,
  boolean: () => [],
  enum: () => [],
  optional: wrapper,
  default: wrapper,
  prefault: wrapper,
};

function inside(schema: z.ZodType | undefined, path: string): string[] {
  return schema === undefined ? [] : lossesOf(schema, path);
}

function objectLosses({ shape = {}, catchall }: Definition, path: string): string[] {
  const own = catchall === undefined ? [] : [`${path}: strict and loose objects are not structural: use z.object`];
  return [...own, ...Object.entries(shape).flatMap(([name, field]) => lossesOf(field, `${path}.${name}`))];
}

function recordLosses({ keyType, valueType }: Definition, path: string): string[] {
  const key = keyType?.def as unknown as Definition | undefined;
  const isPlain = key?.type === 'string' && (key.checks ?? []).length === 0 && key.format === undefined;
  const own = isPlain ? [] : [`${path}: limits on the keys of a record are lost: use z.string() as key and a CEL rule`];
  return [...own, ...inside(valueType, `${path}.*`)];
}

function numberLosses({ format, checks = [] }: Definition, path: string): string[] {
  if (format !== 'safeint') return [`${path}: floats do not survive every JSON reader: use z.int()`];
  const bounds = new Set(checks.map(({ _zod }) => _zod.def.check));
  // zod fills a missing side with 2^53 - 1, which the generated schema cannot tell from a wish.
  return bounds.has('greater_than') && bounds.has('less_than') ? [] : [`${path}: an integer needs .min() and .max()`];
}

function checkLosses({ checks = [] }: Definition, path: string): string[] {
  return checks.flatMap(({ _zod: { def } }) => {
    if (def.check === 'custom') return [`${path}: .refine() is lost: say it as a CEL rule`];
    if (def.check === 'overwrite') return [`${path}: a rewriting check such as .trim() is lost: the API server keeps what the user wrote`];
    return def.pattern !== undefined && def.format === 'regex' ? patternLosses(def.pattern, path) : [];
  });
}

function patternLosses(pattern: RegExp, path: string): string[] {
  if (pattern.flags !== '') return [`${path}: the flags of ${String(pattern)} are lost`];
  return /\(\?(?!:)|\\[1-9]/.test(pattern.source) ? [`${path}: ${String(pattern)} uses look-around or back-references, which the API server's RE2 refuses`] : [];
}
