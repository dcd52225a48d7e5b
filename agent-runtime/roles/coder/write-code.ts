// WriteCode: lets a language model write code. What it changed and what it cost was measured; how it sums it up is its own claim.
import { WriteCode } from '#api/intents.ts';
import { errorTypes } from '#api/llm.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { action, type ActionContext, type ActionResult, failed, type Produced, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';
import { type End, spentOn, think, type Thought } from '#agent-runtime/thinking/loop.ts';
import { promptVersion, systemPrompt } from '#agent-runtime/thinking/prompt.v1.ts';
import { quoted, trimmed } from '#agent-runtime/thinking/quote.ts';
import { coderTools } from '#agent-runtime/thinking/tools/all.ts';
import { shareable, type TurnRecord } from '#agent-runtime/thinking/transcript.ts';
import { Workbench } from '#agent-runtime/thinking/workbench.ts';

const limits = { inputBytes: 16_000, summary: 500, patchLength: 4 * 1024 * 1024 } as const;

/** Fails unless the model finishes with tests that did not fail; what it changed until then is the output all the same. */
export const writeCode = action(WriteCode, async ({ instructions, model: modelName, maxTurns = 30, allowCommands = false }, context) => {
  const { model, signal } = context;
  if (model === undefined) return failed('ActionRefused', 'WriteCode asks a language model, and this installation has no LLM gateway; install it, or describe the change as ApplyPatch or RewriteCode');
  const bench = new Workbench(context);
  const thought = await think({
    model,
    modelName,
    system: systemPrompt,
    tools: coderTools(bench, allowCommands),
    assignment: assignmentOf(instructions, context),
    maxTurns,
    state: () => bench.state(),
    signal,
    onTurn: (record) => tell(context, record, maxTurns),
  });
  // A diff takes a while: after a stop nobody waits for it.
  const patch = signal.aborted ? undefined : await context.files.diff();
  return resultOf(thought.end, patch !== '', { observed: observedOf(thought, bench), artifacts: artifactsOf(thought, patch) });
});

/** Results of other tasks are texts of others. */
function assignmentOf(instructions: string, { inputs }: ActionContext): string {
  const task = `<task>\n${instructions.replaceAll(/<(\/?)(?=task>)/gi, '<\\$1')}\n</task>`;
  return Object.keys(inputs).length === 0 ? task : `${task}\nResults of other tasks that this one was given:\n${quoted(trimmed(JSON.stringify(inputs), limits.inputBytes))}`;
}

function tell({ log, progress }: ActionContext, { turn, calls }: TurnRecord, maxTurns: number): void {
  const names = calls.map(({ tool, outcome }) => (outcome === 'done' ? tool : `${tool} (${outcome})`)).join(', ');
  log(`turn ${turn}: ${names === '' ? 'no call' : names}\n`);
  progress((turn * 100) / maxTurns, `turn ${turn} of at most ${maxTurns}`);
}

function observedOf({ turns }: Thought, bench: Workbench): JsonObject {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costMicroUsd } = spentOn(turns);
  const toolCalls = turns.reduce((sum, { calls }) => sum + calls.length, 0);
  // Input is the whole prompt of every call; a part of it was read from the provider's cache.
  return { turns: turns.length, toolCalls, inputTokens: inputTokens + cacheReadTokens + cacheWriteTokens, cacheReadTokens, outputTokens, costMicroUsd, ...bench.tested };
}

function artifactsOf({ end, turns }: Thought, patch = ''): readonly Produced[] {
  const transcript = textArtifact('transcript.json', 'application/json', `${JSON.stringify({ prompt: promptVersion, end: end.kind, turns }, null, 1)}\n`);
  return patch === '' || patch.length > limits.patchLength ? [transcript] : [transcript, textArtifact('change.patch', 'text/x-diff', patch)];
}

function resultOf(end: End, isChanged: boolean, report: Pick<ActionResult, 'observed' | 'artifacts'>): ActionResult {
  switch (end.kind) {
    case 'finished':
      return succeeded(isChanged ? 'the model finished; its change is the output of the task' : 'the model finished and changed no file', { ...report, claimed: { summary: shareable(end.summary, limits.summary) } });
    case 'gaveUp':
      return failed('ActionFailed', `the model gave up: ${shareable(end.summary, limits.summary)}`, report);
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
