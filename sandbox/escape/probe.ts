// What an attempt to break out is, as data: what is tried, and by what success would show.
import type { Limits, RunResult } from '#sandbox/port.ts';

/** One attempt. Words that begin with `$` name things of the host that it is about (host.ts). */
export interface EscapeProbe {
  /** Arguments of the probe program (native/), or of node when `program` says so. */
  readonly tries: readonly string[];
  readonly program?: 'node';
  /** Its own word counts: exit code 0 means that the call went through. For what leaves no trace on the host. */
  readonly byWord?: true;
  readonly limits?: Partial<Limits>;
  /** How the run must end. */
  readonly ends?: Partial<RunResult>;
  /** It gets through when there is no jail, which proves that it can. Unset for what would hurt the host then, and for what a kernel may refuse to everyone. */
  readonly free?: true;
}

/** Attempts by the sentence that says what must not happen. */
export type EscapeProbes = Readonly<Record<string, EscapeProbe>>;
