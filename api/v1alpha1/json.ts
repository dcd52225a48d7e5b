// The one free-form value of the API: intent parameters, observed and claimed results. Kubernetes checks only that it is an object; size and depth are ours.
import { z } from 'zod';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Schema of a free-form object of at most 32 keys. */
export const JsonObject: z.ZodType<JsonObject> = z.record(z.string(), z.json()).meta({ 'x-kubernetes-preserve-unknown-fields': true, maxProperties: 32 });

export const jsonLimits = { maxBytes: 2048, maxDepth: 8, maxKeys: 32 } as const;

const encoder = new TextEncoder();

/**
 * Says what is wrong with a free-form object, or undefined. Limits: 32 keys at the top, depth 8, whole numbers within
 * 2^53 (a float does not survive every JSON reader unchanged), `maxBytes` of UTF-8 (2048 unless told).
 */
export function jsonFault(value: unknown, field: string, maxBytes: number = jsonLimits.maxBytes): string | undefined {
  if (!isPlainObject(value)) return `${field}: must be an object`;
  if (Object.keys(value).length > jsonLimits.maxKeys) return `${field}: more than ${jsonLimits.maxKeys} keys`;
  const fault = nestedFault(value, field, 1);
  if (fault !== undefined) return fault;
  const bytes = encoder.encode(JSON.stringify(value)).length;
  return bytes > maxBytes ? `${field}: ${bytes} bytes, the limit is ${maxBytes}` : undefined;
}

function nestedFault(value: unknown, field: string, depth: number): string | undefined {
  if (depth > jsonLimits.maxDepth) return `${field}: nested deeper than ${jsonLimits.maxDepth}`;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? undefined : `${field}: must be a whole number`;
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return undefined;
  if (Array.isArray(value)) return firstFault(value.map((item, index) => nestedFault(item, `${field}[${index}]`, depth + 1)));
  if (!isPlainObject(value)) return `${field}: is not JSON`;
  return firstFault(Object.entries(value).map(([key, item]) => nestedFault(item, `${field}.${key}`, depth + 1)));
}

function firstFault(faults: readonly (string | undefined)[]): string | undefined {
  return faults.find((fault) => fault !== undefined);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
