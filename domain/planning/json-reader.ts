// A strict reader of JSON for text that a model wrote: JSON.parse lets duplicate keys and any depth pass, and says little of where it stopped.
import type { Json } from '#api/v1alpha1/json.ts';

/** Most levels of objects and lists inside each other. */
export const maxDepth = 12;

/** A value and the offset behind it, or the first thing that is not JSON with its offset; offsets in UTF-16 units from 0. */
export type JsonRead = { readonly kind: 'value'; readonly value: Json; readonly end: number } | { readonly kind: 'fault'; readonly message: string; readonly at: number };

/** Reads the one value that begins at `start`. Takes time linear in what it reads, for any text. */
export function readJsonAt(text: string, start: number): JsonRead {
  const reader = new Reader(text, start);
  const value = reader.value(0);
  return value === undefined ? { kind: 'fault', ...reader.fault } : { kind: 'value', value, end: reader.at };
}

const shownLength = 40;
const literals: ReadonlyMap<string, Json> = new Map<string, Json>([['true', true], ['false', false], ['null', null]]);
const escapes: ReadonlyMap<string, string> = new Map([['"', '"'], ['\\', '\\'], ['/', '/'], ['b', '\b'], ['f', '\f'], ['n', '\n'], ['r', '\r'], ['t', '\t']]);

/** Every method that gives undefined has left a fault. */
class Reader {
  readonly #text: string;
  at: number;
  fault = { message: 'the text ends before the JSON does', at: 0 };

  constructor(text: string, start: number) {
    this.#text = text;
    this.at = start;
  }

  value(depth: number): Json | undefined {
    this.#skipSpace();
    const next = this.#text[this.at];
    if (next === undefined) return this.#refuseEnd();
    if (next === '"') return this.#string();
    if (next !== '{' && next !== '[') return this.#scalar();
    if (depth === maxDepth) return this.#refuse(`nested deeper than ${maxDepth}`);
    return next === '{' ? this.#object(depth) : this.#list(depth);
  }

  #list(depth: number): Json[] | undefined {
    const items: Json[] = [];
    const complete = this.#members(']', () => {
      const item = this.value(depth + 1);
      if (item === undefined) return false;
      items.push(item);
      return true;
    });
    return complete ? items : undefined;
  }

  #object(depth: number): Json | undefined {
    const fields = new Map<string, Json>();
    const complete = this.#members('}', () => {
      const key = this.#key(fields);
      const field = key === undefined ? undefined : this.value(depth + 1);
      if (key === undefined || field === undefined) return false;
      fields.set(key, field);
      return true;
    });
    return complete ? Object.fromEntries(fields) : undefined;
  }

  /** Everything between two brackets; `member` reads one member and tells whether it could. */
  #members(close: string, member: () => boolean): boolean {
    this.at += 1;
    if (this.#take(close)) return true;
    while (member()) {
      if (this.#take(close)) return true;
      if (!this.#take(',')) return this.#refuseNext(`a comma or ${close}`) ?? false;
      this.#skipSpace();
      if (this.#text[this.at] === close) return this.#refuse(`a comma stands before ${close}`) ?? false;
    }
    return false;
  }

  #key(fields: ReadonlyMap<string, Json>): string | undefined {
    this.#skipSpace();
    const start = this.at;
    if (this.#text[start] !== '"') return this.#refuseNext('a key in double quotes');
    const key = this.#string();
    if (key === undefined) return undefined;
    const shown = JSON.stringify(key.slice(0, shownLength));
    if (fields.has(key)) return this.#refuse(`the key ${shown} occurs twice in one object`, start);
    // Own property or prototype: readers of JSON do not agree.
    if (key === '__proto__') return this.#refuse(`the key ${shown} is not allowed`, start);
    return this.#take(':') ? key : this.#refuseNext(`a colon after ${shown}`);
  }

  #string(): string | undefined {
    const start = this.at;
    let text = '';
    for (this.at += 1; ; ) {
      // oxlint-disable-next-line no-control-regex
      const chunk = this.#match(/[^"\\\u0000-\u001f]*/y) ?? '';
      const stop = this.#text[this.at];
      text += chunk;
      if (stop === '"') break;
      const character = stop === '\\' ? this.#escape() : this.#refuseNext('the end of a string');
      if (character === undefined) return undefined;
      text += character;
    }
    this.at += 1;
    // etcd and programs' arguments take neither.
    if (text.includes('\u0000')) return this.#refuse('a null character in a string', start);
    return text.isWellFormed() ? text : this.#refuse('half of a surrogate pair in a string', start);
  }

  #escape(): string | undefined {
    const code = this.#match(/\\u[0-9a-fA-F]{4}/y);
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code.slice(2), 16));
    const character = escapes.get(this.#text[this.at + 1] ?? '');
    if (character === undefined) return this.#refuse(`${JSON.stringify(this.#text.slice(this.at, this.at + 2))} is no escape of JSON`);
    this.at += 2;
    return character;
  }

  #scalar(): Json | undefined {
    const start = this.at;
    const word = this.#match(/[-+.\w]+/y);
    if (word === undefined) return this.#refuseNext('a value');
    const literal = literals.get(word);
    if (literal !== undefined) return literal;
    if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(word)) return this.#refuse(`${word.slice(0, shownLength)} is no JSON value`, start);
    const number = Number(word);
    return Number.isFinite(number) ? number : this.#refuse(`${word.slice(0, shownLength)} is too large a number`, start);
  }

  #skipSpace(): void {
    this.#match(/[ \t\r\n]*/y);
  }

  /** Steps over `character` and the space before it, if it is next. */
  #take(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  /** What a sticky pattern finds here, stepping over it. */
  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  #refuse(message: string, at: number = this.at): undefined {
    this.fault = { message, at };
  }

  #refuseEnd(): undefined {
    this.#refuse('the text ends before the JSON does');
  }

  /** Says what stands here instead of what is needed. */
  #refuseNext(needed: string): undefined {
    const next = this.#text.codePointAt(this.at);
    if (next === undefined) return this.#refuseEnd();
    if (this.#text.startsWith('//', this.at) || this.#text.startsWith('/*', this.at)) return this.#refuse('comments are not JSON');
    this.#refuse(`expected ${needed}, found ${next > 32 && next < 127 ? String.fromCodePoint(next) : `U+${next.toString(16).toUpperCase().padStart(4, '0')}`}`);
  }
}
