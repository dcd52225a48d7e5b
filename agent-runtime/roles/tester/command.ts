// What running a program comes to: facts that were measured, and a verdict in words.
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { Ending, RunResult } from '#sandbox/port.ts';
import { type ActionResult, failed, succeeded } from '#agent-runtime/roles/action.ts';
import { readRun } from './read-run.ts';

const lastWords = 300;

/** The facts of a run. Counts of tests are there only when the output has a form that is recognised. */
export function observedOf(run: RunResult): JsonObject {
  return { ...measuredOf(run), ...readRun(run).counts };
}

/** The facts of a run that need no reading. */
export function measuredOf({ exitCode, durationMs, stdout, stderr }: RunResult): JsonObject {
  return { ...(exitCode === undefined ? {} : { exitCode }), durationMs: Math.round(durationMs), outputBytes: Buffer.byteLength(stdout) + Buffer.byteLength(stderr) };
}

/** The result of a run that should end with `expected`. */
export function judge(run: RunResult, expected: number, name: string, observed: JsonObject): ActionResult {
  if (run.exitCode === expected && (run.ending === 'completed' || run.ending === 'failed')) return succeeded(`${name} ended with ${expected}`, { observed });
  const ended = verdicts[run.ending](run, expected);
  const words = (run.stderr.trim() === '' ? run.stdout : run.stderr).trim().slice(-lastWords);
  return failed(run.ending === 'outputCap' ? 'OutputTooLarge' : 'ActionFailed', `${name} ${ended}${words === '' ? '' : `; it last said: ${words}`}`, { observed });
}

const exited = ({ exitCode, signal, message }: RunResult, expected: number) =>
  exitCode === undefined ? `was ended by ${signal ?? 'a signal'}${message === undefined ? '' : `: ${message}`}` : `ended with ${exitCode}, not ${expected}`;

const verdicts: Readonly<Record<Ending, (run: RunResult, expected: number) => string>> = {
  completed: exited,
  failed: exited,
  timeout: ({ durationMs }) => `was killed: it still ran after ${Math.round(durationMs / 1000)} s`,
  outOfMemory: () => 'was killed: it needed more memory than its limit',
  outputCap: () => 'was killed: it printed more than is kept',
  denied: ({ message }) => `could not be started: ${message ?? 'denied'}`,
  missingTool: ({ message }) => `could not be started: ${message ?? 'it is not installed'}; use an agent image that has it`,
  aborted: () => 'was stopped',
};
