// Reads the manifests of a tree: what it depends on, and where that is left to chance.
import type { Finding } from '#agent-runtime/roles/analyzer/finding.ts';
import type { Dependency, Ecosystem, Manifest } from './dependency.ts';
import { readComposerJson, readPackageJson } from './json-manifests.ts';
import { readGemfile, readGoMod, readGradle, readPom } from './line-manifests.ts';
import { countRepeated, lockNames } from './locks.ts';
import { readRequirements, readSetupCfg } from './requirements.ts';
import { readCargoToml, readPyproject } from './toml-manifests.ts';

/** A file of the tree; without its text it still counts as being there. */
export interface ManifestFile {
  readonly path: string;
  readonly text?: string | undefined;
}

/** What one manifest says, in numbers. */
export interface DependencyFacts {
  readonly path: string;
  readonly ecosystem: Ecosystem;
  /** Dependencies of the program itself. */
  readonly direct: number;
  /** Dependencies of its development alone. */
  readonly dev: number;
  /** Dependencies that may come in any later version. */
  readonly unpinned: number;
  /** Packages that its lock file holds in several versions. */
  readonly repeated: number;
  /** Path of the lock file that holds for it. */
  readonly lock?: string;
  /** The language version it asks for, as written. */
  readonly runtime?: string;
}

/** A longer manifest is none that somebody wrote, and is not read. */
const maxManifest = 512 * 1024;
const namesShown = 5;
const nameLength = 60;
const gitPerManifest = 20;

const readers: readonly (readonly [RegExp, (text: string, path: string) => Manifest | undefined])[] = [
  [/^package\.json$/, readPackageJson],
  [/^composer\.json$/, readComposerJson],
  [/^Cargo\.toml$/, readCargoToml],
  [/^pyproject\.toml$/, readPyproject],
  [/^requirements[\w.-]*\.txt$/, readRequirements],
  [/^setup\.cfg$/, readSetupCfg],
  [/^go\.mod$/, readGoMod],
  [/^Gemfile$/, readGemfile],
  [/^pom\.xml$/, readPom],
  [/^build\.gradle(?:\.kts)?$/, readGradle],
];

/** Whether `readManifests` wants to see a file: a manifest or a lock file. */
export function isManifest(path: string): boolean {
  return lockNames.has(nameOf(path)) || readerOf(path) !== undefined;
}

/** What the manifests among the files say, sorted by path. */
export function readManifests(files: readonly ManifestFile[]): { readonly facts: readonly DependencyFacts[]; readonly findings: readonly Finding[] } {
  const locks = new Map(files.filter(({ path }) => lockNames.has(nameOf(path))).map(({ path, text }) => [path, text]));
  const read = files.toSorted((a, b) => (a.path < b.path ? -1 : 1)).flatMap(({ path, text }) => {
    const manifest = text === undefined || text.length > maxManifest ? undefined : readerOf(path)?.(text, path);
    return manifest === undefined ? [] : [{ path, manifest, lock: lockFor(path, manifest.locks, locks) }];
  });
  return {
    facts: read.map(({ path, manifest, lock }) => factsOf(path, manifest, lock === undefined ? undefined : { path: lock, text: locks.get(lock) })),
    findings: read.flatMap(({ path, manifest, lock }) => findingsOf(path, manifest, lock !== undefined)),
  };
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const readerOf = (path: string) => readers.find(([name]) => name.test(nameOf(path)))?.[1];

/** The nearest lock file, beside the manifest or in a folder above: a workspace has one at its root. */
function lockFor(path: string, names: readonly string[], locks: ReadonlyMap<string, unknown>): string | undefined {
  const folders = path.split('/').slice(0, -1);
  for (let depth = folders.length; depth >= 0; depth -= 1) {
    const found = names.map((name) => [...folders.slice(0, depth), name].join('/')).find((candidate) => locks.has(candidate));
    if (found !== undefined) return found;
  }
  return undefined;
}

function factsOf(path: string, { ecosystem, dependencies, runtime }: Manifest, lock: ManifestFile | undefined): DependencyFacts {
  const dev = dependencies.filter(({ isDev }) => isDev).length;
  return {
    path,
    ecosystem,
    direct: dependencies.length - dev,
    dev,
    unpinned: dependencies.filter(({ fault }) => fault === 'open').length,
    repeated: lock?.text === undefined ? 0 : countRepeated(lock.path, lock.text),
    ...(lock !== undefined && { lock: lock.path }),
    ...(runtime !== undefined && { runtime: runtime.slice(0, nameLength) }),
  };
}

function findingsOf(path: string, { dependencies, locks }: Manifest, isLocked: boolean): readonly Finding[] {
  const open = dependencies.filter(({ fault }) => fault === 'open');
  const fromRepositories = dependencies.filter(({ fault }) => fault === 'repository').slice(0, gitPerManifest);
  return [
    ...(locks.length > 0 && !isLocked && dependencies.length > 0 ? [finding('no-lock', `${nameOf(path)} asks for ${dependencies.length} dependencies, and no lock file (${locks.slice(0, 3).join(', ')}) holds their versions`, { path, line: 1 })] : []),
    ...(open[0] !== undefined && !isLocked ? [finding('unpinned', `${open.length} of ${dependencies.length} dependencies may come in any later version: ${listed(open)}`, { path, line: open[0].line })] : []),
    ...fromRepositories.map(({ name, line }) => finding('git-url', `${name.slice(0, nameLength)} comes from an address, not from a registry, and no commit id holds it`, { path, line })),
  ];
}

function finding(kind: 'no-lock' | 'unpinned' | 'git-url', message: string, place: Finding['place']): Finding {
  return { rule: `dependency-${kind}`, level: kind === 'unpinned' ? 'note' : 'warning', message, place };
}

function listed(dependencies: readonly Dependency[]): string {
  const names = dependencies.slice(0, namesShown).map(({ name }) => name.slice(0, nameLength));
  return `${names.join(', ')}${dependencies.length > namesShown ? ', …' : ''}`;
}
