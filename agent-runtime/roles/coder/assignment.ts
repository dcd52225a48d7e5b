// The first message of a Coder's conversation: the task, what other tasks found, and how an earlier try ended.
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { End } from '#agent-runtime/thinking/loop.ts';
import { quoted, taskText, trimmed } from '#agent-runtime/thinking/quote.ts';
import type { TestsEnd } from '#agent-runtime/thinking/workbench.ts';

const limits = { inputBytes: 16_000, words: 4000, paths: 50, saidTurns: 5 } as const;

/** A try of another model that did not get there. */
export interface EarlierTry {
  readonly end: End;
  /** What the model said in its turns, oldest first. */
  readonly said: readonly string[];
  readonly tests: TestsEnd | 'unknown';
  /** Paths that its edits had written, sorted. */
  readonly written: readonly string[];
  /** Set when its changes could not be taken back. */
  readonly isKept: boolean;
}

/** Results of other tasks are texts of others. */
export function assignmentOf(instructions: string, inputs: JsonObject, before: EarlierTry | undefined): string {
  const results = Object.keys(inputs).length === 0 ? [] : [`Results of other tasks that this one was given:\n${quoted(trimmed(JSON.stringify(inputs), limits.inputBytes))}`];
  return [taskText(instructions), ...results, ...(before === undefined ? [] : [tellingOf(before)])].join('\n');
}

const tests: Readonly<Record<EarlierTry['tests'], string>> = {
  passed: 'The tests passed when it ended.',
  failed: 'The tests that it ran last failed.',
  absent: 'It found no tests.',
  unknown: 'It did not run the tests after its last change.',
};

/** Our words first; what the model itself said and wrote is data, like the words of anybody. */
function tellingOf({ end, said, written, isKept, ...before }: EarlierTry): string {
  const files = isKept ? 'Its changes could not be taken back: they are still in the files.' : 'Its changes are taken back: the files are as they were before it.';
  const words = ['summary' in end ? `It ended with: ${end.summary}` : '', ...said.slice(-limits.saidTurns).map((text) => `It said: ${text}`), written.length === 0 ? '' : `It had written: ${written.slice(0, limits.paths).join(', ')}`];
  const data = words.filter((text) => text !== '').join('\n');
  return [`Another model tried before you, and did not get there: ${whyOf(end)}. ${tests[before.tests]} ${files}`, ...(data === '' ? [] : [quoted(trimmed(data, limits.words))])].join('\n');
}

function whyOf(end: End): string {
  return 'summary' in end ? 'it gave up' : end.message;
}
