// Which files may hold the fault: those that a failure names, and those that a named test loads.
import { posix } from 'node:path';
import type { Progress } from './progress.ts';
import { isTestPath } from './test-output.ts';

const extensions = ['', '.ts', '.js', '.mjs', '.tsx', '.jsx', '.py', '.rs', '/index.ts', '/index.js', '/__init__.py'];

/** Paths to look at, likeliest first: sources that the output names, then tests, then what those tests load, then what a search found. */
export function suspects({ tests, files, listing = [], found }: Progress): readonly string[] {
  const named = (tests?.places ?? []).map(({ path }) => known(path, listing));
  const readTests = named.filter((path) => isTestPath(path) && files.has(path));
  const loaded = readTests.flatMap((path) => [...loadedBy(path, files.get(path) ?? ''), ...siblingOf(path)].flatMap((stem) => existing(stem, listing)));
  const sources = named.filter((path) => !isTestPath(path));
  return [...new Set([...sources, ...named, ...loaded, ...found.map((path) => known(path, listing))])];
}

/** Outputs show absolute paths, or paths below another folder; files are listed below the workspace. */
function known(path: string, listing: readonly string[]): string {
  const plain = path.replace(/^\.\//, '');
  return listing.find((file) => file === plain) ?? listing.find((file) => plain.endsWith(`/${file}`)) ?? listing.find((file) => file.endsWith(`/${plain}`)) ?? plain;
}

/** What these files load, and what that loads, as far as it was read: a fault may lie deeper than what a test names. */
export function loadedByAny(paths: readonly string[], { files, listing = [] }: Progress): readonly string[] {
  const all = new Set(paths);
  // A set hands out what was added meanwhile too.
  for (const path of all) for (const stem of loadedBy(path, files.get(path) ?? '')) existing(stem, listing).forEach((file) => all.add(file));
  return [...all].slice(paths.length);
}

/** What a test file loads, as paths without their ending: relative modules, and dotted names of packages. */
function loadedBy(path: string, text: string): string[] {
  const folder = posix.dirname(path);
  const relative = [...text.matchAll(/(?:from|import|require\()\s*['"](\.[^'"]+)['"]/g)].map(([, module = '']) => posix.join(folder, module));
  const dotted = [...text.matchAll(/^\s*(?:from|import)\s+\.?([A-Za-z_][\w.]*)/gm)].map(([, name = '']) => name.replaceAll('.', '/'));
  const crates = [...text.matchAll(/^\s*use\s+\w+::(\w+)/gm)].flatMap(([, name = '']) => [`src/${name}`, 'src/lib']);
  return [...relative, ...dotted, ...crates];
}

/** `calc_test.go` tests `calc.go`. */
function siblingOf(path: string): string[] {
  return path.endsWith('_test.go') ? [path.replace('_test.go', '.go')] : [];
}

/** The listed files of a stem; the first folder may be left out, as where sources lie in `src`. */
function existing(stem: string, listing: readonly string[]): string[] {
  // Modules are often named by the file that they are compiled to.
  const names = [...extensions.map((extension) => stem + extension), stem.replace(/\.js$/, '.ts')];
  return listing.filter((file) => names.some((name) => file === name || file.endsWith(`/${name}`)));
}
