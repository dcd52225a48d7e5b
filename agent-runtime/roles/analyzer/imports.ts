// Reads imports by their shape, without a parser: good enough for a graph, and it cannot be made to run the code.
// Type-only imports are left out: they are gone at run time, so they close no cycle that matters.

/** What one file imports. */
export type Specifier = { readonly kind: 'script'; readonly specifier: string } | { readonly kind: 'python'; readonly dots: number; readonly module: string; readonly names: readonly string[] };

/** Longer texts are generated; their imports would be a bundler's. */
const maxTextLength = 1_048_576;

// Bounded repetitions: a hostile file must not take quadratic time.
const fromClause = /^[ \t]*(?:import|export)\b([^'"();]{0,2000}?)\bfrom\s{0,20}(['"])([^'"\n]{1,500})\2/gm;
const bareImport = /^[ \t]*import[ \t]{0,20}(['"])([^'"\n]{1,500})\1/gm;
const callImport = /\b(?:import|require)\(\s{0,20}(['"])([^'"\n]{1,500})\1\s{0,20}\)/g;
const pythonFrom = /^[ \t]*from[ \t]{1,20}(\.{0,20})([\w.]{0,500})[ \t]{1,20}import[ \t]{1,20}(\([^)]{0,2000}\)|[^\n#]{1,2000})/gm;
const pythonImport = /^[ \t]*import[ \t]{1,20}([\w., \t]{1,2000})/gm;

/** Imports of a JavaScript or TypeScript text. */
export function scriptImports(text: string): readonly Specifier[] {
  if (text.length > maxTextLength) return [];
  const found = new Set<string>();
  for (const [, clause = '', , specifier = ''] of text.matchAll(fromClause)) if (!/^\s+type\s+(?!from\b|,)/.test(`${clause}from`)) found.add(specifier);
  for (const [, , specifier = ''] of text.matchAll(bareImport)) found.add(specifier);
  for (const [, , specifier = ''] of text.matchAll(callImport)) found.add(specifier);
  return [...found].map((specifier) => ({ kind: 'script', specifier }));
}

/** Imports of a Python text. */
export function pythonImports(text: string): readonly Specifier[] {
  if (text.length > maxTextLength) return [];
  const found: Specifier[] = [];
  for (const [, dots = '', module = '', names = ''] of text.matchAll(pythonFrom)) found.push({ kind: 'python', dots: dots.length, module, names: importedNames(names) });
  for (const [, modules = ''] of text.matchAll(pythonImport)) for (const module of importedNames(modules)) found.push({ kind: 'python', dots: 0, module, names: [] });
  return found;
}

function importedNames(list: string): string[] {
  return list
    .replaceAll(/[()]|#[^\n]*/g, ' ')
    .split(',')
    .map((name) => name.trim().split(/\s+/)[0] ?? '')
    .filter((name) => name !== '');
}
