// Finds the file of the workspace that an import means. What is not in the workspace (packages, built-ins) is no edge.
import { dirname, join, normalize } from 'node:path/posix';
import type { Specifier } from './imports.ts';

const scriptExtensions = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'];

/** The `imports` field of package.json files by their folder (empty for the root): only targets that are texts. */
export type SubpathImports = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** The files that `specifier`, found in `from`, means; a Python import may name several. */
export function resolveImport(from: string, specifier: Specifier, files: ReadonlySet<string>, subpaths: SubpathImports): readonly string[] {
  if (specifier.kind === 'python') return resolvePython(from, specifier, files);
  const found = resolveScript(from, specifier.specifier, files, subpaths);
  return found === undefined ? [] : [found];
}

function resolveScript(from: string, specifier: string, files: ReadonlySet<string>, subpaths: SubpathImports): string | undefined {
  const target = specifier.startsWith('#') ? subpathTarget(from, specifier, subpaths) : specifier.startsWith('.') ? join(dirname(from), specifier) : undefined;
  if (target === undefined) return undefined;
  const base = normalize(target).replace(/\/$/, '');
  // TypeScript may be imported by the name of its output.
  const source = base.replace(/\.([cm]?)js(x?)$/, '.$1ts$2');
  const candidates = [base, source, ...scriptExtensions.map((extension) => base + extension), ...scriptExtensions.map((extension) => `${base}/index${extension}`)];
  return candidates.find((candidate) => files.has(candidate));
}

function subpathTarget(from: string, specifier: string, subpaths: SubpathImports): string | undefined {
  const folder = foldersAbove(from).find((above) => subpaths.has(above));
  if (folder === undefined) return undefined;
  for (const [pattern, target] of Object.entries(subpaths.get(folder) ?? {})) {
    const [head = '', tail] = pattern.split('*');
    if (tail === undefined ? pattern === specifier : specifier.startsWith(head) && specifier.endsWith(tail) && specifier.length >= head.length + tail.length) {
      const middle = tail === undefined ? '' : specifier.slice(head.length, specifier.length - tail.length);
      return join(folder, target.replaceAll('*', () => middle));
    }
  }
  return undefined;
}

function resolvePython(from: string, { dots, module, names }: Extract<Specifier, { kind: 'python' }>, files: ReadonlySet<string>): readonly string[] {
  const path = module.replaceAll('.', '/');
  const starts = dots > 0 ? [foldersAbove(from)[dots - 1]].filter((folder) => folder !== undefined) : [...foldersAbove(from).toReversed(), 'src'];
  const file = (base: string) => [`${base}.py`, `${base}/__init__.py`].map(normalize).find((candidate) => files.has(candidate));
  for (const start of starts) {
    const base = join(start, path);
    // `from package import name` means the module of that name when there is one, else the package itself.
    const submodules = names.map((name) => file(join(base, name))).filter((found) => found !== undefined);
    const own = file(base);
    if (submodules.length > 0) return submodules;
    if (own !== undefined) return [own];
  }
  return [];
}

/** Folders that hold a file, the nearest first, the root (empty) last. */
function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return Array.from({ length: parts.length + 1 }, (_, up) => parts.slice(0, parts.length - up).join('/'));
}
