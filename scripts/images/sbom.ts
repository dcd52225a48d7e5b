// What is inside of a bundle, as CycloneDX: the packages whose code esbuild put there, and those that lie beside it; not what the lock file merely names.
import { createHash } from 'node:crypto';
import type { Metafile } from 'esbuild';

/** What is read of a package-lock.json. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  /** Set where the folder has another name than the package. */
  readonly name?: string;
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
}

/** A package that is in an image without being bundled: copied beside the bundle, or compiled into it by a tool. */
export interface PackageBeside {
  readonly name: string;
  /** Where its version stands. */
  readonly lock: LockFile;
}

export interface SbomOptions {
  /** Name and version of the image. */
  readonly name: string;
  readonly version: string;
  /** As esbuild made them, one for each bundle of the image. */
  readonly metafiles: readonly Metafile[];
  readonly lock: LockFile;
  readonly beside: readonly PackageBeside[];
}

interface Component {
  readonly type: 'library';
  readonly 'bom-ref': string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly ({ readonly expression: string } | { readonly license: { readonly name: string } })[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}

export interface Sbom {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.6';
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: { readonly component: { readonly type: 'application'; readonly 'bom-ref': string; readonly name: string; readonly version: string; readonly licenses: readonly { readonly expression: string }[] } };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** The bill of one image. The same bundles give the same bytes: it has no time, and its number is a digest. Throws for a package that the lock does not know. */
export function sbomOf({ name, version, metafiles, lock, beside }: SbomOptions): Sbom {
  const bundled = metafiles.flatMap(bundledFolders).map((folder) => componentOf(folder, lock));
  const copied = beside.map((one) => componentOf(`node_modules/${one.name}`, one.lock));
  const components = [...new Map([...bundled, ...copied].map((component) => [component.purl, component])).values()].toSorted((a, b) => (a.purl < b.purl ? -1 : 1));
  const root = { type: 'application', 'bom-ref': `coditect-${name}@${version}`, name: `coditect-${name}`, version, licenses: [{ expression: 'Apache-2.0' }] } as const;
  const dependencies = dependenciesOf(metafiles, { lock, root: root['bom-ref'], beside: copied.map(({ purl }) => purl) });
  const digest = createHash('sha256').update(JSON.stringify([root, components, dependencies])).digest('hex');
  return { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: `urn:uuid:${uuidOf(digest)}`, version: 1, metadata: { component: root }, components, dependencies };
}

/** Folder of the package that a file belongs to, as the lock file names it; undefined for files of ours. */
export function folderOf(input: string): string | undefined {
  const from = input.indexOf('node_modules/');
  return from < 0 ? undefined : /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input.slice(from))?.[0];
}

/** Packages of which at least one byte is in the result. */
function bundledFolders({ outputs }: Metafile): readonly string[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => folderOf(path)).filter((folder) => folder !== undefined);
}

function componentOf(folder: string, lock: LockFile): Component {
  const locked = lock.packages[folder];
  const full = locked?.name ?? folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  if (locked?.version === undefined) throw new Error(`list ${folder} in a bill of materials: the lock file does not name it, so nobody would know its version; run \`npm ci\` and bundle again`);
  const [scope, short] = full.includes('/') ? (full.split('/') as [string, string]) : [undefined, full];
  const purl = `pkg:npm/${full.replace('@', '%40')}@${locked.version}`;
  return {
    type: 'library',
    'bom-ref': purl,
    ...(scope === undefined ? {} : { group: scope }),
    name: short,
    version: locked.version,
    purl,
    ...(locked.license === undefined ? {} : { licenses: [licenseOf(locked.license)] }),
    ...(locked.integrity === undefined ? {} : { hashes: [hashOf(locked.integrity)] }),
  };
}

/** SPDX where it looks like it, else the words of the package. */
function licenseOf(license: string): NonNullable<Component['licenses']>[number] {
  const isSpdx = /^\(?[\w.+-]+( (AND|OR|WITH) \(?[\w.+-]+\)?)*\)?$/.test(license) && license !== 'UNLICENSED';
  return isSpdx ? { expression: license } : { license: { name: license } };
}

/** `sha512-<base64>` of the lock file: of the package as it was published. */
function hashOf(integrity: string): { readonly alg: string; readonly content: string } {
  const [algorithm = '', digest = ''] = (integrity.split(' ')[0] ?? '').split('-');
  return { alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(digest, 'base64').toString('hex') };
}

interface Roots {
  readonly lock: LockFile;
  readonly root: string;
  readonly beside: readonly string[];
}

/** Which package imports which, as far as both are in the result. */
function dependenciesOf(metafiles: readonly Metafile[], { lock, root, beside }: Roots): Sbom['dependencies'] {
  const edges = new Map<string, Set<string>>([[root, new Set(beside)], ...beside.map((purl) => [purl, new Set<string>()] as const)]);
  for (const metafile of metafiles) {
    const isIn = new Set(bundledFolders(metafile));
    const refOf = (path: string) => {
      const folder = folderOf(path);
      if (folder === undefined) return root;
      return isIn.has(folder) ? componentOf(folder, lock).purl : undefined;
    };
    for (const [path, { imports }] of Object.entries(metafile.inputs)) {
      const from = refOf(path);
      if (from === undefined) continue;
      const targets = edges.get(from) ?? new Set();
      edges.set(from, targets);
      for (const to of imports.filter(({ external }) => external !== true).map((one) => refOf(one.path))) if (to !== undefined && to !== from) targets.add(to);
    }
  }
  return [...edges].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([ref, targets]) => ({ ref, dependsOn: [...targets].toSorted() }));
}

/** A UUID of version 8, whose bits are the maker's. */
function uuidOf(digest: string): string {
  const [a, b, c, d, e] = [digest.slice(0, 8), digest.slice(8, 12), digest.slice(13, 16), digest.slice(17, 20), digest.slice(20, 32)];
  return `${a}-${b}-8${c}-8${d}-${e}`;
}
