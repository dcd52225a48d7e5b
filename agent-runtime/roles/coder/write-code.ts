// WriteCode: lets language models write code. What they changed and what it cost was measured; how they sum it up is their own claim.
import { WriteCode } from '#api/intents.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { action, type ActionContext, type ActionResult, failed, type Produced, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';
import type { Model } from '#agent-runtime/llm/model.ts';
import { climb, type Climbed, type Tried, type Try } from '#agent-runtime/thinking/cascade.ts';
import { type End, think, type Thought } from '#agent-runtime/thinking/loop.ts';
import { isPermitted, permitted, policyFault } from '#agent-runtime/thinking/policy.ts';
import { promptVersion, systemPrompt } from '#agent-runtime/thinking/prompt.v2.ts';
import { coderTools, toolNames } from '#agent-runtime/thinking/tools/all.ts';
import { shareable } from '#agent-runtime/thinking/transcript.ts';
import { Workbench } from '#agent-runtime/thinking/workbench.ts';
import { concluded, observedOf, tell } from '#agent-runtime/roles/thinking-role.ts';
import { assignmentOf, type EarlierTry } from './assignment.ts';

const limits = { summary: 500, patchLength: 4 * 1024 * 1024 } as const;

/** Fails unless a model finishes with tests that did not fail; what the last one changed until then is the output all the same. */
export const writeCode = action(WriteCode, async ({ maxTurns = 30, ...params }, context) => {
  const { model, mcp, toolPolicy = {} } = context;
  if (model === undefined) return failed('ActionRefused', 'WriteCode asks a language model, and this installation has no LLM gateway; install it, or describe the change as ApplyPatch or RewriteCode');
  const fault = policyFault(toolPolicy, [...toolNames, ...(mcp?.names ?? [])]);
  return fault === undefined ? write({ ...params, maxTurns }, context, model) : failed('ActionRefused', fault);
});

async function write(params: Params, context: ActionContext, model: Model): Promise<ActionResult> {
  const { signal, attempt, modelPolicy } = context;
  // A task that names its model knows what it wants: no tiers for it.
  const tiers = params.model === undefined ? modelPolicy?.tiers : undefined;
  const coder = new Coder(params, context, model);
  const { tries, last } = await climb({ tiers: tiers ?? [params.model], first: attempt - 1, maxTurns: params.maxTurns, signal }, (next) => coder.work(next));
  // A diff takes a while: after a stop nobody waits for it.
  const patch = signal.aborted ? undefined : await context.files.diff();
  const { end } = last.thought;
  const turns = tries.flatMap(({ thought }) => thought.turns);
  const observed = { ...observedOf(turns), ...coder.tested, ...(tiers === undefined ? {} : tiersOf({ tries, last })) };
  return resultOf(end, patch !== '', { observed, artifacts: artifactsOf({ end, turns }, tries, patch) });
}

type Params = WriteCode & { readonly maxTurns: number };

/** Tries of one task, one after the other, each with a conversation and a workbench of its own. */
class Coder {
  readonly #params: Params;
  readonly #context: ActionContext;
  readonly #model: Model;
  readonly #benches: Workbench[] = [];
  #before: EarlierTry | undefined;

  constructor(params: Params, context: ActionContext, model: Model) {
    this.#params = params;
    this.#context = context;
    this.#model = model;
  }

  /** Runs of the tests in all tries, and how the last of them ended. */
  get tested(): JsonObject {
    const each = this.#benches.map(({ tested }) => tested);
    const lastTestExitCode = each.findLast((tested) => tested.lastTestExitCode !== undefined)?.lastTestExitCode;
    return { testsRun: each.reduce((sum, { testsRun }) => sum + testsRun, 0), ...(lastTestExitCode === undefined ? {} : { lastTestExitCode }) };
  }

  async work({ modelName, maxTurns, turnsBefore, isOneOfMany }: Try): Promise<Thought> {
    const { signal, inputs, toolPolicy = {}, files, mcp, thoughts } = this.#context;
    const { instructions, allowCommands = false } = this.#params;
    // Where a try may be taken back, it works in a copy from the first edit on. Where one did not, nothing is.
    const isKept = isOneOfMany && ((await files.startOver()) !== undefined || this.#before?.isKept === true);
    const bench = new Workbench(this.#context, isPermitted(toolPolicy, 'run_tests'));
    this.#benches.push(bench);
    const own = coderTools(bench, allowCommands);
    const tools = (await mcp?.join(own, toolPolicy)) ?? own;
    const before = this.#before && { ...this.#before, isKept };
    this.#context.log(`model: ${modelName ?? 'the one of the installation'}\n`);
    const thought = await think({
      model: this.#model,
      modelName,
      system: systemPrompt,
      tools: permitted(tools, toolPolicy),
      assignment: assignmentOf(instructions, inputs, before),
      maxTurns,
      turnsBefore,
      state: () => bench.state(),
      signal,
      onTurn: (record) => tell(this.#context, record, this.#params.maxTurns),
      events: thoughts,
    });
    this.#before = { end: thought.end, said: thought.turns.map(({ said }) => said), tests: bench.tests, written: bench.written, isKept };
    return thought;
  }
}

/** Which tier it was that finished, counted from 1, and how many were asked. */
function tiersOf({ tries, last }: Climbed): JsonObject {
  return { tiersTried: tries.length, ...(last.thought.end.kind === 'finished' ? { tier: last.tier } : {}) };
}

function artifactsOf({ end, turns }: Thought, tries: readonly Tried[], patch = ''): readonly Produced[] {
  const told = tries.map(({ tier, modelName, thought }) => ({ tier, ...(modelName === undefined ? {} : { model: modelName }), end: thought.end.kind, turns: thought.turns.length }));
  const transcript = textArtifact('transcript.json', 'application/json', `${JSON.stringify({ prompt: promptVersion, end: end.kind, tries: told, turns }, null, 1)}\n`);
  return patch === '' || patch.length > limits.patchLength ? [transcript] : [transcript, textArtifact('change.patch', 'text/x-diff', patch)];
}

function resultOf(end: End, isChanged: boolean, report: Pick<ActionResult, 'observed' | 'artifacts'>): ActionResult {
  return concluded(end, report, (summary) => succeeded(isChanged ? 'the model finished; its change is the output of the task' : 'the model finished and changed no file', { ...report, claimed: { summary: shareable(summary, limits.summary) } }));
}
