// The door: requests become checked values here, or INVALID_ARGUMENT that names the field. Nothing behind it parses again.
import { Code, ConnectError } from '@connectrpc/connect';
import type { z } from 'zod';
import { LabelName, ObjectName, TaskName } from '#api/v1alpha1/schema.ts';
import type { ObjectKey } from '#platform/kube/types.ts';

/** Deepest JSON that is looked at: what no object of ours needs is not walked. */
const maxDepth = 64;

/** INVALID_ARGUMENT for one field. */
export function invalid(field: string, reason: string): ConnectError {
  return new ConnectError(`${field}: ${reason}`, Code.InvalidArgument);
}

/** A checked `namespace/name` from a request. */
export function keyFrom(key: { readonly namespace: string; readonly name: string } | undefined, field: string): ObjectKey {
  if (key === undefined) throw invalid(field, 'must be set');
  return { namespace: namespaceFrom(key.namespace, `${field}.namespace`), name: matching(ObjectName, key.name, `${field}.name`) };
}

/** A checked namespace. */
export function namespaceFrom(text: string, field: string): string {
  return matching(LabelName, text, field);
}

/** A checked name of a task inside its plan; undefined for empty text. */
export function taskNameFrom(text: string, field: string): string | undefined {
  return text === '' ? undefined : matching(TaskName, text, field);
}

/** JSON of at most `maxBytes`, parsed by the schema; keys that the schema does not know are refused with their path. */
export function strictly<S extends z.ZodType>(schema: S, text: string, field: string, maxBytes: number): z.output<S> {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) throw invalid(field, `${bytes} bytes, the limit is ${maxBytes}`);
  const value = parsedJson(text, field);
  if (isDeeperThan(value, maxDepth)) throw invalid(field, `nested deeper than ${maxDepth}`);
  const { data, error } = schema.safeParse(value);
  const issue = error?.issues[0];
  if (issue !== undefined) throw invalid(field + pathText(issue.path), issue.message.slice(0, 512));
  const unknown = unknownKey(value, data, field);
  if (unknown !== undefined) throw invalid(unknown, 'is not a field of the schema');
  return data as z.output<S>;
}

function matching(schema: z.ZodType<string>, text: string, field: string): string {
  const issue = schema.safeParse(text).error?.issues[0];
  if (issue !== undefined) throw invalid(field, issue.message.slice(0, 512));
  return text;
}

function parsedJson(text: string, field: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(field, `is not JSON: ${error instanceof Error ? error.message.slice(0, 200) : ''}`);
  }
}

// A loop and not a recursion: the text comes from outside.
function isDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
  return false;
}

/** A schema drops what it does not know, so what is missing in its output was unknown. */
function unknownKey(input: unknown, output: unknown, path: string): string | undefined {
  if (typeof input !== 'object' || input === null || typeof output !== 'object' || output === null) return undefined;
  for (const [key, value] of Object.entries(input)) {
    const at = path + pathText([Array.isArray(input) ? Number(key) : key]);
    if (!Object.hasOwn(output, key)) return at;
    const inner = unknownKey(value, (output as Record<string, unknown>)[key], at);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
}
