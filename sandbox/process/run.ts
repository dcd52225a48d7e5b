// Runs one program behind the jail and answers only when nothing of it is left.
import type { Clock } from '#platform/clock.ts';
import { delay } from '#platform/clock.ts';
import type { Jail, JailedProcess, JailOrder, JailReport } from '#sandbox/jail/launcher.ts';
import type { Ending, RunResult } from '#sandbox/port.ts';
import { collectOutput, type OnOutput } from './output.ts';

/** How long output may stay open after every process we know of is dead, in milliseconds. */
const stragglerMs = 1000;

export interface ProcessRun {
  readonly jail: Jail;
  readonly order: JailOrder;
  /** Bytes kept of stdout and stderr each. */
  readonly outputBytes: number;
  readonly clock: Clock;
}

/** Runs an order to its end; resolves, never rejects. */
export async function runProcess({ jail, order, outputBytes, clock }: ProcessRun, signal: AbortSignal, onOutput?: OnOutput): Promise<RunResult> {
  const startedAt = clock.monotonic();
  const jailed = jail.start(order);
  let cause: Ending | undefined;
  const stop = (ending: Ending) => {
    cause ??= ending;
    jailed.stop();
  };
  const output = collectOutput(jailed, outputBytes, () => stop('outputCap'), onOutput);
  const onAbort = () => stop('aborted');
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const end = await jailed.ended;
  signal.removeEventListener('abort', onAbort);
  await Promise.race([output.ended, delay(clock, stragglerMs)]);
  output.cut();
  const { boundary } = jail.report;
  const measured = boundary === 'none' ? {} : measuredOf(end);
  return { ...verdictOf(end, cause, order), ...measured, stdout: output.text('stdout'), stderr: output.text('stderr'), durationMs: Math.round(clock.monotonic() - startedAt), boundary };
}

type End = Awaited<JailedProcess['ended']>;
type Verdict = Pick<RunResult, 'ending' | 'exitCode' | 'signal' | 'message'>;

function measuredOf(end: End): Pick<RunResult, 'cpuMs' | 'peakMemoryBytes'> {
  return end.kind === 'report' ? { cpuMs: end.report.cpuMs, peakMemoryBytes: end.report.peakMemoryBytes } : {};
}

function verdictOf(end: End, cause: Ending | undefined, order: JailOrder): Verdict {
  if (end.kind === 'broken') return { ending: cause ?? (end.neverRan === true ? 'denied' : 'failed'), message: end.message };
  const { why, exitCode, signal } = end.report;
  const how = { ...(exitCode === undefined ? {} : { exitCode }), ...(signal === undefined ? {} : { signal }) };
  if (why === 'exit') return { ...ownEnd(exitCode, signal), ...how };
  return { ...(why === 'stopped' ? { ending: cause ?? 'aborted' } : overLimit(why, order)), ...how };
}

/** Signals that the kernel sends for a limit. */
const signalEnds: Readonly<Record<string, Verdict>> = {
  SIGXCPU: { ending: 'timeout', message: 'one process used more CPU time than the run may' },
  SIGXFSZ: { ending: 'failed', message: 'it wrote a file larger than a run may' },
  SIGKILL: { ending: 'failed', message: 'killed by the system: perhaps it needs more memory than the pod has' },
};

/** It ended by itself, or the kernel ended one process. */
function ownEnd(exitCode: number | undefined, signal: string | undefined): Verdict {
  return signalEnds[signal ?? ''] ?? { ending: exitCode === 0 ? 'completed' : 'failed' };
}

function overLimit(why: Exclude<JailReport['why'], 'exit' | 'stopped'>, { limits }: JailOrder): Verdict {
  switch (why) {
    case 'wall':
      return { ending: 'timeout' };
    case 'cpu':
      return { ending: 'timeout', message: `it used more than ${limits.cpuMs ?? 0} ms of CPU time` };
    case 'memory':
      return { ending: 'outOfMemory', message: `its processes needed more than ${limits.memoryBytes ?? 0} bytes of memory together` };
    case 'tasks':
      return { ending: 'failed', message: `it started more than ${limits.processes ?? 0} processes and threads` };
  }
}
