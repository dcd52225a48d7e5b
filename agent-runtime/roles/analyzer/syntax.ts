// Syntax trees of the languages that the Analyzer understands. Broken code has a tree too: the parser recovers and goes on.
import type { SgNode } from '@ast-grep/napi';
import type { codeLanguages } from '#api/intents.ts';

/** A language whose files are parsed. */
export type SyntaxLanguage = (typeof codeLanguages)[number];

const byExtension: ReadonlyMap<string, SyntaxLanguage> = new Map<string, SyntaxLanguage>([
  ...['ts', 'mts', 'cts'].map((extension) => [extension, 'typescript'] as const),
  ...['js', 'mjs', 'cjs', 'jsx'].map((extension) => [extension, 'javascript'] as const),
  ['tsx', 'tsx'],
  ['py', 'python'],
  ['go', 'go'],
  ['rs', 'rust'],
]);

const grammars: Readonly<Record<SyntaxLanguage, string>> = { typescript: 'TypeScript', tsx: 'Tsx', javascript: 'JavaScript', python: 'python', go: 'go', rust: 'rust' };

/** The language of a file by its name, or undefined when it is not parsed. */
export function syntaxOf(path: string): SyntaxLanguage | undefined {
  return byExtension.get(path.slice(path.lastIndexOf('.') + 1).toLowerCase());
}

/** Parses a text on a thread of its own; resolves for every text, however broken. */
export async function parse(language: SyntaxLanguage, text: string): Promise<SgNode> {
  const { parseAsync } = await loadParsers();
  const tree = await parseAsync(grammars[language], text);
  return tree.root();
}

/** Loads the native packages when the first text is parsed: a process that parses nothing needs none of them beside its bundle. */
async function loadParsers() {
  const [library, go, python, rust] = await Promise.all([import('@ast-grep/napi'), import('@ast-grep/lang-go'), import('@ast-grep/lang-python'), import('@ast-grep/lang-rust')]);
  // The library keeps the first registration and ignores the rest, some 50 µs each.
  library.registerDynamicLanguage({ go: go.default, python: python.default, rust: rust.default });
  return library;
}

/** The kind of a node as a text: without type maps of the grammars the library's own type is wider. */
export function kindOf(node: SgNode): string {
  return String(node.kind());
}
