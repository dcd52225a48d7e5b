// The one table of bundle entries: every process we start, child processes included, is a row.

/** Entry file by name of the bundle. */
export const bundles = {
  operator: 'operator/main.ts',
  blobs: 'blobs/main.ts',
  'llm-gateway': 'llm-gateway/main.ts',
  mirror: 'mirror/main.ts',
  archive: 'mirror/archive/main.ts',
  console: 'console/main.ts',
  agent: 'agent-runtime/main.ts',
  'analyzer-reader': 'agent-runtime/roles/analyzer/reader/main.ts',
  'wasm-runner': 'sandbox/wasm/runner/main.ts',
  'process-node': 'devcluster/process-node/main.ts',
  'git-door': 'devcluster/git-door/main.ts',
  'kubectl-mission': 'cli/main.ts',
} as const satisfies Readonly<Record<string, string>>;

export type BundleName = keyof typeof bundles;

/** True for a name of the table. */
export function isBundleName(name: string): name is BundleName {
  return Object.hasOwn(bundles, name);
}

/** Children that a process starts, and programs of the same image: they are made whenever it is. */
const children: Partial<Readonly<Record<BundleName, readonly BundleName[]>>> = { agent: ['analyzer-reader', 'wasm-runner'], mirror: ['archive'] };

/** The same names with those of their children. */
export function withChildren(names: readonly BundleName[]): BundleName[] {
  return [...new Set(names.flatMap((name) => [name, ...(children[name] ?? [])]))];
}

/** Packages with native code: they stay outside and are copied beside the bundle. */
export const nativePackages: readonly string[] = ['@ast-grep/napi', '@ast-grep/setup-lang', '@ast-grep/lang-go', '@ast-grep/lang-python', '@ast-grep/lang-rust'];
