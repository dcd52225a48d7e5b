// What every reader of test output speaks in: what was printed, and what could be told of it without a doubt.
import type { FailureClass } from '#domain/consistency/state.ts';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A line of a file that a stack or a compiler names, as it was printed. */
export interface Frame {
  readonly file: string;
  readonly line: number;
}

export type FailureKind = Exclude<FailureClass, 'none'>;

/** One thing that went wrong. */
export interface Failure {
  readonly class: FailureKind;
  /** Name of the test with its groups; absent when it is about a file or the whole run. */
  readonly test?: string;
  readonly file?: string;
  /** Counted from 1. */
  readonly line?: number;
  /** First line of the error, with the next when the first one only announces it. */
  readonly message: string;
  /** Places of the workspace in the stack, the innermost first. */
  readonly frames: readonly Frame[];
}

/** What a report says; without `counts` it names failures only. */
export interface Reading {
  readonly counts?: TestCounts;
  readonly failures: readonly Failure[];
}

/** What a run printed, without terminal sequences. */
export interface Printed {
  /** Stdout, every line whole: reports in JSON stand on one line. */
  readonly whole: string;
  /** Stdout, and stdout with stderr after it, with lines cut to what patterns may be tried on. */
  readonly stdout: string;
  readonly text: string;
  /** The lines of `text`. */
  readonly lines: readonly string[];
}

/** Reads one form of report; undefined when it is not that form. */
export type Reader = (printed: Printed) => Reading | undefined;

const limits = { message: 300 } as const;

/** Most failures that a reading holds. */
export const maxFailures = 200;

/** Most lines of one failure that are looked at: a hostile output must not cost more than its length. */
const blockLines = 400;

interface Details {
  readonly test?: string | undefined;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly frames?: readonly Frame[];
}

/** A failure. Its place is the one that is told, completed from the frames, or else the innermost frame. */
export function failureOf(kind: FailureKind, message: string, { test, file, line, frames = [] }: Details = {}): Failure {
  const place = file === undefined ? { ...frames[0] } : { file, line: line ?? frames.find((frame) => isSameFile(frame.file, file))?.line };
  const optional = { test: test?.slice(0, limits.message), ...place };
  const stated = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<Record<'test' | 'file', string> & Record<'line', number>>;
  return { class: kind, ...stated, message: messageOf(message), frames };
}

/** True when one path is the end of the other: runners print absolute and relative ones, and bundlers paths from their own root. */
function isSameFile(one: string, other: string): boolean {
  const [first, second] = [`/${one}`, `/${other}`].map((path) => path.replace(/^\/+/, '/'));
  return first !== undefined && second !== undefined && (first.endsWith(second) || second.endsWith(first));
}

/** A reading with as many failures as a report needs. */
export function reading(counts: TestCounts | undefined, failures: readonly Failure[]): Reading {
  const some = failures.slice(0, maxFailures);
  return counts === undefined ? { failures: some } : { counts, failures: some };
}

/** The first line that says something, cut. */
export function firstLine(text: string): string {
  return (sayingLines(text)[0] ?? 'no message').slice(0, limits.message);
}

/** The same with the next one, when it only announces that: `Expected values to be strictly equal:`. */
function messageOf(text: string): string {
  const [line = 'no message', next = ''] = sayingLines(text);
  return (line.endsWith(':') ? `${line} ${next}`.trim() : line).slice(0, limits.message);
}

function sayingLines(text: string): readonly string[] {
  return text.split('\n', 50).map((candidate) => candidate.trim()).filter((candidate) => candidate !== '');
}

/** The lines from `start` up to the first that `isEnd` takes. */
export function linesUntil(lines: readonly string[], start: number, isEnd: (line: string) => boolean): readonly string[] {
  const some = lines.slice(start, start + blockLines);
  const end = some.findIndex(isEnd);
  return end === -1 ? some : some.slice(0, end);
}

/** Lines with what follows each of them up to the next one that `isHead` takes. */
export function blocks(lines: readonly string[], headOf: (line: string) => string | undefined): readonly { readonly head: string; readonly body: readonly string[] }[] {
  const found: { head: string; body: string[] }[] = [];
  for (const line of lines) {
    const head = headOf(line);
    const last = found.at(-1);
    if (head !== undefined) found.push({ head, body: [] });
    else if (last !== undefined) last.body.push(line);
  }
  return found;
}

/** Sum of the numbers before some words: `3 passed, 1 error`. */
export function countOf(text: string, ...words: readonly string[]): number {
  return words.reduce((sum, word) => sum + Number(new RegExp(String.raw`(?:^|\D)(\d+) ${word}\b`).exec(text)?.[1] ?? 0), 0);
}
