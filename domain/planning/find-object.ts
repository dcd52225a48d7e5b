// The one JSON object of an answer: models put prose and fences around it, and that costs nobody anything.
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';
import { canonicalJson } from '#domain/digest.ts';
import { readJsonAt } from './json-reader.ts';

/** The object, or why there is not exactly one. */
export type FoundObject = { readonly kind: 'object'; readonly value: JsonObject } | { readonly kind: 'fault'; readonly message: string };

/** The JSON object in a text; the same object twice is one object. What begins like an object has to be one: nothing is guessed. */
export function findObject(text: string): FoundObject {
  const found: { object?: JsonObject; canonical?: string } = {};
  for (let start = nextStart(text, 0); start !== undefined; ) {
    const read = readJsonAt(text, start);
    if (read.kind === 'fault') return { kind: 'fault', message: `JSON, ${describePlace(text, read.at)}: ${read.message}` };
    const canonical = canonicalJson(read.value);
    if (found.canonical !== undefined && found.canonical !== canonical) return { kind: 'fault', message: 'the answer holds two different JSON objects: give one' };
    if (isObject(read.value)) Object.assign(found, { object: read.value, canonical });
    start = nextStart(text, read.end);
  }
  return found.object === undefined ? { kind: 'fault', message: 'the answer holds no JSON object' } : { kind: 'object', value: found.object };
}

/** A brace that a quote or another brace follows, or that begins its line: `{name}` inside of a sentence is prose. */
function nextStart(text: string, from: number): number | undefined {
  const start = /(?<=^[ \t]*)\{|\{(?=[ \t\r\n]*["}])/gm;
  start.lastIndex = from;
  return start.exec(text)?.index;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `line 3, column 17`, counted from 1 as editors do. */
function describePlace(text: string, at: number): string {
  const lines = text.slice(0, at).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
}
