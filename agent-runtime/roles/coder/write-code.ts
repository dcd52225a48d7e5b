// WriteCode: lets language models write code. What they changed and what it cost was measured; how they sum it up is their own claim.
import { WriteCode } from '#api/intents.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { action, type ActionContext, type ActionResult, failed, type Produced, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';
import type { Model } from '#agent-runtime/llm/model.ts';
import { climb, type Climbed, type Tried, type Try } from '#agent-runtime/thinking/cascade.ts';
import { type End, type Standing, think, type Thought } from '#agent-runtime/thinking/loop.ts';
import { isPermitted, permitted } from '#agent-runtime/thinking/policy.ts';
import { promptVersion, systemPrompt } from '#agent-runtime/thinking/prompt.v2.ts';
import { coderTools } from '#agent-runtime/thinking/tools/all.ts';
import type { Tool } from '#agent-runtime/thinking/tool.ts';
import { shareable } from '#agent-runtime/thinking/transcript.ts';
import { Workbench } from '#agent-runtime/thinking/workbench.ts';
import { concluded, faultOfPolicy, observedOf, offered, tell, withPatch } from '#agent-runtime/roles/thinking-role.ts';
import { assignmentOf, type EarlierTry } from './assignment.ts';
import { type CoderStanding, readStanding, type Rules, rulesOf, sheetOf, turnsUntil } from './standing.ts';

const summaryLength = 500;

/** Fails unless a model finishes with tests that did not fail; what the last one changed until then is the output all the same. */
export const writeCode = action(WriteCode, async ({ maxTurns = 30, ...params }, context) => {
  const { model } = context;
  if (model === undefined) return failed('ActionRefused', 'WriteCode asks a language model, and this installation has no LLM gateway; install it, or describe the change as ApplyPatch or RewriteCode');
  const fault = faultOfPolicy(context);
  return fault === undefined ? write({ ...params, maxTurns }, context, model) : failed('ActionRefused', fault);
});

async function write(params: Params, context: ActionContext, model: Model): Promise<ActionResult> {
  const { signal, attempt, modelPolicy } = context;
  const { maxTurns } = params;
  // A task that names its model knows what it wants: no tiers for it.
  const tiers = params.model === undefined ? modelPolicy?.tiers : undefined;
  const all = tiers ?? [params.model];
  const rules = rulesOf(ownTools(new Workbench(context), params, context), context.mcp?.names ?? [], { tiers: all, maxTurns });
  const left = await takeOver(context, rules);
  const { first, tried } = left ?? { first: Math.min(attempt, all.length) - 1, tried: [] };
  const coder = new Coder({ params, context, model, rules, first, left });
  const { tries, last } = await climb({ tiers: all, first, maxTurns, signal, tried }, (next) => coder.work(next));
  // A diff takes a while: after a stop nobody waits for it.
  const patch = signal.aborted ? undefined : await context.files.diff();
  const { end } = last.thought;
  const turns = tries.flatMap(({ thought }) => thought.turns);
  const resumed = left === undefined ? {} : { resumedFromTurn: turnsUntil(left) };
  const observed = { ...observedOf(turns), ...resumed, ...coder.tested, ...(tiers === undefined ? {} : tiersOf({ tries, last })) };
  return resultOf(end, patch !== '', { observed, artifacts: artifactsOf({ end, turns }, tries, patch) });
}

type Params = WriteCode & { readonly maxTurns: number };

/** What an agent that was lost left of this task, with its files in place; undefined when the work begins anew. */
async function takeOver({ checkpoints, log }: ActionContext, rules: Rules): Promise<CoderStanding | undefined> {
  const work = await checkpoints?.earlier();
  if (checkpoints === undefined || work === undefined) return undefined;
  const read = readStanding(work, rules);
  if (read.kind === 'unusable') {
    log(`the work begins anew, for what the agent before left cannot be used: ${read.why}\n`);
    return undefined;
  }
  if (!(await checkpoints.restoreFiles())) return undefined;
  log(`goes on after turn ${turnsUntil(read.standing)} of the agent before\n`);
  return read.standing;
}

/** The tools that the runtime itself has for this task. */
function ownTools(bench: Workbench, { allowCommands = false }: Params, { toolPolicy = {} }: ActionContext): readonly Tool[] {
  return permitted(coderTools(bench, allowCommands), toolPolicy);
}

interface CoderParts {
  readonly params: Params;
  readonly context: ActionContext;
  readonly model: Model;
  readonly rules: Rules;
  /** Index of the tier of the first try. */
  readonly first: number;
  /** What it goes on from. */
  readonly left: CoderStanding | undefined;
}

/** Tries of one task, one after the other, each with a conversation and a workbench of its own. */
class Coder {
  readonly #parts: CoderParts;
  readonly #benches: { readonly tested: Workbench['tested'] }[] = [];
  readonly #tried: Tried[] = [];
  #left: CoderStanding | undefined;
  #before: EarlierTry | undefined;

  constructor(parts: CoderParts) {
    this.#parts = parts;
    this.#left = parts.left;
    if (parts.left === undefined) return;
    this.#benches.push(parts.left);
    this.#tried.push(...parts.left.tried);
  }

  /** Runs of the tests in all tries, and how the last of them ended. */
  get tested(): Workbench['tested'] {
    const each = this.#benches.map(({ tested }) => tested);
    const lastTestExitCode = each.findLast((tested) => tested.lastTestExitCode !== undefined)?.lastTestExitCode;
    return { testsRun: each.reduce((sum, { testsRun }) => sum + testsRun, 0), ...(lastTestExitCode === undefined ? {} : { lastTestExitCode }) };
  }

  async work(next: Try): Promise<Thought> {
    const { params, context, model } = this.#parts;
    const { modelName, maxTurns, turnsBefore } = next;
    const left = this.#takeLeft();
    const isKept = left === undefined && (await this.#isKept(next));
    const bench = new Workbench(context, isPermitted(context.toolPolicy ?? {}, 'run_tests'), left?.bench);
    const before = this.#before && { ...this.#before, isKept };
    const tested = this.tested;
    this.#benches.push(bench);
    context.log(`model: ${modelName ?? 'the one of the installation'}\n`);
    const thought = await think({
      model,
      modelName,
      system: systemPrompt,
      tools: await this.#tools(bench),
      assignment: assignmentOf(params.instructions, context.inputs, before),
      maxTurns,
      turnsBefore,
      state: () => bench.state(),
      signal: context.signal,
      onTurn: (record) => tell(context, record, params.maxTurns),
      events: context.thoughts,
      from: left?.standing,
      // Where files may not be copied they cannot be handed over either.
      ...(isKept ? {} : { onStanding: (standing) => this.#keep(standing, bench, tested) }),
    });
    this.#tried.push({ ...next, thought });
    this.#before = { end: thought.end, said: thought.turns.map(({ said }) => said), tests: bench.tests, written: bench.written, isKept };
    return thought;
  }

  /** What was left is of one try alone. */
  #takeLeft(): CoderStanding | undefined {
    const left = this.#left;
    this.#left = undefined;
    return left;
  }

  /** Where a try may be taken back, it works in a copy from the first edit on. Where one did not, nothing is. */
  async #isKept({ isOneOfMany }: Try): Promise<boolean> {
    return isOneOfMany && ((await this.#parts.context.files.startOver()) !== undefined || this.#before?.isKept === true);
  }

  async #tools(bench: Workbench): Promise<readonly Tool[]> {
    const { params: { allowCommands = false }, context } = this.#parts;
    return offered(coderTools(bench, allowCommands), context);
  }

  /** `tested`: in the tries before this one. */
  async #keep(standing: Standing, bench: Workbench, tested: Workbench['tested']): Promise<void> {
    const { context: { checkpoints }, rules, first } = this.#parts;
    const tried = [...this.#tried];
    await checkpoints?.keep(turnsUntil({ tried, standing }), () => sheetOf(rules, { first, tried, tested, bench: bench.left, standing }));
  }
}

/** Which tier it was that finished, counted from 1, and how many were asked. */
function tiersOf({ tries, last }: Climbed): JsonObject {
  return { tiersTried: tries.length, ...(last.thought.end.kind === 'finished' ? { tier: last.tier } : {}) };
}

function artifactsOf({ end, turns }: Thought, tries: readonly Tried[], patch: string | undefined): readonly Produced[] {
  const told = tries.map(({ tier, modelName, thought }) => ({ tier, ...(modelName === undefined ? {} : { model: modelName }), end: thought.end.kind, turns: thought.turns.length }));
  const transcript = textArtifact('transcript.json', 'application/json', `${JSON.stringify({ prompt: promptVersion, end: end.kind, tries: told, turns }, null, 1)}\n`);
  return withPatch(transcript, patch);
}

function resultOf(end: End, isChanged: boolean, report: Pick<ActionResult, 'observed' | 'artifacts'>): ActionResult {
  return concluded(end, report, (summary) => succeeded(isChanged ? 'the model finished; its change is the output of the task' : 'the model finished and changed no file', { ...report, claimed: { summary: shareable(summary, summaryLength) } }));
}
