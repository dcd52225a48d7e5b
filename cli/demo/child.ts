// Child processes of the demo: their output is kept for the message when they fail, and they end with the signal.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { basename } from 'node:path';
import { Refusal } from '../failure.ts';

export interface ChildOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder?: string;
  /** Text for standard input. */
  readonly input?: string;
  readonly signal?: AbortSignal;
}

/** Runs a program to its end and gives its standard output; refuses with its last words when it fails. */
export async function runChild(file: string, args: readonly string[], { env, folder, input, signal }: ChildOptions): Promise<string> {
  const child = spawn(file, [...args], { env: { ...env }, stdio: 'pipe', ...(folder === undefined ? {} : { cwd: folder }), ...(signal === undefined ? {} : { signal }) });
  // A child that does not read its input to the end says itself what is wrong.
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [code, output, complaint] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code === 0) return output;
  const lastWords = `${complaint}\n${output}`.trim().split('\n').slice(0, 3).join(' | ');
  throw new Refusal(`run ${basename(file)} ${args.slice(0, 4).join(' ')}: exit code ${code ?? 'none'}: ${lastWords}`, 'correct what it says and run the demo again');
}
