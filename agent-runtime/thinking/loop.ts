// The loop of every role that thinks: a model says what to do (think), tools do it (act), what came of it is told and remembered (learn).
// What was said once is sent again to the byte: providers cache a conversation only as long as its beginning does not change.
import type { CallUsage } from '#api/llm.ts';
import { canonicalJson, sha256Hex } from '#domain/digest.ts';
import type { ConversationTurn, ToolCall, UserBlock } from '#platform/anthropic/conversation.ts';
import type { Model, ModelAnswer, ModelRequest } from '#agent-runtime/llm/model.ts';
import { learn, type Memory, noMemory, type Remembered, whyStuck } from './memory.ts';
import { answerText } from './quote.ts';
import { type Tool, type ToolAnswer, toolError, unknownTool, type Verdict } from './tool.ts';
import { callRecord, saidRecord, type TurnRecord } from './transcript.ts';

/** Tokens of one answer, and of all answers of a task. */
const outputTokens = { perTurn: 8000, inAll: 300_000 } as const;
const callsPerTurn = 10;
/** Bytes of a whole conversation, below what models can read at once; each answer gets a share of what is left of them, but never less than `leastAnswer`. */
const talkBytes = { inAll: 600_000, leastAnswer: 1000, share: 1 / 8 } as const;

export interface Work {
  readonly model: Model;
  /** Unset: the model of the installation. */
  readonly modelName?: string | undefined;
  readonly system: string;
  readonly tools: readonly Tool[];
  /** The first message. */
  readonly assignment: string;
  readonly maxTurns: number;
  /** Stands for the files: equal before and after a turn that changed none. */
  readonly state: () => string;
  readonly signal: AbortSignal;
  /** Called after each turn. */
  readonly onTurn: (record: TurnRecord) => void;
}

/** Why the work is over. */
export type End = Verdict | { readonly kind: 'stuck' | 'limit' | 'declined'; readonly message: string } | Exclude<ModelAnswer, { kind: 'answered' }>;

/** What came of the work. */
export interface Thought {
  readonly end: End;
  readonly turns: readonly TurnRecord[];
}

type Said = Extract<ModelAnswer, { kind: 'answered' }>;

/** Works until the task is done, given up or out of limits. */
export async function think(work: Work): Promise<Thought> {
  const talk: ConversationTurn[] = [{ role: 'user', content: [{ type: 'text', text: work.assignment }] }];
  const turns: TurnRecord[] = [];
  let memory: Memory = noMemory;
  while (turns.length < work.maxTurns && !work.signal.aborted) {
    const said = await work.model.ask(requestOf(work, talk));
    if (said.kind !== 'answered') return { end: said, turns };
    const acted = await act(work, said, talkBytes.inAll - sizeOf(talk));
    const record: TurnRecord = { turn: turns.length + 1, model: said.model, said: saidRecord(said.text), usage: said.usage, calls: acted.calls.map(({ call, tool, answer, text }) => callRecord(call.name, call.input, { tool, answer, outputBytes: Buffer.byteLength(text) })) };
    turns.push(record);
    work.onTurn(record);
    memory = learn(memory, acted.calls.map(({ remembered }) => remembered), sha256Hex(work.state()));
    const end = endAfter(said, acted, { memory, turns, bytes: sizeOf(talk) });
    if (end !== undefined) return { end, turns };
    if (said.content.length > 0) talk.push({ role: 'assistant', content: said.content });
    talk.push({ role: 'user', content: tellings(said, acted) });
  }
  return { end: { kind: 'limit', message: `it had ${work.maxTurns} turns, its maxTurns, and the task was not done` }, turns };
}

function requestOf({ modelName, system, tools }: Work, messages: readonly ConversationTurn[]): ModelRequest {
  const cache_control = { type: 'ephemeral' } as const;
  // Two marks: tools and system are the same for all tasks, and the conversation grows at its end.
  return { model: modelName, max_tokens: outputTokens.perTurn, system: [{ type: 'text', text: system, cache_control }], tools: tools.map(({ definition }) => definition), messages, cache_control };
}

function sizeOf(talk: readonly ConversationTurn[]): number {
  return Buffer.byteLength(JSON.stringify(talk));
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
async function act({ tools, state, signal }: Work, { calls, stopReason }: Said, room: number): Promise<Acted> {
  const acted: ActedCall[] = [];
  const answerBytes = Math.max(talkBytes.leastAnswer, Math.floor(room * talkBytes.share));
  for (const [index, call] of calls.entries()) {
    const before = state();
    const tool = tools.find(({ definition }) => definition.name === call.name);
    const answer = refusedUnseen(index, stopReason, signal) ?? (tool === undefined ? unknownTool(call.name, tools) : await tool.call(call.input));
    const text = answerText(answer, answerBytes);
    const key = sha256Hex(canonicalJson([call.name, call.input ?? null, before]));
    acted.push({ call, tool, answer, text, remembered: { key, answer: sha256Hex(text), isWrongInput: answer.isWrongInput === true } });
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
  return spent < outputTokens.inAll ? undefined : { kind: 'limit', message: `it wrote ${spent} tokens, the limit of a task is ${outputTokens.inAll}` };
}

/** What the model is told next: the answer of each call, or that it made none. */
function tellings({ stopReason }: Said, { calls }: Acted): UserBlock[] {
  if (calls.length > 0) return calls.map(({ call, answer, text }) => ({ type: 'tool_result', tool_use_id: call.id, content: text, ...(answer.isError === true ? { is_error: true } : {}) }));
  const why = stopReason === 'max_tokens' ? `Your answer was cut after ${outputTokens.perTurn} tokens. Say less at once.` : 'You called no tool.';
  return [{ type: 'text', text: `${why} Go on with a tool, or call finish.` }];
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
