// Which files a question needs: those of its tenant, whose times touch what is asked for, in the order in which the log had them.
import type { Manifest, Part, Span } from '#api/archive.ts';
import type { Instant } from '#api/time.ts';

export interface Question {
  readonly stream: Manifest['stream'];
  /** Absent: of all tenants. */
  readonly tenant?: string;
  readonly from?: Instant;
  readonly until?: Instant;
  /** Of this log only messages before this number: the others are read elsewhere. */
  readonly before?: { readonly log: string; readonly sequence: number };
}

/** A piece of the log with the files that are needed of it. */
export interface Choice {
  readonly manifest: Manifest;
  readonly parts: readonly Part[];
  /** Messages before it that no manifest covers: one was lost. */
  readonly hole?: Span;
}

/** The pieces in their order: older logs first. Pieces without a file of the question are among them, for what is missing in them. */
export function choose(manifests: readonly Manifest[], question: Question): Choice[] {
  return manifests
    .filter((manifest) => manifest.stream === question.stream && isAsked(manifest, question))
    .toSorted((a, b) => compare(a.log, b.log) || a.first - b.first)
    .map((manifest, index, ordered) => ({ manifest, parts: manifest.parts.filter((part) => isNeeded(part, question)), ...holeBefore(manifest, ordered.slice(0, index)) }));
}

function holeBefore({ log, first }: Manifest, before: readonly Manifest[]): Pick<Choice, 'hole'> {
  const covered = Math.max(...before.filter((manifest) => manifest.log === log).map(({ last }) => last));
  return Number.isFinite(covered) && first > covered + 1 ? { hole: { first: covered + 1, last: first - 1 } } : {};
}

function isAsked({ log, first }: Manifest, { before }: Question): boolean {
  return before === undefined || log !== before.log || first < before.sequence;
}

function isNeeded({ tenant, from, until }: Part, question: Question): boolean {
  return (question.tenant ?? tenant) === tenant && until >= (question.from ?? until) && from <= (question.until ?? from);
}

/** Messages that neither the manifests of a log nor the log itself have: between the last one archived and the first one that is left. */
export function missingBetween(manifests: readonly Manifest[], { stream, before }: Pick<Question, 'stream' | 'before'>): Span | undefined {
  if (before === undefined) return undefined;
  const own = manifests.filter((manifest) => manifest.stream === stream && manifest.log === before.log);
  const archived = Math.max(0, ...own.map(({ last }) => last));
  return archived + 1 < before.sequence ? { first: archived + 1, last: before.sequence - 1 } : undefined;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
