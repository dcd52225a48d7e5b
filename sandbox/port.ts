// The port of every sandbox back end. One action in a folder of its own: prepared, run, killed, with a typed result.

/** What bounds one run. All are enforced; a back end that cannot enforce one says so in its boundary. */
export interface Limits {
  readonly wallMs: number;
  readonly cpuMs?: number;
  readonly memoryBytes?: number;
  /** Bytes kept of stdout and stderr each; more ends the run as outputCap. */
  readonly outputBytes: number;
  readonly processes?: number;
}

/** Files the action finds: copied in, never shared. */
export interface CopyIn {
  /** Folder whose content is copied. */
  readonly from: string;
  readonly maxFiles: number;
  readonly maxBytes: number;
  /** Folders elsewhere that the files refer to and that programs may read there, never write. Code actions see the copy alone. */
  readonly alsoReadable?: readonly string[];
}

interface Bounded {
  readonly limits: Limits;
}

/** A program of the host's tool chains, for the back ends process and docker. */
export interface CommandAction extends Bounded {
  readonly kind: 'command';
  /** argv of a program; the first is looked up on the PATH that the sandbox sets. No shell. */
  readonly command: readonly string[];
  /** Folder relative to the prepared one. */
  readonly workingFolder?: string;
  /** The whole environment the action sees, besides PATH, HOME, TMPDIR and LANG, which the sandbox sets. */
  readonly env: Readonly<Record<string, string>>;
  readonly network: 'none' | 'open';
}

/** JavaScript for the back end wasm: the body of an async function of `input`, with readFile, writeFile and listFiles over the prepared folder. */
export interface CodeAction extends Bounded {
  readonly kind: 'code';
  readonly source: string;
  /** JSON value that the code finds as `input`. */
  readonly input: unknown;
  /** Folder relative to the prepared one that the code's paths begin at. */
  readonly workingFolder?: string;
}

export type Action = CommandAction | CodeAction;

export type Boundary = 'none' | 'partial' | 'full';

export type Ending = 'completed' | 'failed' | 'timeout' | 'outOfMemory' | 'outputCap' | 'denied' | 'aborted' | 'missingTool';

export interface RunResult {
  readonly ending: Ending;
  /** Exit code; undefined when a signal ended it or it never started. */
  readonly exitCode?: number;
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  /** CPU time of all processes of the run, where the back end measures it. */
  readonly cpuMs?: number;
  /** Largest memory of the run, summed over its processes, where the back end measures it. */
  readonly peakMemoryBytes?: number;
  readonly boundary: Boundary;
  /** Folder that TMPDIR named for the run, where the back end gives it one. */
  readonly temporaryFolder?: string;
  /** JSON text of what a code action returned. */
  readonly value?: string;
  /** Why, for denied, missingTool and outOfMemory. */
  readonly message?: string;
}

/** Caps on what runs may leave in a folder. */
export interface CopyOut {
  readonly maxFiles: number;
  readonly maxBytes: number;
}

/** A folder made ready for runs. */
export interface Prepared {
  readonly folder: string;
  /** Runs one action; resolves, never rejects, also when `signal` aborts: then every process of the run is dead. */
  run(action: Action, signal: AbortSignal, onOutput?: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void): Promise<RunResult>;
  /** Why the files in the folder may not be taken out (links out, hard links, devices, set-id files, too many, too large), empty when they may. Call it when nothing runs. */
  inspect(caps: CopyOut): Promise<readonly string[]>;
  /** Removes the folder and whatever still runs in it. */
  dispose(): Promise<void>;
}

/** What separates code run here from its host, and why it is not more. */
export interface BoundaryReport {
  readonly boundary: Boundary;
  readonly reasons: readonly string[];
}

export interface Sandbox {
  readonly name: 'process' | 'wasm' | 'docker';
  probe(): Promise<BoundaryReport>;
  /** Copies files into a new folder (without `copyIn`: an empty one). Refuses links out of it, devices and more than the caps. */
  prepare(copyIn?: CopyIn): Promise<Prepared>;
  /** Kills everything that runs and disposes of every prepared folder. */
  shutdown(): Promise<void>;
}
