// What AnalyzeCode knows of a tree: gathered file by file, so that memory grows with the number of files and not with their size.
import { findCycles } from './cycles.ts';
import { countLines, type SourceFile } from './files.ts';
import { pythonImports, scriptImports, type Specifier } from './imports.ts';
import { countBranches, type Language, languageOf } from './languages.ts';
import { resolveImport, type SubpathImports } from './resolve.ts';

export interface LanguageCount {
  readonly language: string;
  readonly files: number;
  readonly lines: number;
  readonly bytes: number;
}

export interface Measured {
  readonly path: string;
  readonly language: string | undefined;
  readonly bytes: number;
  readonly lines: number;
  readonly branches: number;
}

export interface ImportGraph {
  /** Files whose imports were read. */
  readonly files: number;
  readonly edges: number;
  readonly cycles: readonly (readonly string[])[];
}

export interface Survey {
  add(file: SourceFile): void;
  files(): readonly Measured[];
  languages(): readonly LanguageCount[];
  imports(): ImportGraph;
}

/** An empty survey. */
export function createSurvey(): Survey {
  const measured: Measured[] = [];
  const specifiers = new Map<string, readonly Specifier[]>();
  const subpaths = new Map<string, Readonly<Record<string, string>>>();
  return {
    add: ({ path, bytes, text }) => {
      const language = languageOf(path);
      measured.push({ path, language: language?.name, bytes, ...measure(language, text) });
      if (text === undefined) return;
      if (language?.imports !== undefined) specifiers.set(path, language.imports === 'script' ? scriptImports(text) : pythonImports(text));
      const own = /(^|\/)package\.json$/.test(path) ? subpathImports(text) : undefined;
      if (own !== undefined) subpaths.set(path.split('/').slice(0, -1).join('/'), own);
    },
    files: () => measured,
    languages: () => countLanguages(measured),
    imports: () => graphOf(specifiers, subpaths),
  };
}

function measure(language: Language | undefined, text: string | undefined): Pick<Measured, 'lines' | 'branches'> {
  if (text === undefined) return { lines: 0, branches: 0 };
  return { lines: countLines(text), branches: language === undefined ? 0 : countBranches(language, text) };
}

function countLanguages(measured: readonly Measured[]): readonly LanguageCount[] {
  const counts = new Map<string, LanguageCount>();
  for (const { language, lines, bytes } of measured) {
    if (language === undefined) continue;
    const sum = counts.get(language) ?? { language, files: 0, lines: 0, bytes: 0 };
    counts.set(language, { language, files: sum.files + 1, lines: sum.lines + lines, bytes: sum.bytes + bytes });
  }
  return [...counts.values()].toSorted((a, b) => b.lines - a.lines || (a.language < b.language ? -1 : 1));
}

function graphOf(specifiers: ReadonlyMap<string, readonly Specifier[]>, subpaths: SubpathImports): ImportGraph {
  const files = new Set(specifiers.keys());
  const edges = new Map<string, readonly string[]>();
  for (const [path, found] of specifiers) edges.set(path, [...new Set(found.flatMap((specifier) => resolveImport(path, specifier, files, subpaths)))]);
  return { files: files.size, edges: [...edges.values()].reduce((sum, targets) => sum + targets.length, 0), cycles: findCycles(edges) };
}

/** Undefined for a package.json that has none, or is none. */
function subpathImports(text: string): Readonly<Record<string, string>> | undefined {
  try {
    const { imports } = JSON.parse(text) as { readonly imports?: unknown };
    if (typeof imports !== 'object' || imports === null) return undefined;
    return Object.fromEntries(Object.entries(imports).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return undefined;
  }
}
