// What package.json and the files beside it say. Its content is anybody's: every part is looked at before it is used.
import { type Framework, type PackageManager, packageManagers } from '#domain/intent/action.ts';
import { frameworkOfCommand, readTestScript } from '#domain/intent/scripts.ts';
import type { Sign } from './evidence.ts';

const limits = { scripts: 64, scriptLength: 2000 } as const;

/** The parts of a package.json that matter here. */
export interface NodePackage {
  readonly scripts: Readonly<Record<string, string>>;
  readonly packageManager: string;
  /** Names of its dependencies of all kinds. */
  readonly dependencies: ReadonlySet<string>;
  /** Names of its top-level fields. */
  readonly fields: ReadonlySet<string>;
}

/** Reads a package.json; one that is broken says nothing. */
export function parsePackage(text: string): NodePackage {
  const content = parsed(text);
  const scripts = entries(content['scripts']).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length <= limits.scriptLength);
  const { packageManager } = content;
  return {
    scripts: Object.fromEntries(scripts.slice(0, limits.scripts)),
    packageManager: typeof packageManager === 'string' ? packageManager : '',
    dependencies: new Set(['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].flatMap((field) => entries(content[field]).map(([name]) => name))),
    fields: new Set(Object.keys(content)),
  };
}

const lockFiles: readonly (readonly [string, PackageManager])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
];

/** The package manager that the package names, or the one whose lock file lies there. */
export function packageManagerOf({ packageManager }: NodePackage, rootFiles: ReadonlySet<string>): PackageManager | undefined {
  const named = packageManagers.find((name) => packageManager.startsWith(`${name}@`));
  return named ?? lockFiles.find(([file]) => rootFiles.has(file))?.[1];
}

const dependencyFrameworks = ['vitest', 'jest', 'mocha'] as const;

/** Signs for test frameworks of Node. */
export function* nodeTestSigns({ scripts, dependencies, fields }: NodePackage, rootFiles: ReadonlySet<string>): Generator<Sign<Framework>> {
  yield* scriptSigns(scripts);
  const names = [...rootFiles];
  for (const tool of dependencyFrameworks) {
    const isConfigured = fields.has(tool) || names.some((name) => [`${tool}.config.`, `${tool}.workspace.`, `.${tool}rc`].some((start) => name.startsWith(start)));
    if (isConfigured) yield { tool, weight: 'configures' };
    if (dependencies.has(tool)) yield { tool, weight: 'mentions' };
  }
}

function* scriptSigns(scripts: NodePackage['scripts']): Generator<Sign<Framework>> {
  const script = readTestScript(scripts);
  if (script.kind !== 'absent' && script.framework !== undefined) yield { tool: script.framework, weight: 'says' };
  for (const text of Object.values(scripts)) {
    const tool = frameworkOfCommand(text.trim().split(/\s+/));
    // `go test` in a script says nothing of a go.mod in this very folder.
    if (tool !== undefined && tool !== 'go' && tool !== 'cargo') yield { tool, weight: 'configures' };
  }
}

/** Signs for formatters of Node. A linter that can repair is one only when nothing else is. */
export function* nodeFormatSigns({ dependencies, fields }: NodePackage, rootFiles: ReadonlySet<string>): Generator<Sign<string>> {
  const has = (...starts: readonly string[]) => [...rootFiles].some((name) => starts.some((start) => name.startsWith(start)));
  if (fields.has('prettier') || has('.prettierrc', 'prettier.config.')) yield { tool: 'prettier', weight: 'says' };
  if (has('biome.json')) yield { tool: 'biome', weight: 'says' };
  if (dependencies.has('prettier')) yield { tool: 'prettier', weight: 'configures' };
  if (dependencies.has('@biomejs/biome')) yield { tool: 'biome', weight: 'configures' };
  if (dependencies.has('eslint') || has('.eslintrc', 'eslint.config.')) yield { tool: 'eslint', weight: 'mentions' };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object.fromEntries(entries(JSON.parse(text)));
  } catch {
    return {};
  }
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}
