// A coder that mends obvious faults: runs the tests, reads what they name, tries edits one after the other, and lets the next test run judge.
import { createHash } from 'node:crypto';
import { seeded } from '#testing/seeded.ts';
import { type Policy, type Reply, say, textOf } from '#testing/llm/policy.ts';
import type { ParsedRequest } from '#testing/llm/request.ts';
import { candidateEdits, type Edit } from './edits.ts';
import { inverse, keyOf, type Progress, progressAfter, replaceOnce } from './progress.ts';
import { suspects } from './suspects.ts';
import { isTestPath } from './test-output.ts';
import { Toolbox, type ToolName, type Values } from './tools.ts';
import { stepsOf } from './transcript.ts';

export interface FixOptions {
  /** Share of edits, 0 to 1, that are made wrong on purpose. Default 0. */
  readonly errorRate?: number;
  readonly seed?: number;
  /** Most edits that are tried. Default 24. */
  readonly maxEdits?: number;
}

/** The next step: a sentence, and a call of a tool. */
interface Move {
  readonly why: string;
  readonly tool: ToolName;
  readonly values: Values;
}

const maxFiles = 8;

/** Answers requests that offer run_tests, read_file and edit_file. */
export function fixPolicy({ errorRate = 0, seed = 1, maxEdits = 24 }: FixOptions = {}): Policy {
  return (request) => {
    const toolbox = new Toolbox(request.tools);
    if (!(['run_tests', 'read_file', 'edit_file'] as const).every((name) => toolbox.has(name))) return undefined;
    const progress = progressAfter(stepsOf(request));
    if (progress.isFinished) return say('Done.');
    // By what was sent, not by a counter: conversations side by side must not change each other.
    const draw = () => seeded(digest(`${seed} ${progress.tried.size} ${firstWords(request)}`))() < errorRate;
    return toReply(nextMove(progress, { toolbox, maxEdits, isWrong: draw }), toolbox);
  };
}

interface Manner {
  readonly toolbox: Toolbox;
  readonly maxEdits: number;
  readonly isWrong: () => boolean;
}

function nextMove(progress: Progress, manner: Manner): Move {
  const { tests, trial, tried } = progress;
  if (tests === undefined) return { why: 'First I run the tests.', tool: 'run_tests', values: {} };
  if (trial !== undefined) return goOn(trial);
  if (tests.isPassed) return { why: 'The tests pass.', tool: 'finish', values: { isFixed: true, summary: `The tests pass; edits tried: ${tried.size}.` } };
  if (tried.size >= manner.maxEdits) return giveUp(`after ${tried.size} edits`);
  return look(progress, manner) ?? change(progress, manner) ?? search(progress, manner) ?? giveUp('no edit that I know fits');
}

function goOn(trial: NonNullable<Progress['trial']>): Move {
  if (trial.isBad) return { why: `That did not help, so I take it back in ${trial.path}.`, tool: 'edit_file', values: valuesOf(inverse(trial)) };
  return { why: 'The tests will tell whether that was it.', tool: 'run_tests', values: {} };
}

/** Tools for excerpts find `before` and `after`, tools for whole files the content: each reads what its schema names. */
function valuesOf({ path, before, after }: Edit): Values {
  return { path, before, after, content: after };
}

/** Lists files, then reads those that the failure leads to. */
function look(progress: Progress, { toolbox }: Manner): Move | undefined {
  if (progress.listing === undefined && toolbox.has('list_files')) return { why: 'Which files are there?', tool: 'list_files', values: {} };
  if (progress.files.size >= maxFiles) return undefined;
  const path = suspects(progress).find((file) => !progress.files.has(file) && !progress.unreadable.has(file));
  return path === undefined ? undefined : { why: `The failure leads to ${path}.`, tool: 'read_file', values: { path } };
}

function change(progress: Progress, { toolbox, isWrong }: Manner): Move | undefined {
  const { tests, files, tried } = progress;
  if (tests === undefined) return undefined;
  const candidates = suspects(progress)
    .filter((path) => !isTestPath(path))
    .flatMap((path) => candidateEdits(path, files.get(path) ?? '', tests))
    .toSorted((a, b) => a.rank - b.rank);
  const untried = (edits: readonly Edit[]) => edits.map((edit) => (toolbox.editsExcerpts ? edit : ofWholeFile(edit, files))).find((edit) => !tried.has(keyOf(edit)));
  const right = untried(candidates);
  if (right === undefined) return undefined;
  const edit = isWrong() ? (untried(candidates.map(({ wrong }) => wrong)) ?? right) : right;
  return { why: `In ${edit.path} I try another operator.`, tool: 'edit_file', values: valuesOf(edit) };
}

function ofWholeFile(edit: Edit, files: Progress['files']): Edit {
  const text = files.get(edit.path) ?? '';
  return { path: edit.path, before: text, after: replaceOnce(text, edit) };
}

/** Nothing named a file: perhaps a name in the output is defined somewhere. */
function search({ tests, hasSearched }: Progress, { toolbox }: Manner): Move | undefined {
  if (hasSearched || !toolbox.has('search')) return undefined;
  const name = [...(tests?.words ?? [])].find((word) => /^[a-z]+(?:[A-Z]|_[a-z])\w*$/.test(word) && !/test|error|exit/i.test(word));
  return name === undefined ? undefined : { why: `Where is ${name} defined?`, tool: 'search', values: { query: name } };
}

function giveUp(reason: string): Move {
  return { why: 'I stop here.', tool: 'finish', values: { isFixed: false, summary: `The tests still fail: ${reason}. All edits that did not help are taken back.` } };
}

function toReply({ why, tool, values }: Move, toolbox: Toolbox): Reply {
  return toolbox.has(tool) ? { content: [{ type: 'text', text: why }, toolbox.call(tool, values)] } : say(values.summary ?? why);
}

function firstWords({ turns }: ParsedRequest): string {
  return turns[0] === undefined ? '' : textOf(turns[0]);
}

function digest(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE();
}
