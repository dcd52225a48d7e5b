// What a manifest says, whatever its format: the readers of this folder make it, and findings are made from it. Nothing is asked of any network.

export type Ecosystem = 'npm' | 'PyPI' | 'Go' | 'crates.io' | 'Maven' | 'RubyGems' | 'Packagist';

/** A package that a manifest asks for directly. */
export interface Dependency {
  readonly name: string;
  readonly isDev: boolean;
  /** Line of the manifest, from 1. */
  readonly line: number;
  /** `open`: any later version may come; `repository`: whatever a branch or an address holds on the day. */
  readonly fault?: 'open' | 'repository';
}

/** A dependency of which the version is not judged yet. */
export type Named = Omit<Dependency, 'fault'>;

/** What one manifest says. */
export interface Manifest {
  readonly ecosystem: Ecosystem;
  readonly dependencies: readonly Dependency[];
  /** The language version it asks for, as written. */
  readonly runtime: string | undefined;
  /** Names of lock files of which one should lie beside it or above; empty when none is customary. */
  readonly locks: readonly string[];
}

/** Longer lines and ranges are cut: nobody writes them, and patterns may be slow on them. */
const maxLine = 1000;
const maxRange = 300;

/** The lines of a manifest. */
export function linesOf(text: string): readonly string[] {
  return text.split('\n').map((line) => line.slice(0, maxLine));
}

/** A dependency by its version range. */
export function fromRange(named: Named, range: string): Dependency {
  return isOpen(range.slice(0, maxRange).trim()) ? { ...named, fault: 'open' } : named;
}

/** A dependency by the address of a repository; one with a full commit id stays the same. */
export function fromAddress(named: Named, commit: string | undefined): Dependency {
  return commit !== undefined && /^[0-9a-f]{40}$/.test(commit) ? named : { ...named, fault: 'repository' };
}

/** Nothing, any version, or a lower bound alone. */
function isOpen(range: string): boolean {
  return /^(?:|\*|x|latest|next|any|\+|LATEST|RELEASE)$/.test(range) || /^>=?[^<|]*$/.test(range) || /^[[(][^,]*, ?\)$/.test(range) || range.endsWith('.+');
}
