// A coder that mends obvious faults: runs the tests, reads what they name, tries edits one after the other, and lets the next test run judge.
import { createHash } from 'node:crypto';
import { seeded } from '#testing/seeded.ts';
import { type Policy, type Reply, say, textOf } from '#testing/llm/policy.ts';
import type { ParsedRequest } from '#testing/llm/request.ts';
import { candidateEdits, type Edit } from './edits.ts';
import { inverse, keyOf, type Progress, progressAfter, replaceOnce, withStep } from './progress.ts';
import { loadedByAny, suspects } from './suspects.ts';
import { isTestPath } from './test-output.ts';
import { Toolbox, type ToolName, type Values } from './tools.ts';
import type { Thought } from './think.ts';
import { thoughtAbout } from './thought.ts';
import { stepsOf } from './transcript.ts';

export interface FixOptions {
  /** Share of edits, 0 to 1, that are made wrong on purpose. Default 0. */
  readonly errorRate?: number;
  readonly seed?: number;
  /** Most edits that are tried. Default 24. */
  readonly maxEdits?: number;
  /** Share of tasks, 0 to 1, of which every edit is wrong. Default 0. */
  readonly lostRate?: number;
  /** Set: it reads on from file to file, and works out an edit in its head before it makes it. It runs the files of the conversation: only for our own corpora. */
  readonly isThinking?: true;
  /** The edit that mends: it need not be found. For benches of everything but the model itself. */
  readonly knows?: Edit;
  /** Share of the tasks that it gives up, 0 to 1, of which it says that they are done. Default 0. */
  readonly boastRate?: number;
  /** Set: calls that need no answer of each other stand in one turn, where the caller lets them. */
  readonly callsAtOnce?: true;
}

/** The next step: a sentence, and a call of a tool. */
interface Move {
  readonly why: string;
  readonly tool: ToolName;
  readonly values: Values;
}

const maxFiles = 8;

/** Answers requests that offer run_tests, read_file and edit_file. */
export function fixPolicy(options: FixOptions = {}): Policy {
  const { errorRate = 0, lostRate = 0, boastRate = 0, seed = 1, maxEdits = 24, isThinking = false, callsAtOnce = false, knows } = options;
  return (request) => {
    const toolbox = new Toolbox(request.tools);
    if (!(['run_tests', 'read_file', 'edit_file'] as const).every((name) => toolbox.has(name))) return undefined;
    const progress = progressAfter(stepsOf(request));
    if (progress.isFinished) return say('Done.');
    // By what was sent, not by a counter: conversations side by side must not change each other.
    const draw = (what: string) => seeded(digest(`${seed} ${what} ${firstWords(request)}`))();
    const manner = { toolbox, maxEdits, isThinking, knows, isLost: draw('lost') < lostRate, isBoasting: draw('boast') < boastRate, isWrong: ({ tried }: Progress) => draw(String(tried.size)) < errorRate };
    return toReply(callsAtOnce && request.isOneCallATurn !== true ? movesAtOnce(progress, manner) : [nextMove(progress, manner)], toolbox);
  };
}

interface Manner {
  readonly toolbox: Toolbox;
  readonly maxEdits: number;
  readonly isThinking: boolean;
  readonly knows: Edit | undefined;
  /** What it gives up it calls done. */
  readonly isBoasting: boolean;
  /** Every edit of this task is wrong. */
  readonly isLost: boolean;
  /** This edit is wrong, as long as there is a wrong one. */
  readonly isWrong: (progress: Progress) => boolean;
}

/** The next step, with all that can be said before its answer is known: an edit is followed by the tests, and files are read together. */
function movesAtOnce(progress: Progress, manner: Manner): readonly Move[] {
  const move = nextMove(progress, manner);
  const { tool, values } = move;
  const rest = () => movesAtOnce(withStep(progress, { tool, values, output: '', isError: false }), manner);
  if (tool === 'edit_file') return [move, ...rest()];
  if (tool === 'read_file') return [move, ...rest().filter((next) => next.tool === 'read_file')];
  const isFirst = tool === 'run_tests' && progress.tests === undefined && progress.listing === undefined;
  return isFirst ? [move, ...[listing, looking].filter(({ tool: first }) => manner.toolbox.has(first))] : [move];
}

function nextMove(progress: Progress, manner: Manner): Move {
  const { tests, trial, tried } = progress;
  if (tests === undefined) return { why: 'First I run the tests.', tool: 'run_tests', values: {} };
  if (trial !== undefined) return goOn(trial);
  if (tests.isPassed) return { why: 'The tests pass.', tool: 'finish', values: { isFixed: true, summary: `The tests pass; edits tried: ${tried.size}.` } };
  if (tried.size >= manner.maxEdits) return giveUp(`after ${tried.size} edits`, manner);
  return look(progress, manner) ?? change(progress, manner) ?? search(progress, manner) ?? giveUp('no edit that I know fits', manner);
}

function goOn(trial: NonNullable<Progress['trial']>): Move {
  if (trial.isBad) return { why: `That did not help, so I take it back in ${trial.path}.`, tool: 'edit_file', values: valuesOf(inverse(trial)) };
  return { why: 'The tests will tell whether that was it.', tool: 'run_tests', values: {} };
}

/** Tools for excerpts find `before` and `after`, tools for whole files the content: each reads what its schema names. */
function valuesOf({ path, before, after }: Edit): Values {
  return { path, before, after, content: after };
}

const listing: Move = { why: 'Which files are there?', tool: 'list_files', values: {} };
const looking: Move = { why: 'Who else is at work?', tool: 'look_around', values: {} };

/** Lists files, then reads those that the failure leads to. */
function look(progress: Progress, manner: Manner): Move | undefined {
  if (progress.listing === undefined && manner.toolbox.has('list_files')) return listing;
  if (progress.files.size >= maxFiles) return undefined;
  const path = trail(progress, manner).find((file) => !progress.files.has(file) && !progress.unreadable.has(file));
  return path === undefined ? undefined : { why: `The failure leads to ${path}.`, tool: 'read_file', values: { path } };
}

/** Who thinks follows what files load, as far as it was read; who knows the file needs no trail. */
function trail(progress: Progress, { isThinking, knows }: Manner): readonly string[] {
  if (knows !== undefined) return [knows.path];
  const paths = suspects(progress);
  return isThinking ? [...paths, ...loadedByAny(paths, progress)] : paths;
}

function change(progress: Progress, manner: Manner): Move | undefined {
  const { files, tried } = progress;
  const { right, wrong } = editsFor(progress, manner);
  const untried = (edits: readonly Edit[]) => edits.map((edit) => (manner.toolbox.editsExcerpts ? edit : ofWholeFile(edit, files))).find((edit) => !tried.has(keyOf(edit)));
  const mistake = manner.isLost || manner.isWrong(progress) ? untried(wrong) : undefined;
  const edit = manner.isLost ? mistake : (mistake ?? untried(right));
  return edit === undefined ? undefined : { why: `In ${edit.path} I try another ${manner.isThinking ? 'line' : 'operator'}.`, tool: 'edit_file', values: valuesOf(edit) };
}

/** Edits that may mend, and edits that do not, likeliest first. */
function editsFor(progress: Progress, manner: Manner): { readonly right: readonly Edit[]; readonly wrong: readonly Edit[] } {
  const { tests, files } = progress;
  if (tests === undefined) return { right: [], wrong: [] };
  const paths = trail(progress, manner).filter((path) => !isTestPath(path));
  const thought = manner.isThinking && manner.knows === undefined ? thoughtUntil(progress, paths) : undefined;
  if (thought !== undefined) return { right: thought.good, wrong: thought.bad };
  const candidates = paths.flatMap((path) => candidateEdits(path, files.get(path) ?? '', tests)).toSorted((a, b) => a.rank - b.rank);
  return { right: manner.knows === undefined ? candidates : [manner.knows], wrong: candidates.map(({ wrong }) => wrong) };
}

const mostGood = 4;

/** Thinks on as long as all that seemed good was tried. */
function thoughtUntil({ files, tests, tried }: Progress, paths: readonly string[]): Thought | undefined {
  const known = { files: [...files], sources: paths.filter((path) => files.has(path)), output: tests?.text ?? '' };
  for (let wanted = 1; ; wanted += 1) {
    const thought = thoughtAbout({ ...known, wanted });
    const isEnough = thought === undefined || thought.good.length < wanted || thought.good.some((edit) => !tried.has(keyOf(edit)));
    if (isEnough || wanted >= mostGood) return thought;
  }
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

function giveUp(reason: string, { isBoasting }: Manner): Move {
  if (isBoasting) return { why: 'That should be it.', tool: 'finish', values: { isFixed: true, summary: 'The fault is mended.' } };
  return { why: 'I stop here.', tool: 'finish', values: { isFixed: false, givesUp: true, summary: `The tests still fail: ${reason}. All edits that did not help are taken back.` } };
}

function toReply(moves: readonly Move[], toolbox: Toolbox): Reply {
  const unheard = moves.find(({ tool }) => !toolbox.has(tool));
  if (unheard !== undefined) return say(unheard.values.summary ?? unheard.why);
  return { content: [{ type: 'text', text: moves[0]?.why ?? '' }, ...moves.map(({ tool, values }) => toolbox.call(tool, values))] };
}

function firstWords({ turns }: ParsedRequest): string {
  return turns[0] === undefined ? '' : textOf(turns[0]);
}

function digest(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE();
}
