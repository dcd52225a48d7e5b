// JSON that came over the wire.

/** The value of a JSON text; undefined for one that is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
