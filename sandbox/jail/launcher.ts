// How back ends start a process behind the jail: the program is not trusted, its report and its control are on descriptors that it never has.
import type { Readable, Writable } from 'node:stream';
import type { BoundaryReport } from '#sandbox/port.ts';

/** What one jailed process may do. Paths are absolute. */
export interface JailOrder {
  /** argv; the first is an absolute path. */
  readonly command: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Trees it may write to. */
  readonly writable: readonly string[];
  /** Trees it may read and execute from; missing ones are skipped. */
  readonly readable: readonly string[];
  readonly network: 'none' | 'open';
  /** `pipe`: the parent writes to its standard input; else it reads an end of file. */
  readonly stdin: 'none' | 'pipe';
  readonly limits: JailLimits;
}

export interface JailLimits {
  readonly wallMs?: number;
  readonly cpuMs?: number;
  /** Resident memory summed over the process tree. */
  readonly memoryBytes?: number;
  /** Processes of the tree, each of their threads counted. */
  readonly processes?: number;
  /** Largest file it may write. */
  readonly fileBytes?: number;
}

/** How a jailed process ended, as the jail itself reports it. Where there is no jail nothing is measured, and the figures are 0. */
export interface JailReport {
  /** `tasks`: it started more processes and threads than it may. */
  readonly why: 'exit' | 'wall' | 'cpu' | 'memory' | 'tasks' | 'stopped';
  /** Exit code of the program; undefined when a signal ended it. */
  readonly exitCode?: number;
  readonly signal?: string;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
  readonly peakProcesses: number;
  /** Processes that were left when the program itself had ended, and were killed. */
  readonly reaped: number;
}

export interface JailedProcess {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when no process of the tree is left; a jail that broke is an ending without report. */
  readonly ended: Promise<{ readonly kind: 'report'; readonly report: JailReport } | { readonly kind: 'broken'; readonly message: string; /** Set when the program was not even started. */ readonly neverRan?: true }>;
  /** Kills the whole tree at once. */
  stop(): void;
}

/** The jail of this host: what it can enforce, and how to start something in it. Where it can enforce nothing, programs are started all the same. */
export interface Jail {
  readonly report: BoundaryReport;
  start(order: JailOrder): JailedProcess;
}
