// What the suite and its starter say to each other.
import type { Ending } from '#sandbox/port.ts';

/** The argument of the suite's process. Paths are absolute and readable for its user. */
export interface SuiteOptions {
  /** Folder that belongs to its user. */
  readonly scratch: string;
  readonly jailProgram: string;
  readonly probeProgram: string;
}

/** One line of the suite's output. Of place `jail` there is one: its boundary, with the reasons why it is not more. */
export interface Record {
  readonly place: 'jail' | 'no jail' | 'process' | 'child of wasm';
  readonly name: string;
  readonly breaches: readonly string[];
  readonly ending: Ending;
  readonly durationMs: number;
  /** Last words, for people. */
  readonly message: string;
}
