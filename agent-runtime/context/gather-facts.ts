// What is known of a workspace before an action runs. Only names, manifests and configurations are looked at; nothing is executed.
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Framework, WorkspaceFacts } from '#domain/intent/action.ts';
import { recipes } from '#domain/intent/frameworks.ts';
import { languageOf } from '#agent-runtime/roles/analyzer/languages.ts';
import { likeliestFirst, type Sign } from './evidence.ts';
import { type Manifests, readManifests } from './manifests.ts';
import { entriesOf, fileNames } from './names.ts';
import { nodeFormatSigns, nodeTestSigns, packageManagerOf, parsePackage } from './node-package.ts';
import { pythonFormatSigns, pythonPathOf, pythonTestSigns } from './python-project.ts';

const limits = { binaries: 5000, makeTargets: 64 } as const;

/** Facts about the files in `folder`. Whatever lies there, it answers; it stops looking when `signal` aborts. */
export async function gatherFacts(folder: string, signal: AbortSignal): Promise<WorkspaceFacts> {
  const [files, manifests, binaries] = await Promise.all([fileNames(folder, signal), readManifests(folder), binariesOf(folder, signal)]);
  const rootFiles = new Set(files.filter((path) => !path.includes('/')));
  const languages = languagesOf(files);
  const nodePackage = parsePackage(manifests('package.json'));
  const packageManager = packageManagerOf(nodePackage, rootFiles);
  const pythonPath = pythonPathOf(manifests, files);
  const testSigns = [...nodeTestSigns(nodePackage, rootFiles), ...pythonTestSigns(manifests, files), ...nativeSigns(rootFiles, { go: 'go', cargo: 'cargo' } as const)];
  const formatSigns = [...nodeFormatSigns(nodePackage, rootFiles), ...pythonFormatSigns(manifests, rootFiles), ...nativeSigns(rootFiles, { go: 'gofmt', cargo: 'rustfmt' } as const)];
  return {
    languages,
    frameworks: likeliestFirst<Framework>(testSigns, languages, (framework) => recipes[framework].languages),
    scripts: nodePackage.scripts,
    formatters: likeliestFirst(formatSigns, languages, (formatter) => formatterLanguages[formatter] ?? []),
    binaries,
    makeTargets: makeTargetsOf(manifests),
    ...(packageManager === undefined ? {} : { packageManager }),
    ...(pythonPath === undefined ? {} : { pythonPath }),
  };
}

const formatterLanguages: Readonly<Record<string, readonly string[]>> = {
  prettier: ['TypeScript', 'JavaScript'],
  biome: ['TypeScript', 'JavaScript'],
  eslint: ['TypeScript', 'JavaScript'],
  ruff: ['Python'],
  black: ['Python'],
  gofmt: ['Go'],
  rustfmt: ['Rust'],
};

/** Tool chains that need no configuration: their manifest says it all. */
function* nativeSigns<T extends string>(rootFiles: ReadonlySet<string>, { go, cargo }: { readonly go: T; readonly cargo: T }): Generator<Sign<T>> {
  if (rootFiles.has('go.mod') || rootFiles.has('go.work')) yield { tool: go, weight: 'says' };
  if (rootFiles.has('Cargo.toml')) yield { tool: cargo, weight: 'says' };
}

function languagesOf(files: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const path of files) {
    const name = languageOf(path)?.name;
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].toSorted(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)).map(([name]) => name);
}

async function binariesOf(folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const modules = join(folder, 'node_modules');
  const programs = join(modules, '.bin');
  // A link in place of either folder would lead the look out of the workspace.
  for (const path of [modules, programs]) if (!(await isFolder(path))) return [];
  return (await entriesOf(programs, limits.binaries, signal)).map(({ name }) => name);
}

async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then((stat) => stat.isDirectory(), () => false);
}

function makeTargetsOf(manifests: Manifests): readonly string[] {
  const text = ['GNUmakefile', 'makefile', 'Makefile'].map(manifests).find((makefile) => makefile !== '') ?? '';
  const targets = [...text.matchAll(/^([A-Za-z0-9][\w.-]*)[ \t]*:(?!=)/gm)].map(([, target = '']) => target);
  return [...new Set(targets)].slice(0, limits.makeTargets);
}
