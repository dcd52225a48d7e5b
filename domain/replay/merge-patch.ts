// JSON merge patches (RFC 7396): how a status travels in events.
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';

/** The object after a patch: what the patch names is replaced, null takes away, objects are merged. Neither argument is changed. */
export function patched(target: JsonObject | undefined, patch: JsonObject): JsonObject {
  const result: Record<string, Json> = { ...target };
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null || value === undefined) delete result[key];
    else assign(result, key, isObject(value) ? patched(objectIn(result, key), value) : value);
  }
  return result;
}

function objectIn(holder: JsonObject, key: string): JsonObject | undefined {
  const found = Object.hasOwn(holder, key) ? holder[key] : undefined;
  return found !== undefined && isObject(found) ? found : undefined;
}

/** Results of tasks have keys of their makers' choice: this one would set the prototype instead of a field. */
function assign(holder: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__') Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
  else holder[key] = value;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
