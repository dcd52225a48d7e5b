// Names that stand for files: `imports`, `exports` and `workspaces` of package.json, `paths` of tsconfig.json. One form for all of them, read leniently:
// a file that is none of these gives no names, and a target that does not exist is passed over.
import { dirname, join, matchesGlob } from 'node:path/posix';
import { parseJsonWithComments } from './json-with-comments.ts';

/** A name, or a pattern with one `*`, and the paths from the root that it may stand for, in order. */
export interface Alias {
  readonly pattern: string;
  readonly targets: readonly string[];
}

/** The names that are known in files below a folder (empty for the root), the nearest folder first. */
export type Aliases = ReadonlyMap<string, readonly Alias[]>;

const packageFile = /(^|\/)package\.json$/;
const configFile = /(^|\/)[jt]sconfig[^/]*\.json$/;
const mainConfigFile = /(^|\/)[jt]sconfig\.json$/;
const workspacesFile = /(^|\/)pnpm-workspace\.yaml$/;
const longestChain = 5;

/** True for a file that `readAliases` reads. */
export function namesFiles(path: string): boolean {
  return packageFile.test(path) || configFile.test(path) || workspacesFile.test(path);
}

/** The names that these files (text by path) give to others. */
export function readAliases(files: ReadonlyMap<string, string>): Aliases {
  const values = new Map([...files].filter(([path]) => !workspacesFile.test(path)).map(([path, text]) => [path, asRecord(parseJsonWithComments(text))]));
  const aliases = new Map<string, Alias[]>();
  const add = (folder: string, more: readonly Alias[]) => aliases.set(folder, [...(aliases.get(folder) ?? []), ...more]);
  const workspaces = [...workspaceGlobs(values, files)];
  for (const [path, value] of values) {
    const folder = folderOf(path);
    if (packageFile.test(path)) {
      const own = packageNames(folder, value);
      add(folder, [...subpathNames(folder, value), ...own]);
      for (const { root, glob } of workspaces) if (matchesGlob(folder, join(root, glob))) add(root, own);
    } else if (mainConfigFile.test(path)) add(folder, pathNames(path, values));
  }
  return aliases;
}

function* workspaceGlobs(values: ReadonlyMap<string, Fields>, files: ReadonlyMap<string, string>): Generator<{ readonly root: string; readonly glob: string }> {
  for (const [path, { workspaces }] of values) for (const glob of strings(Array.isArray(workspaces) ? workspaces : asRecord(workspaces)['packages'])) yield { root: folderOf(path), glob };
  for (const [path, text] of files) if (workspacesFile.test(path)) for (const [, glob = ''] of text.matchAll(/^[ \t]{0,8}-[ \t]{1,8}["']?([^"'\s#!]+)/gm)) yield { root: folderOf(path), glob };
}

function subpathNames(folder: string, { imports }: Fields): Alias[] {
  return Object.entries(asRecord(imports)).map(([pattern, target]) => ({ pattern, targets: strings(target).map((path) => join(folder, path)) }));
}

/** The package's own name: what it exports, or its main file, or the index of its sources, which are what the workspace holds before a build. */
function packageNames(folder: string, { name, exports, main, module, source }: Fields): Alias[] {
  if (typeof name !== 'string' || name === '') return [];
  const entry = [...strings([source, module, main]), 'src/index', 'index'];
  const keys = Object.entries(asRecord(exports)).filter(([key]) => key.startsWith('.'));
  const stated = keys.map(([key, target]): Alias => ({ pattern: join(name, key), targets: built(folder, [...strings(target), ...(key === '.' ? entry : [])]) }));
  const rest = keys.length > 0 ? [] : [{ pattern: `${name}/*`, targets: built(folder, ['*']) }];
  return [...stated, ...(keys.some(([key]) => key === '.') ? [] : [{ pattern: name, targets: built(folder, [...strings(exports), ...entry]) }]), ...rest];
}

/** What a build writes is seldom in the workspace; its source often lies beside, in src. */
function built(folder: string, targets: readonly string[]): string[] {
  return targets.flatMap((target) => [join(folder, target), join(folder, target.replace(/^(\.\/)?(dist|build|lib|out)\//, 'src/'))]);
}

function pathNames(path: string, values: ReadonlyMap<string, Fields>): Alias[] {
  for (let at: string | undefined = path, steps = 0; at !== undefined && steps < longestChain; steps += 1) {
    const value: Fields = values.get(at) ?? {};
    const { paths, baseUrl } = asRecord(value['compilerOptions']);
    if (paths !== undefined || baseUrl !== undefined) {
      const base = join(folderOf(at), typeof baseUrl === 'string' ? baseUrl : '.');
      const stated = Object.entries(asRecord(paths)).map(([pattern, targets]) => ({ pattern, targets: strings(targets).map((target) => join(base, target)) }));
      return typeof baseUrl === 'string' ? [...stated, { pattern: '*', targets: [join(base, '*')] }] : stated;
    }
    at = extended(at, value['extends'], values);
  }
  return [];
}

function extended(path: string, base: unknown, values: ReadonlyMap<string, Fields>): string | undefined {
  const [name] = strings(base);
  if (name?.startsWith('.') !== true) return undefined;
  const file = join(folderOf(path), name);
  return [file, `${file}.json`].find((candidate) => values.has(candidate));
}

type Fields = Readonly<Record<string, unknown>>;

function asRecord(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** Every text in a value of conditions, in order; declarations hold no code. */
function strings(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || depth > longestChain) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === 'types' ? [] : strings(inner, depth + 1)));
}

function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === '.' ? '' : folder;
}
