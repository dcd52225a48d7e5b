// Finds the file of the workspace that an import means. What is not in the workspace (packages, built-ins) is no edge.
import { dirname, join, normalize } from 'node:path/posix';
import type { Alias, Aliases } from './aliases.ts';
import type { Specifier } from './statement.ts';

const scriptExtensions = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'];

/** What imports are resolved against. */
export interface Sources {
  /** Paths of all files that can be imported. */
  readonly files: ReadonlySet<string>;
  readonly aliases: Aliases;
}

/** The files that `specifier`, found in `from`, means; a Python import may name several. */
export function resolveImport(from: string, specifier: Specifier, sources: Sources): readonly string[] {
  if (specifier.kind === 'python') return resolvePython(from, specifier, sources.files);
  const found = resolveScript(from, specifier.specifier, sources);
  return found === undefined ? [] : [found];
}

function resolveScript(from: string, specifier: string, { files, aliases }: Sources): string | undefined {
  // Bundlers put their own wishes behind a question mark.
  const name = specifier.replace(/\?.*$/s, '');
  if (/^\.\.?(\/|$)/.test(name)) return scriptAt(join(dirname(from), name), files);
  for (const folder of foldersAbove(from)) {
    for (const { targets, middle } of matching(aliases.get(folder) ?? [], name)) {
      for (const target of targets) {
        const found = scriptAt(target.replaceAll('*', () => middle), files);
        if (found !== undefined) return found;
      }
    }
  }
  return undefined;
}

function scriptAt(path: string, files: ReadonlySet<string>): string | undefined {
  const base = normalize(path).replace(/\/$/, '');
  // TypeScript may be imported by the name of its output.
  const source = base.replace(/\.([cm]?)js(x?)$/, '.$1ts$2');
  if (files.has(base)) return base;
  if (files.has(source)) return source;
  for (const stem of [base, base === '.' ? 'index' : `${base}/index`]) {
    const extension = scriptExtensions.find((end) => files.has(stem + end));
    if (extension !== undefined) return stem + extension;
  }
  return undefined;
}

/** The aliases that fit a name, exact ones first, then by the length of what stands before the `*`. */
function matching(aliases: readonly Alias[], name: string): { readonly targets: readonly string[]; readonly middle: string }[] {
  return aliases
    .flatMap(({ pattern, targets }) => {
      const [head = '', tail] = pattern.split('*');
      if (tail === undefined) return pattern === name ? [{ targets, middle: '', rank: Number.POSITIVE_INFINITY }] : [];
      if (name.length < head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) return [];
      return [{ targets, middle: name.slice(head.length, name.length - tail.length), rank: head.length }];
    })
    .toSorted((a, b) => b.rank - a.rank);
}

function resolvePython(from: string, { dots, module, names }: Extract<Specifier, { kind: 'python' }>, files: ReadonlySet<string>): readonly string[] {
  const path = module.replaceAll('.', '/');
  const starts = dots > 0 ? [foldersAbove(from)[dots - 1]].filter((folder) => folder !== undefined) : sourceRoots(from, files);
  const file = (base: string) => [`${base}.py`, `${base}/__init__.py`].map(normalize).find((candidate) => files.has(candidate));
  for (const start of starts) {
    const base = join(start, path);
    const own = file(base);
    // `from package import name` means the module of that name when there is one, else the package itself.
    const found = names.length === 0 ? [own] : names.map((name) => file(join(base, name)) ?? own);
    const existing = new Set(found.filter((target) => target !== undefined));
    if (existing.size > 0) return [...existing];
  }
  return [];
}

/** Where absolute imports start, the nearest first. A folder with __init__.py is a package: its modules are not importable by their bare names. */
function sourceRoots(from: string, files: ReadonlySet<string>): string[] {
  return foldersAbove(from)
    .filter((folder) => !files.has(join(folder, '__init__.py')))
    .flatMap((folder) => [folder, join(folder, 'src')]);
}

/** Folders that hold a file, the nearest first, the root (empty) last. */
function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return Array.from({ length: parts.length + 1 }, (_, up) => parts.slice(0, parts.length - up).join('/'));
}
