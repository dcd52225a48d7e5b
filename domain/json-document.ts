// Data for a model as one JSON document between markers: no text in it can end the document, or begin another.
import { canonicalJson } from './digest.ts';

/** The document. JSON holds "<" only inside of strings, where it can be written as an escape: so no text can form a marker. */
export function jsonDocument(marker: string, value: unknown): string {
  return `<${marker}>\n${canonicalJson(value).replaceAll('<', String.raw`\u003c`)}\n</${marker}>`;
}
