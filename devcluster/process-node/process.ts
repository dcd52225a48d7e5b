// One local process in the place of a container: a session and group of its own, never the node's user when that is root.
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { killSession } from '../ledger.ts';
import { identify, type ProcessIdentity } from '../processes.ts';

export interface ProcessSpec {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  /** User and group id of the pod; absent: the node's own. */
  readonly user: number | undefined;
  readonly onOutput: (stream: 'stdout' | 'stderr', text: string) => void;
}

/** How a process ended. A signal gives 128 + its number, as shells say it. */
export interface Exit {
  readonly exitCode: number;
  readonly signal?: number;
  /** Why it never started. */
  readonly startFault?: string;
}

export interface RunningProcess {
  /** Undefined when it never started. */
  readonly identity: ProcessIdentity | undefined;
  readonly exited: Promise<Exit>;
  /** SIGTERM to the process alone: it ends its own children in order. */
  terminate(): void;
  /** SIGKILL to everything it started. */
  kill(): void;
}

const neverStarted = 128;
const outputDrainMs = 500;

/** Starts a process. A program that cannot be started is an exit with a fault, not an error. */
export function startProcess({ argv, env, folder, user, onOutput }: ProcessSpec): RunningProcess {
  const [file = '', ...args] = argv;
  let child: ChildProcess;
  try {
    child = spawn(file, args, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'], ...(user === undefined ? {} : { uid: user, gid: user }) });
  } catch (error) {
    return notStarted(file, error);
  }
  for (const name of ['stdout', 'stderr'] as const) child[name]?.setEncoding('utf8').on('data', (text: string) => onOutput(name, text));
  const { pid } = child;
  const exited = exitOf(child, file);
  if (pid === undefined) return { identity: undefined, exited, terminate: () => {}, kill: () => {} };
  return {
    identity: identify(pid),
    exited,
    terminate: () => child.kill('SIGTERM'),
    kill: () => {
      child.kill('SIGKILL');
      killSession(pid);
    },
  };
}

function exitOf(child: ChildProcess, file: string): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ exitCode: neverStarted, startFault: `start ${file}: ${error.message}` });
    });
    child.once('exit', (code, signal) => {
      // As in a container, nothing outlives the first process; what it left behind would also hold the pipes open.
      if (child.pid !== undefined) killSession(child.pid);
      const exit = code === null ? signalled(signal) : { exitCode: code };
      const timer = setTimeout(() => resolve(exit), outputDrainMs);
      child.once('close', () => {
        clearTimeout(timer);
        resolve(exit);
      });
    });
  });
}

function signalled(signal: NodeJS.Signals | null): Exit {
  const number = signal === null ? 0 : constants.signals[signal];
  return { exitCode: 128 + number, signal: number };
}

function notStarted(file: string, error: unknown): RunningProcess {
  const startFault = `start ${file}: ${error instanceof Error ? error.message : String(error)}`;
  return { identity: undefined, exited: Promise.resolve({ exitCode: neverStarted, startFault }), terminate: () => {}, kill: () => {} };
}
