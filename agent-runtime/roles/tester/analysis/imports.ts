// Whether a test imports a file, by the words of the test: enough to name a suspect, not to resolve modules.
import { posix } from 'node:path';

const script = /(?:\bfrom|\bimport|\brequire\s*\()\s*['"]([^'"\n]{1,300})['"]/g;
const python = /^[ \t]*(?:from[ \t]+([\w.]{1,300})[ \t]+import[ \t]+([\w, \t]{1,300})|import[ \t]+([\w.]{1,300}))/gm;

/** Where in the text of `test` the file `path` is imported; undefined when it is not. In Go the files of one folder are one package. */
export function importedAt(test: { readonly path: string; readonly text: string }, path: string): number | undefined {
  if (test.path.endsWith('_test.go')) return path.endsWith('.go') && posix.dirname(path) === posix.dirname(test.path) ? 0 : undefined;
  const wanted = moduleOf(path);
  const modules = test.path.endsWith('.py') ? pythonModules(test.text) : scriptModules(test);
  return modules.find(({ name, isWhole }) => wanted === name || (!isWhole && wanted.endsWith(`/${name}`)))?.at;
}

interface Module {
  /** Path without its extension. */
  readonly name: string;
  /** False when it may lie below a folder that the import does not name. */
  readonly isWhole: boolean;
  readonly at: number;
}

function scriptModules({ path, text }: { readonly path: string; readonly text: string }): readonly Module[] {
  return [...text.matchAll(script)].flatMap(({ 1: specifier = '', index }): readonly Module[] => {
    if (specifier.startsWith('.')) return [{ name: moduleOf(posix.join(posix.dirname(path), specifier)), isWhole: true, at: index }];
    const alias = /^(?:#|@\/|~\/)(.+)$/.exec(specifier)?.[1];
    return alias === undefined ? [] : [{ name: moduleOf(alias), isWhole: false, at: index }];
  });
}

function pythonModules(text: string): readonly Module[] {
  return [...text.matchAll(python)].flatMap(({ 1: from, 2: names = '', 3: whole, index }) => {
    const base = (from ?? whole ?? '').replaceAll('.', '/').replace(/^\/+/, '');
    const parts = names.split(',').map((name) => name.trim().split(/\s/)[0] ?? '').filter((name) => name !== '');
    return [base, ...parts.map((name) => (base === '' ? name : `${base}/${name}`))].filter((name) => name !== '').map((name) => ({ name, isWhole: false, at: index }));
  });
}

function moduleOf(path: string): string {
  return path.replace(/\.(?:[cm]?[jt]sx?|py|vue|svelte)$/, '').replace(/\/(?:index|__init__)$/, '');
}
