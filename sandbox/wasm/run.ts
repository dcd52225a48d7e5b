// One code action on one child: claimed, bounded, and told as a result when nothing of the child is left.
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Boundary, CodeAction, Ending, RunResult } from '#sandbox/port.ts';
import type { Child, ChildEnd } from './child.ts';
import type { OnPrint } from './conversation.ts';
import { wasmLimits } from './limits.ts';
import { keepPrinted } from './output.ts';
import type { Claim } from './protocol.ts';
import { verdictOf } from './verdict.ts';

export interface RunDeps {
  readonly clock: Clock;
  /** What separates the run from its host. */
  readonly boundary: Boundary;
  /** What the random numbers of the code begin with, 32 bits. */
  readonly seed: number;
}

/** Runs `action` on `child`, which serves nothing else; resolves, never rejects. */
export async function runOnChild(child: Child, action: CodeAction, { clock, boundary, seed }: RunDeps, { signal, onOutput }: { readonly signal: AbortSignal; readonly onOutput?: OnPrint | undefined }): Promise<RunResult> {
  const startedAt = clock.monotonic();
  let cause: Ending | undefined;
  const stop = (ending: Ending) => {
    cause ??= ending;
    child.stop();
  };
  const output = keepPrinted(action.limits.outputBytes, () => stop('outputCap'), onOutput);
  const claim = claimOf(action, seed);
  if (typeof claim === 'string') stop('denied');
  const release = stopWhen({ signal, onAbort: () => stop('aborted') }, clock.after(action.limits.wallMs, () => stop('timeout')));
  const isReady = await child.ready;
  if (isReady && cause === undefined && typeof claim !== 'string') child.claim(claim, output.print);
  const end = await child.ended;
  release();
  const verdict = cause === undefined ? verdictOf(end, isReady) : { ending: cause, ...(typeof claim === 'string' ? { message: claim } : {}) };
  if (verdict.ending === 'failed' && end.done?.stack) output.print('stderr', Buffer.from(end.done.stack));
  return { ...verdict, ...measured(end), stdout: output.text('stdout'), stderr: output.text('stderr'), durationMs: Math.round(clock.monotonic() - startedAt), boundary };
}

/** The claim, or why there can be none. */
function claimOf({ source, input, workingFolder, limits }: CodeAction, seed: number): Claim | string {
  let text: string | undefined;
  try {
    text = JSON.stringify(input ?? null) as string | undefined;
  } catch (error) {
    return `the input is no JSON: ${messageOf(error)}`;
  }
  if (text === undefined) return 'the input is no JSON';
  const memoryBytes = Math.min(limits.memoryBytes ?? wasmLimits.defaultMemoryBytes, wasmLimits.memoryBytes);
  const claim = { source, input: text, folder: workingFolder ?? '.', seed, memoryBytes, valueBytes: Math.min(limits.outputBytes, wasmLimits.valueBytes) };
  if (Buffer.byteLength(JSON.stringify(claim)) > wasmLimits.claimBytes) return `source and input are larger than ${wasmLimits.claimBytes} bytes`;
  return claim;
}

function stopWhen({ signal, onAbort }: { readonly signal: AbortSignal; readonly onAbort: () => void }, cancelDeadline: () => void): () => void {
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  return () => {
    cancelDeadline();
    signal.removeEventListener('abort', onAbort);
  };
}

function measured({ exit }: ChildEnd): Pick<RunResult, 'cpuMs' | 'peakMemoryBytes'> {
  return exit.kind === 'report' ? { cpuMs: exit.report.cpuMs, peakMemoryBytes: exit.report.peakMemoryBytes } : {};
}
