// The docker command line for one engine: what it was told, what it answered.
import { execFile } from 'node:child_process';

export interface Answer {
  /** Exit code; 1 when the program was killed, or could not be started. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One engine, whoever started it. */
export interface DockerClient {
  /** Program and environment, for those who need its pipes. */
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs one command to its end, whatever that is. */
  ask(...words: readonly string[]): Promise<Answer>;
  /** Runs one command and gives its output, without white space around it; rejects when it fails. */
  run(...words: readonly string[]): Promise<string>;
}

const mostBytes = 64 * 1024 * 1024;

/** A client that talks to the engine of DOCKER_HOST in `env`, or to the default one. */
export function dockerClient({ file, env }: Pick<DockerClient, 'file' | 'env'>): DockerClient {
  // Engines that have both builders take the newer one, which leaves out stages that nobody asked for.
  const all = { ...env, DOCKER_BUILDKIT: '1', BUILDKIT_PROGRESS: 'plain' };
  const ask = (...words: readonly string[]) =>
    new Promise<Answer>((resolve) => {
      execFile(file, words, { env: all, maxBuffer: mostBytes }, (error, stdout, stderr) => resolve({ code: codeOf(error), stdout, stderr: stderr === '' ? (error?.message ?? '') : stderr }));
    });
  const run = async (...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await ask(...words);
    if (code !== 0) throw new Error(`docker ${words.join(' ')} ended with ${code}: ${stderr.trim().slice(-2000)}`);
    return stdout.trim();
  };
  return { file, env: all, ask, run };
}

function codeOf(error: { readonly code?: number | string | null } | null): number {
  if (error === null) return 0;
  return typeof error.code === 'number' ? error.code : 1;
}
