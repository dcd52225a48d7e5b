// The loop of every role that thinks: a model says what to do (think), tools do it (act), what came of it is told and remembered (learn).
import type { CallUsage } from '#api/llm.ts';
import { plainText } from '#domain/conditions.ts';
import { canonicalJson, sha256Hex } from '#domain/digest.ts';
import type { ConversationTurn, ToolCall, UserBlock } from '#platform/anthropic/conversation.ts';
import type { Model, ModelAnswer, ModelRequest } from '#agent-runtime/llm/model.ts';
import { type ThoughtEvents, unwatched } from './events.ts';
import { forgetTold, learn, type Memory, noMemory, type Remembered, whyStuck } from './memory.ts';
import { answerText } from './quote.ts';
import { Talk, talkBytes } from './talk.ts';
import { type Tool, type ToolAnswer, toolError, unknownTool, type Verdict } from './tool.ts';
import { callRecord, saidRecord, type TurnRecord } from './transcript.ts';

/** Tokens of one answer, and of all answers of a conversation. */
const outputTokens = { perTurn: 8000, inAll: 300_000 } as const;
const callsPerTurn = 10;
const nameLength = 128;
/** Each answer gets a share of what the conversation may still grow by, but never less than `leastBytes`. */
const answers = { leastBytes: 1000, share: 1 / 8 } as const;

export interface Work {
  readonly model: Model;
  /** Unset: the model of the installation. */
  readonly modelName?: string | undefined;
  readonly system: string;
  readonly tools: readonly Tool[];
  /** The first message. */
  readonly assignment: string;
  readonly maxTurns: number;
  /** Turns of the same attempt before this work; none unless told. */
  readonly turnsBefore?: number;
  /** Stands for the files: equal before and after a turn that changed none. */
  readonly state: () => string;
  readonly signal: AbortSignal;
  /** Called after each turn. */
  readonly onTurn: (record: TurnRecord) => void;
  /** What another agent had come to in this work; it goes on from there. */
  readonly from?: Standing | undefined;
  /** Called after each turn that another one follows, and waited for: nothing happens meanwhile. */
  readonly onStanding?: (standing: Standing) => Promise<void>;
  /** Told what happens; nobody unless it is there. */
  readonly events?: ThoughtEvents;
}

/** Why the work is over. */
export type End = Verdict | { readonly kind: 'stuck' | 'limit' | 'declined'; readonly message: string } | Exclude<ModelAnswer, { kind: 'answered' }>;

/** Where the work stands between two turns. */
export interface Standing {
  readonly turns: readonly TurnRecord[];
  readonly talk: readonly ConversationTurn[];
  readonly memory: Memory;
}

/** What came of the work. */
export interface Thought {
  readonly end: End;
  readonly turns: readonly TurnRecord[];
}

type Said = Extract<ModelAnswer, { kind: 'answered' }>;

/** Works until the task is done, given up or out of limits. */
export async function think(work: Work): Promise<Thought> {
  const { turnsBefore = 0 } = work;
  const { talk, turns, ...start } = begin(work);
  let { memory } = start;
  while (turns.length < work.maxTurns && !work.signal.aborted) {
    const said = await work.model.ask(requestOf(work, talk.turns));
    const turn = turnsBefore + turns.length + 1;
    if (said.kind !== 'answered') {
      tellLearnt(work, { turn: turn - 1, filesChanged: false, idleTurns: memory.idleTurns }, said);
      return { end: said, turns };
    }
    const before = work.state();
    tellAnswer(work, said, turn);
    const acted = await act(work, said, { turn, room: talkBytes.inAll - talk.bytes });
    turns.push(keep(work, { turn, model: said.model, said: saidRecord(said.text), usage: said.usage, calls: acted.calls.map(recordOf) }));
    memory = learn(memory, acted.calls.map(({ remembered }) => remembered), sha256Hex(work.state()));
    const isFolded = talk.add(said.content, tellings(said, acted));
    const end = endAfter(said, acted, { memory, turns, bytes: talk.bytes }) ?? outOfTurns(work, turns);
    tellLearnt(work, { turn, filesChanged: work.state() !== before, idleTurns: memory.idleTurns }, end);
    if (end !== undefined) return { end, turns };
    if (isFolded) memory = forgetTold(memory);
    await work.onStanding?.({ turns: [...turns], talk: talk.turns, memory });
  }
  return { end: limitOf(work), turns };
}

function begin({ assignment, from }: Work): { readonly talk: Talk; readonly turns: TurnRecord[]; readonly memory: Memory } {
  if (from === undefined) return { talk: new Talk(assignment), turns: [], memory: noMemory };
  return { talk: new Talk(assignment, from.talk), turns: [...from.turns], memory: from.memory };
}

/** Hands a record on, and back. */
function keep({ onTurn }: Work, record: TurnRecord): TurnRecord {
  onTurn(record);
  return record;
}

function outOfTurns(work: Work, turns: readonly TurnRecord[]): End | undefined {
  return turns.length < work.maxTurns ? undefined : limitOf(work);
}

function limitOf({ maxTurns }: Work): End {
  return { kind: 'limit', message: `it had ${maxTurns} turns, all that its maxTurns allows, and the task was not done` };
}

function requestOf({ modelName, system, tools }: Work, messages: readonly ConversationTurn[]): ModelRequest {
  const cache_control = { type: 'ephemeral' } as const;
  // Two marks: tools and system are the same for all tasks, and the conversation grows at its end.
  return { model: modelName, max_tokens: outputTokens.perTurn, system: [{ type: 'text', text: system, cache_control }], tools: tools.map(({ definition }) => definition), messages, cache_control };
}

interface ActedCall {
  readonly call: ToolCall;
  readonly tool: Tool | undefined;
  readonly answer: ToolAnswer;
  /** The answer as the model reads it. */
  readonly text: string;
  readonly remembered: Remembered;
}

interface Acted {
  readonly calls: readonly ActedCall[];
  readonly verdict: Verdict | undefined;
}

/** Carries out the calls of a turn in their order; after the one that ends the work none is. `room`: bytes that the conversation may still grow by. */
async function act(work: Work, { calls, stopReason }: Said, { turn, room }: { readonly turn: number; readonly room: number }): Promise<Acted> {
  const { tools, state, signal } = work;
  const acted: ActedCall[] = [];
  let left = room;
  for (const [index, call] of calls.entries()) {
    const before = state();
    const tool = tools.find(({ definition }) => definition.name === call.name);
    const answer = refusedUnseen(index, stopReason, signal) ?? (tool === undefined ? unknownTool(call.name, tools) : await tool.call(call.input));
    const text = answerText(answer, Math.max(answers.leastBytes, Math.floor(left * answers.share)));
    left -= Buffer.byteLength(text);
    const key = sha256Hex(canonicalJson([call.name, call.input ?? null, before]));
    const done: ActedCall = { call, tool, answer, text, remembered: { key, answer: sha256Hex(text), isWrongInput: answer.isWrongInput === true } };
    acted.push(done);
    tellCall(work, done, turn);
    if (answer.verdict !== undefined) return { calls: acted, verdict: answer.verdict };
  }
  return { calls: acted, verdict: undefined };
}

/** Why a call is not even looked at: what was cut may say something else than was meant. */
function refusedUnseen(index: number, stopReason: string | undefined, signal: AbortSignal): ToolAnswer | undefined {
  if (signal.aborted || stopReason === 'refusal') return toolError('the work is over');
  if (stopReason === 'max_tokens') return { ...toolError(`the answer was cut after ${outputTokens.perTurn} tokens, so nothing of it was carried out; make smaller calls`), isWrongInput: true };
  return index < callsPerTurn ? undefined : toolError(`at most ${callsPerTurn} calls in one turn; this one was not carried out`);
}

function endAfter({ stopReason }: Said, { verdict }: Acted, { memory, turns, bytes }: { readonly memory: Memory; readonly turns: readonly TurnRecord[]; readonly bytes: number }): End | undefined {
  if (verdict !== undefined) return verdict;
  if (stopReason === 'refusal') return { kind: 'declined', message: 'the model declined to go on' };
  const why = whyStuck(memory);
  if (why !== undefined) return { kind: 'stuck', message: why };
  if (bytes > talkBytes.inAll) return { kind: 'limit', message: `the conversation has ${bytes} bytes, the limit is ${talkBytes.inAll}; ask for less at once` };
  const spent = spentOn(turns).outputTokens;
  return spent < outputTokens.inAll ? undefined : { kind: 'limit', message: `it wrote ${spent} tokens, the limit of a conversation is ${outputTokens.inAll}` };
}

/** What the model is told next: the answer of each call, or that it made none. */
function tellings({ stopReason }: Said, { calls }: Acted): UserBlock[] {
  if (calls.length > 0) return calls.map(({ call, answer, text }) => ({ type: 'tool_result', tool_use_id: call.id, content: text, ...(answer.isError === true ? { is_error: true } : {}) }));
  const why = stopReason === 'max_tokens' ? `Your answer was cut after ${outputTokens.perTurn} tokens. Say less at once.` : 'You called no tool.';
  return [{ type: 'text', text: `${why} Go on with a tool, or call finish.` }];
}

function recordOf({ call, tool, answer, text }: ActedCall): TurnRecord['calls'][number] {
  return callRecord(call.name, call.input, { tool, answer, outputBytes: Buffer.byteLength(text) });
}

/** Tells of an answer: sizes, and names that the provider gives. */
function tellAnswer({ events = unwatched }: Work, { text, model, stopReason, usage, calls }: Said, turn: number): void {
  events.think({ turn, model: plainText(model, nameLength), ...(stopReason === undefined ? {} : { stopReason: plainText(stopReason, nameLength) }), calls: calls.length, saidBytes: Buffer.byteLength(text), usage });
}

/** Tells of a call: sizes, and names that are ours. */
function tellCall({ events = unwatched }: Work, acted: ActedCall, turn: number): void {
  const { call, tool } = acted;
  const { outcome, outputBytes } = recordOf(acted);
  events.act({ turn, tool: tool?.definition.name ?? 'unknown', sideEffect: tool?.sideEffect ?? 'none', outcome, inputBytes: Buffer.byteLength(canonicalJson(call.input ?? null)), outputBytes });
}

function tellLearnt({ events = unwatched }: Work, learnt: Parameters<ThoughtEvents['learn']>[0], end: End | undefined): void {
  events.learn(end === undefined ? learnt : { ...learnt, end: end.kind });
}

const nothingSpent: CallUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd: 0 };

/** What all turns have used together. */
export function spentOn(turns: readonly Pick<TurnRecord, 'usage'>[]): CallUsage {
  return turns.reduce((sum, { usage }) => ({
    inputTokens: sum.inputTokens + usage.inputTokens,
    outputTokens: sum.outputTokens + usage.outputTokens,
    cacheReadTokens: sum.cacheReadTokens + usage.cacheReadTokens,
    cacheWriteTokens: sum.cacheWriteTokens + usage.cacheWriteTokens,
    costMicroUsd: sum.costMicroUsd + usage.costMicroUsd,
  }), nothingSpent);
}
