// JSON merge patches (RFC 7396): what turns one status into the next.
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';

/** `inexpressible`: a field became null, which a merge patch cannot say. */
export type Patch = { readonly kind: 'same' } | { readonly kind: 'patch'; readonly patch: JsonObject } | { readonly kind: 'inexpressible' };

/** What turns `before` into `now`. */
export function mergePatch(before: JsonObject, now: JsonObject): Patch {
  const changes: [string, Json][] = Object.keys(before).filter((key) => !Object.hasOwn(now, key)).map((key) => [key, null]);
  for (const [key, value] of Object.entries(now)) {
    const change = changeOf(Object.hasOwn(before, key) ? before[key] : undefined, value);
    if (change.kind === 'inexpressible') return change;
    if (change.kind === 'value') changes.push([key, change.value]);
  }
  return changes.length === 0 ? { kind: 'same' } : { kind: 'patch', patch: Object.fromEntries(changes) };
}

type Change = { readonly kind: 'same' } | { readonly kind: 'value'; readonly value: Json } | { readonly kind: 'inexpressible' };

function changeOf(before: Json | undefined, now: Json): Change {
  if (isObject(before) && isObject(now)) {
    const inner = mergePatch(before, now);
    return inner.kind === 'patch' ? { kind: 'value', value: inner.patch } : inner;
  }
  if (before !== undefined && isEqual(before, now)) return { kind: 'same' };
  return hasNullField(now) ? { kind: 'inexpressible' } : { kind: 'value', value: now };
}

/** True for null, and for an object with a field that is. Arrays travel whole, whatever is in them. */
function hasNullField(value: Json): boolean {
  return value === null || (isObject(value) && Object.values(value).some(hasNullField));
}

function isEqual(a: Json, b: Json): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => isEqual(item as Json, b[index] as Json));
  if (!isObject(a) || !isObject(b)) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key] as Json, b[key] as Json));
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
