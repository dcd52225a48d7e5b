// What one file says by itself: everything here depends on its path and its text alone, so it can be kept until they change.
import { type ComplexityFacts, measureComplexity } from './complexity.ts';
import { tokenize, type Tokens } from './duplicates/tokens.ts';
import type { Finding } from './finding.ts';
import { pythonImports } from './imports/read-python.ts';
import { scriptImports } from './imports/read-scripts.ts';
import type { ImportStatement } from './imports/statement.ts';
import { findFaults } from './rules/find-faults.ts';
import { parse, type SyntaxLanguage } from './syntax.ts';

/** What was read from the syntax of one file. */
export interface FileFacts {
  readonly imports: readonly ImportStatement[];
  readonly complexity: ComplexityFacts;
  readonly faults: readonly Finding[];
  readonly tokens: Tokens;
}

/** A source file that somebody wrote. */
export interface Source {
  readonly path: string;
  readonly language: SyntaxLanguage;
  readonly text: string;
}

/** True when the imports of a language are read. */
export function hasImports(language: SyntaxLanguage): boolean {
  return language !== 'go' && language !== 'rust';
}

/** Parses a file and reads all facts from its tree. */
export async function readFacts({ path, language, text }: Source): Promise<FileFacts> {
  const root = await parse(language, text);
  return {
    imports: importsOf(path, language, root),
    complexity: measureComplexity(language, root),
    faults: findFaults({ path, language, root }),
    tokens: tokenize(language, root, text),
  };
}

function importsOf(path: string, language: SyntaxLanguage, root: Awaited<ReturnType<typeof parse>>): readonly ImportStatement[] {
  if (!hasImports(language)) return [];
  const imports = language === 'python' ? pythonImports(root) : scriptImports(root);
  // A declaration file is gone at run time, with all it imports.
  return /\.d\.[cm]?ts$/.test(path) ? imports.map((statement) => ({ ...statement, when: 'never' })) : imports;
}
