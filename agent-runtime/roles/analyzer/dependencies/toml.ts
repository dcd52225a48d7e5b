// Reads the few things that manifests need of TOML: which key has which value in which table. Values stay as they are written; it is no validator.
import { linesOf } from './dependency.ts';

/** A key of a table. */
export interface TomlEntry {
  /** Name of the table with its dots, empty above the first. */
  readonly table: string;
  readonly key: string;
  /** The value as written, comments left out; an array over several lines keeps them. */
  readonly value: string;
  /** Line of the key, from 1. */
  readonly line: number;
}

/** Lines that one value may have. */
const maxLines = 2000;

/** The keys of a text, in its order. Lines that are no TOML are skipped. */
export function readToml(text: string): TomlEntry[] {
  const lines = linesOf(text).map(withoutComment);
  const entries: TomlEntry[] = [];
  let table = '';
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]?.trim() ?? '';
    table = tableOf(line) ?? table;
    const [key, first] = keyOf(line);
    if (key === undefined || first === undefined) continue;
    const value = first.startsWith('[') ? joined(lines, at, first) : [first];
    entries.push({ table, key, value: value.join('\n'), line: at + 1 });
    at += value.length - 1;
  }
  return entries;
}

/** The texts in quotes inside a value, with the line each one stands on counted from the value's first. */
export function quotedIn(value: string): readonly { readonly text: string; readonly lineOffset: number }[] {
  return value.split('\n').flatMap((line, lineOffset) => [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g)].map(([, double, single]) => ({ text: double ?? single ?? '', lineOffset })));
}

/** The text of a key in an inline table: `version` in `{ version = "1", features = [] }`. */
export function inlineField(value: string, field: string): string | undefined {
  const [, double, single] = new RegExp(String.raw`[{,]\s*${field}\s*=\s*(?:"([^"]*)"|'([^']*)')`).exec(value) ?? [];
  return double ?? single;
}

const unquoted = (name: string): string => name.replaceAll(/["' ]/g, '');

function tableOf(line: string): string | undefined {
  const header = /^\[{1,2}([^[\]]+)\]{1,2}$/.exec(line)?.[1];
  return header === undefined ? undefined : unquoted(header);
}

function keyOf(line: string): readonly [string?, string?] {
  const at = line.indexOf('=');
  const key = line.slice(0, Math.max(0, at));
  return /^[\w"'. -]+$/.test(key) ? [unquoted(key), line.slice(at + 1).trim()] : [];
}

function joined(lines: readonly string[], start: number, first: string): readonly string[] {
  const parts = [first];
  let depth = depthOf(first);
  while (depth > 0 && parts.length < maxLines && start + parts.length < lines.length) {
    const line = lines[start + parts.length] ?? '';
    parts.push(line);
    depth += depthOf(line);
  }
  return parts;
}

/** Brackets that are opened and not closed, those in quotes left out. */
function depthOf(line: string): number {
  const bare = line.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '');
  return bare.split('[').length - bare.split(']').length;
}

function withoutComment(line: string): string {
  return /^(?:[^"'#]|"(?:[^"\\]|\\.)*"|'[^']*')*/.exec(line)?.[0] ?? line;
}
