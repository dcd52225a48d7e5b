// How a run ended, by what its child said and by how it died. The words of a child may be anything.
import type { JailReport } from '#sandbox/jail/launcher.ts';
import type { RunResult } from '#sandbox/port.ts';
import type { ChildEnd } from './child.ts';
import type { Done } from './protocol.ts';

type Verdict = Pick<RunResult, 'ending' | 'message' | 'value'>;

const keptLength = 1000;

/** The verdict on a run that nobody stopped. `wasReady`: the child had started, so that the code may have run. */
export function verdictOf(end: ChildEnd, wasReady: boolean): Verdict {
  if (end.fault !== undefined) return { ending: 'failed', message: `the sandbox child broke its protocol: ${end.fault}` };
  return end.done === undefined ? deathOf(end, wasReady ? 'failed' : 'denied') : answerOf(end.done, end.value);
}

function answerOf({ ending, message }: Done, value: string | undefined): Verdict {
  if (ending !== 'completed') return { ending, ...(message === undefined ? {} : { message: plain(message) }) };
  return value === undefined ? { ending: 'failed', message: 'the sandbox child answered without a value' } : { ending, value };
}

function deathOf({ exit, words }: ChildEnd, ending: 'failed' | 'denied'): Verdict {
  if (exit.kind === 'broken') return { ending, message: `the jail of the sandbox child broke: ${plain(exit.message)}` };
  const { exitCode, signal } = exit.report;
  const how = exitCode === undefined ? `was ended by ${signal ?? 'a signal'}` : `ended with ${exitCode}`;
  return boundOf(exit.report, words) ?? { ending, message: `the sandbox child ${how} before it answered${words === '' ? '' : `: ${plain(words)}`}` };
}

/** The bound that killed a child, if one did. */
function boundOf({ why }: JailReport, words: string): Verdict | undefined {
  if (why === 'memory' || words.includes('heap out of memory')) return { ending: 'outOfMemory', message: 'the code made its sandbox child need more memory than it may' };
  return why === 'wall' || why === 'cpu' ? { ending: 'timeout' } : undefined;
}

/** Text of the other side on one line, without what a terminal would obey. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, keptLength);
}
