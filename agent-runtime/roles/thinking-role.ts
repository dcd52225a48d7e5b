// What every role that thinks does around the loop: which model and tools it gets, what it tells meanwhile, and what is kept of it.
import { errorTypes } from '#api/llm.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { Model } from '#agent-runtime/llm/model.ts';
import { type End, spentOn, think, type Thought } from '#agent-runtime/thinking/loop.ts';
import { permitted, policyFault } from '#agent-runtime/thinking/policy.ts';
import { taskText } from '#agent-runtime/thinking/quote.ts';
import type { Tool } from '#agent-runtime/thinking/tool.ts';
import { toolNames } from '#agent-runtime/thinking/tools/all.ts';
import { shareable, type TurnRecord } from '#agent-runtime/thinking/transcript.ts';
import { type ActionContext, type ActionResult, failed, type Produced, textArtifact } from './action.ts';

const summaryLength = 500;

/** One piece of thinking. */
interface Thinking {
  /** Name of the action, for messages. */
  readonly action: string;
  readonly system: string;
  readonly promptVersion: string;
  readonly tools: readonly Tool[];
  /** Whether it may use tools of the pool's servers too. */
  readonly takesServers?: boolean;
  /** What is wanted, in words of the user. */
  readonly wanted: string;
  /** Unset: by the model policy of the task, else the model of the installation. */
  readonly modelName: string | undefined;
  readonly maxTurns: number;
  /** Stands for the files: equal before and after a turn that changed none. */
  readonly state: () => string;
}

/** What came of it: counts that were measured, and the transcript. */
interface Ended {
  readonly kind: 'ended';
  readonly end: End;
  readonly observed: JsonObject;
  readonly transcript: Produced;
}

/** Thinks until it ends; a refusal when it cannot begin. */
export async function thinkAs(thinking: Thinking, context: ActionContext): Promise<Ended | { readonly kind: 'refused'; readonly result: ActionResult }> {
  const { action, promptVersion, maxTurns, tools, takesServers = false } = thinking;
  const { model, signal, thoughts, toolPolicy } = context;
  if (model === undefined) return refused(`${action} asks a language model, and this installation has no LLM gateway, or grants this task none; install it, or leave the task out`);
  const fault = faultOfPolicy(context);
  if (fault !== undefined) return refused(fault);
  const thought = await think({
    ...workOf(thinking, context, model),
    tools: takesServers ? await offered(tools, context) : permitted(tools, toolPolicy ?? {}),
    maxTurns,
    signal,
    events: thoughts,
    onTurn: (record) => tell(context, record, maxTurns),
  });
  return { kind: 'ended', end: thought.end, observed: observedOf(thought.turns), transcript: transcriptOf(thought, promptVersion) };
}

/** What is wrong with the tool policy of a task: it may only name tools that there are. */
export function faultOfPolicy({ mcp, toolPolicy = {} }: ActionContext): string | undefined {
  return policyFault(toolPolicy, [...toolNames, ...(mcp?.names ?? [])]);
}

/** Tools of the role and of the pool's servers, as far as the task may use them. */
export async function offered(tools: readonly Tool[], { mcp, toolPolicy = {} }: ActionContext): Promise<readonly Tool[]> {
  return permitted((await mcp?.join(tools, toolPolicy)) ?? tools, toolPolicy);
}

function refused(message: string) {
  return { kind: 'refused' as const, result: failed('ActionRefused', message) };
}

function workOf({ system, wanted, modelName, state }: Thinking, { modelPolicy, attempt, inputs }: ActionContext, model: Model) {
  const tiers = modelPolicy?.tiers ?? [];
  // What did not get there with one model is tried with the next stronger one.
  return { model, modelName: modelName ?? tiers[Math.min(attempt, tiers.length) - 1], system, assignment: assignmentOf(wanted, Object.keys(inputs)), state };
}

function assignmentOf(wanted: string, inputs: readonly string[]): string {
  const task = taskText(wanted);
  return inputs.length === 0 ? task : `${task}\nResults of other tasks that this one was given, to be read with read_result: ${inputs.join(', ')}`;
}

/** Tells the log and the progress of a task about a turn. */
export function tell({ log, progress }: ActionContext, { turn, calls }: TurnRecord, maxTurns: number): void {
  const names = calls.map(({ tool, outcome }) => (outcome === 'done' ? tool : `${tool} (${outcome})`)).join(', ');
  log(`turn ${turn}: ${names === '' ? 'no call' : names}\n`);
  progress((turn * 100) / maxTurns, `turn ${turn} of at most ${maxTurns}`);
}

/** What was counted over turns. */
export function observedOf(turns: readonly TurnRecord[]): JsonObject {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costMicroUsd } = spentOn(turns);
  const model = turns.at(-1)?.model;
  const toolCalls = turns.reduce((sum, { calls }) => sum + calls.length, 0);
  // Input is the whole prompt of every call; a part of it was read from the provider's cache.
  return { ...(model === undefined ? {} : { model: shareable(model, 128) }), turns: turns.length, toolCalls, inputTokens: inputTokens + cacheReadTokens + cacheWriteTokens, cacheReadTokens, outputTokens, costMicroUsd };
}

function transcriptOf({ end, turns }: Thought, promptVersion: string): Produced {
  return textArtifact('transcript.json', 'application/json', `${JSON.stringify({ prompt: promptVersion, end: end.kind, turns }, null, 1)}\n`);
}

const patchLength = 4 * 1024 * 1024;

/** What was thought, and what it changed; a patch that is too long for reading is left to git. */
export function withPatch(transcript: Produced, patch = ''): readonly Produced[] {
  return patch === '' || patch.length > patchLength ? [transcript] : [transcript, textArtifact('change.patch', 'text/x-diff', patch)];
}

/** What an end means for the task; `judged` says what is made of the model's own word that it is done. */
export function concluded(end: End, report: Pick<ActionResult, 'observed' | 'artifacts'>, judged: (summary: string) => ActionResult): ActionResult {
  switch (end.kind) {
    case 'finished':
      return judged(end.summary);
    case 'gaveUp':
      return failed('ActionFailed', `the model gave up: ${shareable(end.summary, summaryLength)}`, report);
    case 'refused':
      return failed(end.type === errorTypes.budget ? 'BudgetExceeded' : 'ActionFailed', `the LLM gateway refused: ${end.message}`, report);
    case 'later':
      return failed('ActionFailed', `no model answered before the task was stopped: ${end.message}`, report);
    case 'stuck':
    case 'limit':
    case 'declined':
      return failed('ActionFailed', `the model did not get on: ${end.message}`, report);
  }
}
