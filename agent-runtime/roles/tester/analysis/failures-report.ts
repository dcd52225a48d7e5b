// The failures of a run for machines (failures.json), for people (failures.md) and for the status (one sentence).
import type { FailureClass } from '#domain/consistency/state.ts';
import { plainText } from '#domain/conditions.ts';
import { type Produced, textArtifact } from '#agent-runtime/roles/action.ts';
import { cell, table } from '#agent-runtime/roles/markdown.ts';
import type { TestCounts } from '#agent-runtime/roles/tester/readers/reading.ts';
import type { RunReading } from '#agent-runtime/roles/tester/read-run.ts';
import type { Analysed, Suspect } from './analyse.ts';

const shown = { inSentence: 3, inTable: 50, frames: 5, message: 160, names: 8, namesBytes: 1000, nameLength: 120 } as const;

/** What went wrong as two artifacts; none when nothing did. */
export function failureArtifacts(failures: readonly Analysed[], { counts, failureClass }: Pick<RunReading, 'counts' | 'failureClass'>): readonly Produced[] {
  if (failures.length === 0) return [];
  return [textArtifact('failures.json', 'application/json', `${JSON.stringify(failures.map(toJson), null, 2)}\n`), textArtifact('failures.md', 'text/markdown', page(failures, counts, failureClass))];
}

function toJson({ class: kind, test, file, line, message, frames, suspected }: Analysed) {
  return { class: kind, test, file, line, message, stack: frames.slice(0, shown.frames).map((frame) => `${frame.file}:${frame.line}`), suspected: suspected?.path, because: suspected?.because };
}

function page(failures: readonly Analysed[], counts: TestCounts | undefined, failureClass: FailureClass): string {
  const rows = failures.slice(0, shown.inTable).map((failure) => [failure.class, failure.test ?? '', placeOf(failure) ?? '', failure.message, suspicion(failure.suspected)]);
  const rest = failures.length - rows.length;
  return [
    `# ${cell(summary(counts, failureClass))}`,
    table(['class', 'test', 'place', 'message', 'likely cause'], rows),
    ...(rest > 0 ? [`${rest} more are in failures.json.`] : []),
  ].join('\n\n') + '\n';
}

const reasons: Readonly<Record<Suspect['because'], string>> = { stack: 'changed, and in the stack', import: 'changed, and imported by the test', name: 'changed, and named like the test', itself: 'the test itself was changed' };

function suspicion(suspect: Suspect | undefined): string {
  return suspect === undefined ? '' : `${suspect.path} (${reasons[suspect.because]})`;
}

/** What a person needs first: `3 of 41 tests failed: add.test.ts:12 expected 3, got 4; …`. */
export function sentence(failures: readonly Analysed[], { counts, failureClass }: Pick<RunReading, 'counts' | 'failureClass'>): string {
  const some = failures.toSorted((a, b) => Number(b.class === failureClass) - Number(a.class === failureClass)).slice(0, shown.inSentence);
  const told = some.map((failure) => [placeOf(failure) ?? failure.test, failure.message].filter((part) => part !== undefined).join(' ')).map((text) => plainText(text, shown.message));
  const rest = failures.length - some.length;
  const suspect = some.find(({ suspected }) => suspected !== undefined)?.suspected;
  return [
    `${summary(counts, failureClass)}: ${[...told, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ')}`,
    ...(suspect === undefined ? [] : [`likely cause: ${plainText(suspicion(suspect), shown.message)}`]),
  ].join('. ');
}

const words: Readonly<Record<FailureClass, string>> = {
  none: 'the tests failed',
  assertion: 'the tests failed',
  error: 'the tests failed with an error',
  noTests: 'there are no tests',
  compileError: 'tests cannot be loaded',
  timeout: 'the tests took too long',
  crash: 'the tests crashed',
  missingTool: 'the tests cannot run here; use an agent image that has the tool',
};

function summary(counts: TestCounts | undefined, failureClass: FailureClass): string {
  if (counts === undefined || counts.failed === 0) return words[failureClass];
  const failed = `${counts.failed} of ${counts.passed + counts.failed} tests failed`;
  return failureClass === 'assertion' || failureClass === 'error' ? failed : `${failed}, ${words[failureClass]}`;
}

function placeOf({ file, line }: Analysed): string | undefined {
  if (file === undefined) return undefined;
  return line === undefined ? file : `${file}:${line}`;
}

/** Names of failed tests for the status: a few, and short enough for it. */
export function failedTests(failures: readonly Analysed[]): readonly string[] {
  const names: string[] = [];
  let bytes = 0;
  for (const { test } of failures.slice(0, shown.names)) {
    if (test === undefined) continue;
    const name = plainText(test, shown.nameLength);
    bytes += Buffer.byteLength(JSON.stringify(name));
    if (bytes > shown.namesBytes) break;
    names.push(name);
  }
  return names;
}
