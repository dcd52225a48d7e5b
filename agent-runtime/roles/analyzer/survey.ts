// One pass over a tree: each file is read once, a few at a time, and what it says by itself is kept. Memory grows with the number of files and tokens, not with their texts.
import { availableParallelism } from 'node:os';
import type { AnalyzeCode } from '#api/intents.ts';
import type { ActionContext } from '#agent-runtime/roles/action.ts';
import { isManifest } from './dependencies/manifests.ts';
import type { FileFacts, Source } from './facts.ts';
import { decodeFacts, encodeFacts, factsKey } from './facts-codec.ts';
import { readSource } from './files.ts';
import type { Finding } from './finding.ts';
import { namesFiles } from './imports/aliases.ts';
import { countBranches, languageOf } from './languages.ts';
import { type LeftOut, leftOut } from './left-out.ts';
import { countLines } from './lines.ts';
import type { Reader } from './reader/reader.ts';
import { findSecrets } from './secrets/find-secrets.ts';
import { syntaxOf } from './syntax.ts';

export type Measure = NonNullable<AnalyzeCode['measures']>[number];

/** What can be said of every file. */
export interface Measured {
  readonly path: string;
  readonly language: string | undefined;
  readonly bytes: number;
  readonly lines: number;
  readonly branches: number;
}

/** Why the syntax of a source file was not read. `data`: too large for code, or no text. `unread`: too much for the parser. */
export type Skipped = LeftOut | 'data' | 'unread';

/** What was read of one file. */
export interface Surveyed extends Measured {
  readonly facts?: FileFacts;
  /** True when the facts were kept from an earlier analysis. */
  readonly isReused?: boolean;
  readonly skipped?: Skipped;
  readonly secrets: readonly Finding[];
  /** Of files that say something about others: manifests, configurations. */
  readonly text?: string;
}

/** Files read at the same time, each by a reader of its own. */
const width = Math.min(4, Math.max(2, availableParallelism()));
const maxSourceChars = 524_288;
const filesPerProgress = 200;
/** Share of the whole, in percent, that reading the files is. */
const percentOfReading = 90;

const bySyntax: ReadonlySet<Measure> = new Set(['imports', 'complexity', 'duplicates', 'rules']);

/** What a survey works with. */
export interface Surveying {
  readonly measures: readonly Measure[];
  readonly context: ActionContext;
  readonly openReader: () => Reader;
}

/** Reads all files; those are missing at the end that an abort left unread. */
export async function surveyFiles(paths: readonly string[], { measures, context, openReader }: Surveying): Promise<readonly Surveyed[]> {
  const found: Surveyed[] = [];
  const queue = paths.entries();
  let done = 0;
  const lane = async () => {
    const reader = openReader();
    const close = () => reader.close();
    context.signal.addEventListener('abort', close, { once: true });
    try {
      for (const [at, path] of queue) {
        if (context.signal.aborted) return;
        found[at] = await surveyFile(path, { measures, context, reader });
        done += 1;
        if (done % filesPerProgress === 0) context.progress(Math.floor((done * percentOfReading) / paths.length), `read ${done} of ${paths.length} files`);
      }
    } finally {
      context.signal.removeEventListener('abort', close);
      close();
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return found.filter((file) => file !== undefined);
}

interface Lane {
  readonly measures: readonly Measure[];
  readonly context: ActionContext;
  readonly reader: Reader;
}

async function surveyFile(path: string, lane: Lane): Promise<Surveyed> {
  const { bytes, text } = await readSource(lane.context.folder, path);
  const language = languageOf(path);
  const measured = { path, language: language?.name, bytes, lines: 0, branches: 0, secrets: [] };
  if (text === undefined) return syntaxOf(path) === undefined ? measured : { ...measured, skipped: 'data' };
  const reason = leftOut(path, text);
  const counted = { ...measured, lines: countLines(text), branches: language === undefined ? 0 : countBranches(language, text), ...(await readSyntax({ path, text, reason }, lane)) };
  // What is wrong with the files of others is not ours to change; what a build copied is.
  if (reason === 'vendored') return counted;
  return { ...counted, secrets: lane.measures.includes('secrets') ? findSecrets(path, text) : [], ...((namesFiles(path) || isManifest(path)) && { text }) };
}

type SyntaxRead = Pick<Surveyed, 'facts' | 'isReused' | 'skipped'>;

/** What the syntax of a file says, or why it was not read; nothing for files without any. */
async function readSyntax({ path, text, reason }: { readonly path: string; readonly text: string; readonly reason: LeftOut | undefined }, lane: Lane): Promise<SyntaxRead> {
  const language = syntaxOf(path);
  if (language === undefined) return {};
  if (reason !== undefined) return { skipped: reason };
  if (text.length > maxSourceChars) return { skipped: 'data' };
  return lane.measures.some((measure) => bySyntax.has(measure)) ? factsOf({ path, language, text }, lane) : {};
}

async function factsOf(source: Source, { reader, context: { cache, log } }: Lane): Promise<SyntaxRead> {
  const key = factsKey(source);
  const kept = await cache?.get(key);
  const known = kept && decodeFacts(kept);
  if (known !== undefined) return { facts: known, isReused: true };
  const answer = await reader.read(source);
  if (answer.kind === 'unread') {
    log(`${source.path} was not analysed: ${answer.why}\n`);
    return { skipped: 'unread' };
  }
  await cache?.put(key, encodeFacts(answer.facts));
  return { facts: answer.facts };
}
