// One attempt from its order to its result: workspace, action, trees, blobs. It always resolves; what goes wrong is a result too.
import { join } from 'node:path';
import { parseBlobAddress } from '#api/blobs.ts';
import { type Clock, delay } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Sandbox } from '#sandbox/port.ts';
import type { Order } from '#agent-runtime/order.ts';
import type { CommandOptions } from '#agent-runtime/roles/action.ts';
import { bindAction, type Roles } from '#agent-runtime/roles/registry.ts';
import type { WorkspaceRequest, Workspaces } from '#agent-runtime/workspace/workspace.ts';
import { createCommands } from './commands.ts';
import { conclude, stopped, withLog } from './conclude.ts';
import type { Live } from './live.ts';
import { type AttemptResult, failure } from './result.ts';
import type { StoreDeps } from './store.ts';

/** Runs one attempt; never rejects. */
export type RunTask = (order: Order, live: Live) => Promise<AttemptResult>;

export interface RunTaskDeps extends StoreDeps {
  readonly roles: Roles;
  readonly workspaces: Workspaces;
  readonly sandbox: Sandbox;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long an action may take to end once its signal has aborted, in milliseconds. */
const graceMs = 1500;

/** Makes the runner of this agent. */
export function createRunTask(deps: RunTaskDeps): RunTask {
  return async (order, live) => {
    const deadline = new AbortController();
    const cancelDeadline = deps.clock.after(order.deadlineSeconds * 1000, () => deadline.abort('deadline'));
    try {
      return await attempt(deps, order, { ...live, signal: AbortSignal.any([live.signal, deadline.signal]) });
    } catch (error) {
      deps.log.error('an attempt failed by an error of the agent', { task: order.task, attempt: order.attempt, error: messageOf(error) });
      return failure('AgentError', `the agent could not carry the attempt out: ${messageOf(error)}`);
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
  const network = spec.sideEffects === 'External' ? 'open' : 'none';
  const commands = createCommands({ sandbox: deps.sandbox, workspace, log: live.log, signal: live.signal, wallMs: order.deadlineSeconds * 1000, network });
  try {
    const context = {
      folder: join(workspace.root, workspace.subPath),
      inputs: order.inputs,
      signal: live.signal,
      log: (text: string) => live.log.write(text),
      progress: live.progress,
      run: (command: readonly string[], options?: CommandOptions) => commands.run(command, options),
    };
    const done = await endedSoonAfter(bound.run(context), live.signal, deps.clock);
    return await conclude(deps, order, live, { done, workspace, commands });
  } finally {
    await commands.dispose();
    await workspace.dispose();
  }
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
