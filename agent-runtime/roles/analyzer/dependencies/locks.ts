// Lock files: which packages they hold in more than one version.

/** Names of the lock files that are known. */
export const lockNames: ReadonlySet<string> = new Set(
  'package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb composer.lock Gemfile.lock go.sum Cargo.lock poetry.lock uv.lock pdm.lock pylock.toml'.split(' '),
);

/** Packages that a lock file holds in several versions; 0 for formats that are not read. */
export function countRepeated(path: string, text: string): number {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const pairs = name === 'package-lock.json' || name === 'npm-shrinkwrap.json' ? npmPackages(text) : name === 'Cargo.lock' ? cargoPackages(text) : [];
  const versions = new Map<string, Set<string>>();
  for (const [package_, version] of pairs) versions.set(package_, (versions.get(package_) ?? new Set()).add(version));
  return [...versions.values()].filter(({ size }) => size > 1).length;
}

function npmPackages(text: string): readonly (readonly [string, string])[] {
  try {
    const { packages } = JSON.parse(text) as { readonly packages?: Readonly<Record<string, { readonly version?: unknown } | null>> };
    return Object.entries(packages ?? {}).flatMap(([path, entry]) => {
      const at = path.lastIndexOf('node_modules/');
      return at === -1 || typeof entry?.version !== 'string' ? [] : [[path.slice(at + 'node_modules/'.length), entry.version] as const];
    });
  } catch {
    return [];
  }
}

function cargoPackages(text: string): readonly (readonly [string, string])[] {
  return [...text.matchAll(/^name = "([^"\n]+)"\nversion = "([^"\n]+)"/gm)].map(([, name = '', version = '']) => [name, version] as const);
}
