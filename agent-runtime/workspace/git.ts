// The git program, held short: no configuration, hooks, prompts or helpers of the host, no transport that was not allowed, killed with all its children.
import { spawn } from 'node:child_process';
import { PlatformError } from '#platform/errors.ts';
import { killGroup } from '#sandbox/process/kill.ts';

const maxOutputBytes = 16 * 1024 * 1024;

/** Set on each call, so that no repository's own configuration decides what is executed. */
const fixedConfig: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.autocrlf', 'false'],
  ['core.quotePath', 'false'],
  ['credential.helper', ''],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['pack.threads', '1'],
  ['protocol.version', '2'],
  ['submodule.recurse', 'false'],
  ['advice.detachedHead', 'false'],
];

export interface GitOptions {
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** Configuration of this one call, as names and values. */
  readonly config?: readonly (readonly [string, string])[];
}

/** Runs git with `args` and returns its standard output without the last newline. Rejects with a PlatformError of kind `git`. */
export type Git = (args: readonly string[], options: GitOptions) => Promise<string>;

export interface GitHost {
  /** PATH on which git and its helpers are found. */
  readonly path: string;
  /** Folder without a configuration of anybody. */
  readonly home: string;
  /** Transports that a URL may name. */
  readonly protocols: readonly string[];
}

/** Transports of workspaces: a file URL would read the agent's own disk. */
export const remoteProtocols: readonly string[] = ['https', 'http', 'ssh', 'git'];

/** A git for these surroundings. */
export function createGit({ path, home, protocols }: GitHost): Git {
  const surroundings = {
    PATH: path,
    HOME: home,
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: protocols.join(':'),
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
  };
  return async (args, { folder, signal, env, config = [] }) => {
    const failed = (why: string) => new PlatformError('git', `git ${args[0]}: ${why}`);
    if (wasStopped(signal)) throw failed('stopped before it started');
    const settings = [...fixedConfig, ...config].flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const { code, out, err, error } = await runGit([...settings, ...args], folder, { ...surroundings, ...env }, signal);
    if (code === 0) return out.replace(/\n$/, '');
    if (error !== undefined) throw failed(`${error.message}; the agent's image must have git`);
    throw failed(wasStopped(signal) ? 'stopped' : reasonIn(err, out, code));
  };
}

function wasStopped(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly error?: Error;
}

function runGit(args: readonly string[], folder: string, env: Readonly<Record<string, string>>, signal: AbortSignal | undefined): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn('git', args, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    // The group holds git's helpers too: a fetch is several processes.
    const kill = () => killGroup(child.pid);
    const [out, err] = [gather(child.stdout, kill), gather(child.stderr, kill)];
    const end = (code: number | null, error?: Error) => {
      signal?.removeEventListener('abort', kill);
      resolve({ code, out: out(), err: err(), ...(error === undefined ? {} : { error }) });
    };
    signal?.addEventListener('abort', kill, { once: true });
    child.once('error', (error) => end(null, error));
    child.once('close', (code) => end(code));
  });
}

function gather(stream: NodeJS.ReadableStream, onTooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxOutputBytes) onTooMuch();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

/** The line that says most: a refused ref of a push, else the cause, which git puts on a line of its own after `fatal:` or `error:`. */
function reasonIn(stderr: string, stdout: string, code: number | null): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const refused = stdout.split('\n').find((line) => line.startsWith('!\t'))?.replaceAll('\t', ' ').slice(2);
  const line = refused ?? lines.find((text) => /^(fatal|error):/.test(text)) ?? lines.at(-1) ?? `ended with ${code ?? 'a signal'}`;
  return line.slice(0, 400);
}
