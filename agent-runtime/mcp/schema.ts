// Whether the schema that a stranger gives for a tool's input can be shown to a model: a provider refuses the whole conversation for one that is wrong.
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';

const limits = { bytes: 16_384, depth: 12 } as const;
/** What providers take as the name of a field. */
const fieldName = /^[a-zA-Z0-9_.-]{1,64}$/;
const unions = ['oneOf', 'anyOf', 'allOf'];
const metaschema = new Ajv2020({ strict: false, validateFormats: false, logger: false });

/** What is wrong with the schema of a tool's input, or undefined. */
export function schemaFault(schema: JsonObject): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(schema));
  if (bytes > limits.bytes) return `its input schema has ${bytes} bytes, the limit is ${limits.bytes}`;
  if (schema['type'] !== 'object') return 'its input schema is not that of an object';
  if (unions.some((word) => word in schema)) return 'its input schema is a union';
  return partFault(schema, 0) ?? fieldFault(schema['properties']) ?? (metaschema.validateSchema(schema) === true ? undefined : 'its input schema is no JSON Schema');
}

function fieldFault(properties: Json | undefined): string | undefined {
  const isStrange = Object.keys(properties ?? {}).some((name) => !fieldName.test(name));
  return isStrange ? 'its input schema has a field whose name is not plain' : undefined;
}

/** Goes through every part, also those that are no schemas: it is strict where it need not be. */
function partFault(part: Json, depth: number): string | undefined {
  if (typeof part !== 'object' || part === null) return undefined;
  if (depth > limits.depth) return `its input schema is more than ${limits.depth} levels deep`;
  for (const [word, value] of Object.entries(part)) {
    const fault = wordFault(word, value) ?? partFault(value, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function wordFault(word: string, value: Json): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^\$(dynamic|recursive)?ref$/i.test(word) && !value.startsWith('#')) return 'its input schema refers to another document';
  return word === 'pattern' && !isPattern(value) ? 'its input schema has a pattern that is none' : undefined;
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
