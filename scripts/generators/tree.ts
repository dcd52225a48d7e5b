// Compares generated files with the tree, and writes them.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFolders, isGenerated } from './all.ts';
import type { GeneratedFile } from './output.ts';

/** One way in which the tree differs from what the generators say. */
export interface Difference {
  readonly kind: 'missing' | 'changed' | 'stray';
  readonly path: string;
}

/** How the tree at `root` differs from `files`; strays are generated files that no generator makes any more. */
export function differences(root: string, files: readonly GeneratedFile[]): Difference[] {
  const wanted = new Map(files.map(({ path, text }) => [path, text]));
  const changed = files.flatMap(({ path, text }): Difference[] => {
    if (!existsSync(join(root, path))) return [{ kind: 'missing', path }];
    return readFileSync(join(root, path), 'utf8') === text ? [] : [{ kind: 'changed', path }];
  });
  const strays = presentFiles(root).filter((file) => !wanted.has(file.path) && isGenerated(file));
  return [...changed, ...strays.map(({ path }): Difference => ({ kind: 'stray', path }))];
}

/** Makes the tree agree: writes what is missing or changed, removes strays. Returns what it did. */
export function settle(root: string, files: readonly GeneratedFile[]): Difference[] {
  const found = differences(root, files);
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  for (const { kind, path } of found) {
    const target = join(root, path);
    if (kind === 'stray') rmSync(target);
    else {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, texts.get(path) ?? '');
    }
  }
  return found;
}

function presentFiles(root: string): GeneratedFile[] {
  return generatedFolders.flatMap((folder) => {
    if (!existsSync(join(root, folder))) return [];
    const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return entries.map((entry) => {
      const path = join(entry.parentPath, entry.name).slice(root.length + 1);
      return { path, text: readFileSync(join(root, path), 'utf8') };
    });
  });
}
