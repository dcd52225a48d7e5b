// Runs one program in its own process group and answers only when nothing of it is left.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Clock } from '#platform/clock.ts';
import { delay } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Ending, Limits, RunResult } from '#sandbox/port.ts';
import { killGroup, killMarked } from './kill.ts';
import { collectOutput, type OnOutput } from './output.ts';

/** How long output may stay open after every process we know of is dead, in milliseconds. */
const stragglerMs = 1000;

export interface Order {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly limits: Limits;
  /** `NAME=value` of `env` that no other run has. */
  readonly marker: string;
}

interface Exit {
  readonly code?: number;
  readonly signal?: string;
  readonly error?: Error;
}

/** Runs `order` to its end; resolves, never rejects. */
export async function runProcess(order: Order, signal: AbortSignal, clock: Clock, onOutput?: OnOutput): Promise<RunResult> {
  const startedAt = clock.monotonic();
  const took = () => Math.round(clock.monotonic() - startedAt);
  let child: ChildProcess;
  try {
    child = spawn(order.program, order.args, { cwd: order.folder, env: order.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    return notRun('denied', messageOf(error));
  }
  const exited = exitOf(child);
  let cause: Ending | undefined;
  const stop = (ending: Ending) => {
    cause ??= ending;
    killGroup(child.pid);
  };
  const output = collectOutput(child, order.limits.outputBytes, () => stop('outputCap'), onOutput);
  const release = stopWhen(signal, clock, order.limits.wallMs, stop);
  const exit = await exited;
  release();
  killGroup(child.pid);
  await killMarked(order.marker);
  await Promise.race([output.ended, delay(clock, stragglerMs)]);
  output.cut();
  return { ...verdict(exit, cause), stdout: output.text('stdout'), stderr: output.text('stderr'), durationMs: took(), boundary: 'none' };
}

/** Answer for what never started. */
export function notRun(ending: 'denied' | 'missingTool' | 'aborted', message: string): RunResult {
  return { ending, message, stdout: '', stderr: '', durationMs: 0, boundary: 'none' };
}

function stopWhen(signal: AbortSignal, clock: Clock, wallMs: number, stop: (ending: Ending) => void): () => void {
  const onAbort = () => stop('aborted');
  const cancelDeadline = clock.after(wallMs, () => stop('timeout'));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return () => {
    cancelDeadline();
    signal.removeEventListener('abort', onAbort);
  };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('exit', (code, signal) => resolve({ ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) }));
  });
}

function verdict({ code, signal, error }: Exit, cause: Ending | undefined): Pick<RunResult, 'ending' | 'exitCode' | 'signal' | 'message'> {
  if (error !== undefined) return { ending: 'denied', message: messageOf(error) };
  const how = { ...(code === undefined ? {} : { exitCode: code }), ...(signal === undefined ? {} : { signal }) };
  if (cause !== undefined) return { ending: cause, ...how };
  if (signal === 'SIGKILL') return { ending: 'failed', ...how, message: 'killed by the system: perhaps it needs more memory than the pod has' };
  return { ending: code === 0 ? 'completed' : 'failed', ...how };
}
