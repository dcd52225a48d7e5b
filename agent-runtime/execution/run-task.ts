// One attempt from its order to its result: workspace, action, trees, blobs. It always resolves; what goes wrong is a result too.
import { parseBlobAddress } from '#api/blobs.ts';
import type { WorkspaceFacts } from '#domain/intent/action.ts';
import { type Clock, delay } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { LanguageModels } from '#agent-runtime/llm/model.ts';
import type { OpenAttemptTools } from '#agent-runtime/mcp/tools.ts';
import type { Order } from '#agent-runtime/order.ts';
import type { ActionCache, Bound } from '#agent-runtime/roles/action.ts';
import { maskSecrets } from '#agent-runtime/roles/analyzer/secrets/mask-secrets.ts';
import { bindAction, type Roles } from '#agent-runtime/roles/registry.ts';
import type { TellMirror } from '#agent-runtime/telling/telling.ts';
import { numberedThoughts, type PublishThought, type ThoughtEvents } from '#agent-runtime/thinking/events.ts';
import type { WorkspaceRequest, Workspaces } from '#agent-runtime/workspace/workspace.ts';
import { createCommands } from './commands.ts';
import { conclude, type Started, stopped, withLog } from './conclude.ts';
import { makeContext, workingFolder } from './context.ts';
import type { Live } from './live.ts';
import { maskedLive, maskedResult, maskedThought } from './masking.ts';
import { planAction } from './plan.ts';
import type { Surveyor } from './sight.ts';
import { type AttemptResult, failure } from './result.ts';
import type { Sandboxes } from './stage.ts';
import type { StoreDeps } from './store.ts';

/** Runs one attempt; never rejects. */
export type RunTask = (order: Order, live: Live) => Promise<AttemptResult>;

export interface RunTaskDeps extends StoreDeps {
  readonly roles: Roles;
  readonly workspaces: Workspaces;
  readonly sandboxes: Sandboxes;
  /** What is known of a folder by its files; runs nothing. */
  readonly gatherFacts: (folder: string, signal: AbortSignal) => Promise<WorkspaceFacts>;
  readonly clock: Clock;
  readonly log: Log;
  /** What actions keep between tasks; nothing unless it is there. */
  readonly cache?: ActionCache;
  /** The way to language models; none unless it is there. */
  readonly llm?: LanguageModels;
  /** The way to tools of the pool's MCP servers; none unless it is there. */
  readonly mcp?: OpenAttemptTools;
  /** Where it is told how models think. */
  readonly publishThought: PublishThought;
  /** Where it is told besides, with the grant of the attempt; nowhere unless it is there. */
  readonly tellMirror?: TellMirror;
  /** Where a model may look at its mission; nowhere unless it is there. */
  readonly mirror?: Surveyor;
}

/** How long an action may take to end once its signal has aborted, in milliseconds. */
const graceMs = 1500;

/** Makes the runner of this agent. */
export function createRunTask(deps: RunTaskDeps): RunTask {
  return async (order, live) => {
    const deadline = new AbortController();
    const cancelDeadline = deps.clock.after(order.deadlineSeconds * 1000, () => deadline.abort('deadline'));
    const signal = AbortSignal.any([live.signal, deadline.signal]);
    try {
      return maskedResult(await attempt(deps, order, maskedLive({ ...live, signal })));
    } catch (error) {
      // Whatever is under way when an attempt is stopped may end with an error: that is nobody's fault.
      const stop = stopped(order, signal);
      if (stop !== undefined) return stop;
      const why = maskSecrets(messageOf(error));
      deps.log.error('an attempt failed by an error of the agent', { task: order.task, attempt: order.attempt, error: why });
      return failure('AgentError', `the agent could not carry the attempt out: ${why}`);
    } finally {
      cancelDeadline();
    }
  };
}

async function attempt(deps: RunTaskDeps, order: Order, live: Live): Promise<AttemptResult> {
  const { spec } = order;
  const bound = bindAction(deps.roles, spec.type, spec.intent);
  if (bound.kind === 'refused') return failure('ActionRefused', bound.message);
  live.log.write(`${spec.type} ${spec.intent.action}\n`);
  const answer = await deps.workspaces.prepare(requestOf(deps, order, live), live.signal);
  if (answer.kind === 'failed') return withLog(deps, order, live, stopped(order, live.signal) ?? failure(answer.reason, answer.message));
  const { workspace } = answer;
  live.log.write(`files: tree ${workspace.treeBefore}${workspace.commit === undefined ? '' : `, commit ${workspace.commit}`}\n`);
  try {
    const plan = planAction(order, await deps.gatherFacts(workingFolder(workspace), live.signal));
    if (plan.kind === 'refused') return await withLog(deps, order, live, failure('ActionRefused', plan.message));
    live.log.write(`tool: ${plan.record.tool}\n${plan.record.expected.map((sentence) => `expected: ${sentence}\n`).join('')}`);
    return await perform(deps, { order, live, workspace, ...plan }, bound);
  } finally {
    await workspace.dispose();
  }
}

/** Runs the bound action and makes a result of what it left. */
async function perform(deps: RunTaskDeps, started: Started, bound: Extract<Bound, { kind: 'bound' }>): Promise<AttemptResult> {
  const { order, live, workspace, planned } = started;
  const { log, signal } = live;
  const network = order.spec.sideEffects === 'External' ? 'open' : 'none';
  const commands = createCommands({ sandboxes: deps.sandboxes, workspace, log, signal, wallMs: order.deadlineSeconds * 1000, network });
  const mcp = deps.mcp?.({ sideEffects: order.spec.sideEffects, hasInputs: Object.keys(order.inputs).length > 0, signal, log: (text) => log.write(text) });
  const thoughts = thoughtsOf(deps, order, live);
  try {
    const context = await makeContext({ order, live, workspace, commands, planned, blobs: deps.blobs, clock: deps.clock, random: deps.random, cache: deps.cache, gatherFacts: deps.gatherFacts, llm: deps.llm, thoughts, mcp, mirror: deps.mirror });
    const startedAt = deps.clock.monotonic();
    const done = await endedSoonAfter(bound.run(context), signal, deps.clock);
    return await conclude(deps, { ...started, commands, thoughts, done, seconds: Math.round((deps.clock.monotonic() - startedAt) / 1000) });
  } finally {
    await Promise.all([commands.dispose(), mcp?.close()]);
  }
}

function thoughtsOf({ publishThought, tellMirror }: RunTaskDeps, { taskUid, attempt }: Order, { epoch, grant }: Live): ThoughtEvents {
  return numberedThoughts({ taskUid, attempt, epoch }, (said) => {
    const event = maskedThought(said);
    publishThought(event);
    tellMirror?.(event, grant);
  });
}

function requestOf({ blobs }: RunTaskDeps, { source, bundle, namespaceUid, ownerUid }: Order, live: Live): WorkspaceRequest {
  if (bundle === undefined) return { source };
  const address = parseBlobAddress(bundle.blob.uri) ?? { namespaceUid, ownerUid, sha256: bundle.blob.sha256 };
  return { source, bundle: { commit: bundle.commit, fetch: (file) => blobs.get(live.grant(), address, file, live.signal) } };
}

/** The value of `work`, or undefined when it goes on long after `signal` has aborted. */
async function endedSoonAfter<T>(work: Promise<T>, signal: AbortSignal, clock: Clock): Promise<T | undefined> {
  const late = new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
  return Promise.race([work, late.then(() => delay(clock, graceMs)).then(() => undefined)]);
}
