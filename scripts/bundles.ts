// The one table of bundle entries: every process we start, child processes included, is a row.

/** Entry file by name of the bundle. */
export const bundles = {
  operator: 'operator/main.ts',
  blobs: 'blobs/main.ts',
  agent: 'agent-runtime/main.ts',
  'process-node': 'devcluster/process-node/main.ts',
  'git-door': 'devcluster/git-door/main.ts',
  'kubectl-mission': 'cli/main.ts',
} as const satisfies Readonly<Record<string, string>>;

export type BundleName = keyof typeof bundles;

/** True for a name of the table. */
export function isBundleName(name: string): name is BundleName {
  return Object.hasOwn(bundles, name);
}

/** Packages with native code: they stay outside and are copied beside the bundle. */
export const nativePackages: readonly string[] = [];
