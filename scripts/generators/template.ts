// Helm templates as values: an object holds expressions, `toTemplate` prints it and sets the few places YAML cannot say.
import { stringify } from 'yaml';

/** A Helm expression in a string, printed quoted. */
export const expression = (text: string): string => `{{ ${text} }}`;

/** A Helm expression that is a number, printed without quotes. */
export const wholeNumber = (text: string): string => `{{ ${text} | int }}`;

/** A Helm expression that is a text of several lines, printed as JSON, which is YAML too. */
export const rawText = (text: string): string => `{{ ${text} | toJson }}`;

/** The value of a key that is printed only when the value at `path` is not empty. */
export const block = (path: string): string => `{{ block ${path} }}`;

/** List items from the value at `path`. */
export const items = (path: string): string => `{{ items ${path} }}`;

/** A key of an object that prints as a control line of its own; its value must be null. */
export const control = (text: string): Record<string, null> => ({ [`{{- ${text} }}`]: null });

/** YAML text of a value with its expressions set. */
export function toTemplate(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })
    .replaceAll(/^( *)(- )?(?:"|')?(\{\{- [^\n]*? \}\})(?:"|')?: null$/gm, (_, indent: string, dash = '', line: string) => `${indent}${dash}${unescaped(line)}`)
    .replaceAll(/^( *)([\w.]+): ["']?\{\{ block ([\w.]+) \}\}["']?$/gm, (_, indent: string, key: string, path: string) => blockLines(indent, key, path))
    .replaceAll(/^( *)- ["']?\{\{ items ([\w.]+) \}\}["']?$/gm, (_, indent: string, path: string) => itemLines(indent, path))
    .replaceAll(/["'](\{\{ [^\n]*? \| (?:int|toJson) \}\})["']/g, '$1');
}

function unescaped(line: string): string {
  return line.replaceAll('\\"', '"');
}

function blockLines(indent: string, key: string, path: string): string {
  return [`${indent}{{- with ${path} }}`, `${indent}${key}:`, `${indent}  {{- toYaml . | nindent ${indent.length + 2} }}`, `${indent}{{- end }}`].join('\n');
}

function itemLines(indent: string, path: string): string {
  return [`${indent}{{- with ${path} }}`, `${indent}{{- toYaml . | nindent ${indent.length} }}`, `${indent}{{- end }}`].join('\n');
}
