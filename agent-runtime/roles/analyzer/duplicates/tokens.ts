// Cuts source into tokens and keeps a hash and a line of each: all that finding equal blocks needs. Comments, white space and imports are no tokens.
import type { SgNode } from '@ast-grep/napi';
import { countNewlines } from '#agent-runtime/roles/analyzer/lines.ts';
import { kindOf, type SyntaxLanguage } from '#agent-runtime/roles/analyzer/syntax.ts';

/** The tokens of a file, in order. */
export interface Tokens {
  /** 32 bits each. */
  readonly hashes: Uint32Array;
  /** Counted from 1. */
  readonly lines: Uint32Array;
}

interface Atoms {
  /** Nodes that are one token, however long. */
  readonly whole: readonly string[];
  /** Nodes that are no token. */
  readonly none: readonly string[];
}

const script: Atoms = { whole: ['string', 'string_fragment', 'regex'], none: ['comment', 'import_statement', 'hash_bang_line'] };
const tsx: Atoms = { ...script, whole: [...script.whole, 'jsx_text'] };
const atoms: Readonly<Record<SyntaxLanguage, Atoms>> = {
  typescript: script,
  tsx,
  javascript: tsx,
  python: { whole: ['string'], none: ['comment', 'import_statement', 'import_from_statement', 'future_import_statement'] },
  go: { whole: ['interpreted_string_literal', 'raw_string_literal', 'rune_literal'], none: ['comment', 'import_declaration'] },
  rust: { whole: ['string_literal', 'raw_string_literal', 'char_literal'], none: ['line_comment', 'block_comment', 'use_declaration'] },
};

const word = String.raw`[\p{L}_$@#][\p{L}\p{M}\p{N}_$]*|\p{N}[\p{L}\p{N}_.]*`;
const operator = String.raw`===|!==|>>>=?|\*\*=?|<<=?|>>=?|&&=?|\|\|=?|\?\?=?|\?\.|=>|->|<-|:=|::|\.\.\.|\.\.=?|\+\+|--|[-+*/%&|^!=<>]=`;

/** Cuts one parsed file. */
export function tokenize(language: SyntaxLanguage, root: SgNode, text: string): Tokens {
  const { whole, none } = atoms[language];
  const isToken = new Set(whole);
  const collected = new Collected();
  const plain = new RegExp(String.raw`\n|${word}|${operator}|\S`, 'gu');
  let done = 0;
  for (const node of root.findAll({ rule: { any: [...whole, ...none].map((kind) => ({ kind })) } })) {
    const { start, end } = node.range();
    // The nodes of a comment inside an import, or of a text inside a text, belong to the outer one.
    if (start.index < done) continue;
    collected.addPlain(plain, text.slice(done, start.index));
    const content = text.slice(start.index, end.index);
    if (isToken.has(kindOf(node))) collected.add(content);
    collected.line += countNewlines(content);
    done = end.index;
  }
  collected.addPlain(plain, text.slice(done));
  return collected.tokens();
}

class Collected {
  line = 1;
  readonly #hashes: number[] = [];
  readonly #lines: number[] = [];

  add(token: string): void {
    this.#hashes.push(hashOf(token));
    this.#lines.push(this.line);
  }

  /** Adds the tokens of code without texts and comments. */
  addPlain(plain: RegExp, code: string): void {
    for (const [token] of code.matchAll(plain)) {
      if (token === '\n') this.line += 1;
      else this.add(token);
    }
  }

  tokens(): Tokens {
    return { hashes: Uint32Array.from(this.#hashes), lines: Uint32Array.from(this.#lines) };
  }
}

/** FNV-1a over UTF-16 units: cheap, and a collision needs 59 equal neighbours to be seen. */
export function hashOf(token: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < token.length; at += 1) hash = Math.imul(hash ^ token.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
