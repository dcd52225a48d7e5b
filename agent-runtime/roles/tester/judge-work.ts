// JudgeWork: lets a language model that did not do the work say whether a rubric is true of it. Votes were counted here; what the model said is its own claim.
import { JudgeWork } from '#api/intents.ts';
import { errorTypes } from '#api/llm.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { sha256Hex } from '#domain/digest.ts';
import { action, type ActionResult, failed, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';
import { spentOn } from '#agent-runtime/thinking/loop.ts';
import { shareable } from '#agent-runtime/thinking/transcript.ts';
import { gatherWork } from './judge-work/gather.ts';
import { promptVersion, renderQuestion } from './judge-work/prompt.v1.ts';
import { type Answer, castVote, type Vote } from './judge-work/vote.ts';

/** Together with what else is observed they stay below 2 KiB, whatever they are made of. */
const limits = { reasonLength: 200, reasonBytes: 230, model: 128, sentence: 500, spoken: 1000 } as const;

/** Succeeds when it could be judged at all, whatever the verdict. */
export const judgeWork = action(JudgeWork, async ({ rubric, votes, quorum, model: modelName }, context) => {
  const { model, signal, log, progress } = context;
  if (model === undefined) return failed('ActionRefused', 'JudgeWork asks a language model, and this installation has no LLM gateway, or grants this task none; install it, or check the goal by a command');
  const work = await gatherWork(context);
  if (work.changed.length + work.files.length === 0) return failed('ActionRefused', 'there are no files to judge: give the mission a workspace');
  const cast: Vote[] = [];
  while (cast.length < votes && !isSettled(cast, votes, quorum) && !signal.aborted) {
    const vote = await castVote(model, modelName, renderQuestion(work, rubric, cast.length + 1));
    cast.push(vote);
    log(`vote ${cast.length}: ${vote.cast.kind === 'answer' ? vote.cast.answer.verdict : vote.cast.kind}\n`);
    progress((cast.length * 100) / votes, `${cast.length} of at most ${votes} votes`);
    if (vote.cast.kind === 'unasked') return unasked(vote.cast.why, reportOf(cast, { rubric, quorum, tree: context.files.tree }));
  }
  return resultOf(cast, quorum, reportOf(cast, { rubric, quorum, tree: context.files.tree }));
});

const answersOf = (cast: readonly Vote[]): Answer[] => cast.flatMap((vote) => (vote.cast.kind === 'answer' ? [vote.cast.answer] : []));
const inFavour = (cast: readonly Vote[]) => answersOf(cast).filter(({ verdict }) => verdict === 'yes').length;

/** Whether the votes that are left can change nothing any more. */
function isSettled(cast: readonly Vote[], votes: number, quorum: number): boolean {
  return inFavour(cast) >= quorum || inFavour(cast) + votes - cast.length < quorum;
}

type Report = Pick<ActionResult, 'observed' | 'claimed' | 'artifacts'>;

function resultOf(cast: readonly Vote[], quorum: number, report: Report): ActionResult {
  if (answersOf(cast).length === 0) return failed('ActionFailed', `no vote could be read: ${shareable(faultOf(cast), limits.reasonLength)}`, report);
  return succeeded(`${inFavour(cast)} of ${cast.length} votes in favour, ${quorum} needed`, report);
}

function faultOf(cast: readonly Vote[]): string {
  return cast.flatMap((vote) => (vote.cast.kind === 'unreadable' ? [vote.cast.fault] : []))[0] ?? 'the task was stopped before a model answered';
}

function unasked(why: Extract<Vote['cast'], { kind: 'unasked' }>['why'], report: Report): ActionResult {
  if (why.kind === 'later') return failed('ActionFailed', `no model answered before the task was stopped: ${why.message}`, report);
  return failed(why.type === errorTypes.budget ? 'BudgetExceeded' : 'ActionFailed', `the LLM gateway refused: ${why.message}`, report);
}

/** By what was judged. */
interface Grounds {
  readonly rubric: string;
  readonly quorum: number;
  readonly tree: string;
}

function reportOf(cast: readonly Vote[], grounds: Grounds): Report {
  const answers = answersOf(cast);
  // Those against come first: whoever reads one reason reads why it is not met.
  const reasons = [...answers].toSorted((a, b) => (a.verdict < b.verdict ? -1 : 1)).map(({ reason }) => cutToBytes(shareable(reason, limits.reasonLength), limits.reasonBytes));
  return { observed: observedOf(cast, grounds), claimed: { reasons }, artifacts: [textArtifact('judgement.json', 'application/json', `${JSON.stringify(judgementOf(cast, grounds), null, 1)}\n`)] };
}

function observedOf(cast: readonly Vote[], { rubric, quorum }: Grounds): JsonObject {
  const answers = answersOf(cast);
  const calls = cast.flatMap((vote) => vote.calls);
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costMicroUsd } = spentOn(calls);
  const yes = inFavour(cast);
  return {
    votes: cast.length,
    yes,
    no: answers.length - yes,
    unreadable: cast.length - answers.length,
    quorum,
    model: cutToBytes([...new Set(calls.map(({ model }) => model))].toSorted().join(','), limits.model),
    promptVersion,
    rubricSha256: sha256Hex(rubric),
    inputTokens: inputTokens + cacheReadTokens + cacheWriteTokens,
    cacheReadTokens,
    outputTokens,
    costMicroUsd,
  };
}

/** All votes with their reasons, for people. */
function judgementOf(cast: readonly Vote[], { rubric, quorum, tree }: Grounds): JsonObject {
  const votes = cast.map((vote): JsonObject => {
    const calls = vote.calls.map(({ model, usage }) => ({ model, ...usage }));
    if (vote.cast.kind === 'answer') return { verdict: vote.cast.answer.verdict, reason: shareable(vote.cast.answer.reason, limits.spoken), sentences: vote.cast.answer.sentences.map(({ sentence, holds }) => ({ sentence: shareable(sentence, limits.sentence), holds })), calls };
    return { verdict: null, fault: shareable(vote.cast.kind === 'unreadable' ? vote.cast.fault : vote.cast.why.message, limits.spoken), calls };
  });
  return { prompt: promptVersion, rubric, rubricSha256: sha256Hex(rubric), quorum, tree, votes };
}

/** The beginning of a text whose JSON has at most `maxBytes` bytes. */
function cutToBytes(text: string, maxBytes: number): string {
  const characters = Array.from(text);
  while (Buffer.byteLength(JSON.stringify(characters.join(''))) > maxBytes) characters.splice(-Math.ceil(characters.length / 16));
  return characters.join('');
}
