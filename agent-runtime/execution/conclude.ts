// The end of an attempt: what the files have become, blobs stored, limits held. A result names only what was measured and stored.
import type { ActionRecord, Violation } from '#api/v1alpha1/task.ts';
import { compare } from '#domain/consistency/compare.ts';
import type { PlannedAction } from '#domain/intent/action.ts';
import { resultFault } from '#domain/task/limits.ts';
import { isKind, messageOf } from '#platform/errors.ts';
import type { Order } from '#agent-runtime/order.ts';
import { type ActionResult, failed } from '#agent-runtime/roles/action.ts';
import type { ThoughtEvents } from '#agent-runtime/thinking/events.ts';
import type { ChangedFile, Workspace } from '#agent-runtime/workspace/workspace.ts';
import { violationsOf } from './actual.ts';
import type { Commands } from './commands.ts';
import { isForgotten, type Live } from './live.ts';
import { maskedArtifact } from './masking.ts';
import { type AttemptResult, failure } from './result.ts';
import { type Pending, type StoreDeps, type Stored, storeAll } from './store.ts';

/** Longest time for storing the blobs of one attempt, in milliseconds. */
const storeMs = { normally: 120_000, whenStopped: 3000 } as const;

/** An attempt that got as far as an action. */
export interface Started {
  readonly order: Order;
  readonly live: Live;
  readonly workspace: Workspace;
  readonly planned: PlannedAction;
  readonly record: ActionRecord;
}

export interface Performed extends Started {
  /** Undefined when the action did not end in time after its signal. */
  readonly done: ActionResult | undefined;
  readonly commands: Commands;
  readonly thoughts: Pick<ThoughtEvents, 'files'>;
  /** Run time of the action, in seconds. */
  readonly seconds: number;
}

/** Makes the result of an attempt whose action has ended. */
export async function conclude(deps: StoreDeps, performed: Performed): Promise<AttemptResult> {
  const { order, live, workspace, commands, record } = performed;
  const fail = (result: AttemptResult) => withLog(deps, order, live, { ...result, action: record });
  const early = stopped(order, live.signal);
  if (early !== undefined) return fail({ ...early, ...shown(live, overtime(performed)) });
  const files = await filesOf(workspace, commands);
  if (files.kind === 'failed') return fail(stopped(order, live.signal) ?? failure(files.reason, files.message));
  if (files.changed.length > 0) performed.thoughts.files({ ...files.trees, files: files.changed });
  const done = checked(performed.done ?? failed('AgentError', 'the action did not end'));
  const { artifacts, ...ended } = done;
  live.log.write(`${ended.result}: ${ended.message}\n`);
  const violations = shown(live, violationsOf({ ...performed, done, measured: commands.measured(), changedPaths: files.changed.map(({ path }) => path) }));
  const facts = { ...files.trees, ...commitOf(order, workspace), ...boundaryOf(commands), ...violations, action: record };
  const stored = await store(deps, order, live, [...artifacts.map(pendingOf), ...files.pending, logOf(live)]);
  if (stored.kind === 'stored') return { ...ended, ...facts, artifacts: stored.artifacts };
  return { ...failure(stored.kind === 'tooLarge' ? 'OutputTooLarge' : 'AgentError', stored.message), ...facts };
}

/** What was left behind when the deadline cut an action is not measured; that it was cut is. */
function overtime({ order: { deadlineSeconds }, live, seconds }: Performed): readonly Violation[] {
  if (live.signal.reason !== 'deadline') return [];
  return compare({ withinSeconds: deadlineSeconds }, { cut: 'timeout', changedPaths: [], artifacts: [], seconds, claimsResults: false }, { result: 'Failed', claimed: {} });
}

/** Violations as a result has them, told in the log. */
function shown({ log }: Live, violations: readonly Violation[]): Pick<AttemptResult, 'violations'> {
  for (const { kind, message } of violations) log.write(`violated: ${kind}: ${message}\n`);
  return violations.length === 0 ? {} : { violations };
}

/** The result of an attempt that was stopped, or undefined for one that was not. */
export function stopped({ deadlineSeconds }: Order, signal: AbortSignal): AttemptResult | undefined {
  if (!signal.aborted) return undefined;
  if (signal.reason === 'deadline') return failure('TimedOut', `the attempt ran longer than ${deadlineSeconds} s, its activeDeadlineSeconds`);
  return failure('AgentStopped', 'the agent was stopped before the attempt ended');
}

/** A failed attempt keeps its log when the blob service takes it in time; its reason matters more. */
export async function withLog(deps: StoreDeps, order: Order, live: Live, result: AttemptResult): Promise<AttemptResult> {
  if (isForgotten(live.signal)) return result;
  live.log.write(`${result.result}: ${result.message}\n`);
  const stored = await store(deps, order, live, [logOf(live)]);
  return stored.kind === 'stored' ? { ...result, artifacts: stored.artifacts } : result;
}

/** The same, or a failure when its free-form part is larger than a status may hold. */
function checked(done: ActionResult): ActionResult {
  const fault = resultFault(done.observed, done.claimed);
  return fault === undefined ? done : failed('OutputTooLarge', fault, { artifacts: done.artifacts });
}

type Files =
  | { readonly kind: 'measured'; readonly trees: { readonly treeBefore: string; readonly treeAfter: string; readonly outputCommit?: string }; readonly changed: readonly ChangedFile[]; readonly pending: readonly Pending[] }
  | { readonly kind: 'failed'; readonly reason: 'OutputTooLarge' | 'WorkspaceFailed'; readonly message: string };

/** Trees before and after, and the bundle of the difference. */
async function filesOf(workspace: Workspace, commands: Commands): Promise<Files> {
  const { treeBefore } = workspace;
  const left = await commands.resultFolder();
  if (left.kind === 'refused') return { kind: 'failed', reason: left.reason, message: left.message };
  try {
    const treeAfter = await workspace.treeOf(left.folder);
    if (treeAfter === treeBefore) return { kind: 'measured', trees: { treeBefore, treeAfter }, changed: [], pending: [] };
    const changed = await workspace.tools.filesBetween(treeBefore, treeAfter);
    const { commit, file } = await workspace.output(treeAfter);
    const bundle: Pending = { name: 'output.bundle', mediaType: 'application/x-git-bundle', content: { kind: 'file', path: file } };
    return { kind: 'measured', trees: { treeBefore, treeAfter, outputCommit: commit }, changed, pending: [bundle] };
  } catch (error) {
    if (!isKind(error, 'git')) throw error;
    return { kind: 'failed', reason: 'WorkspaceFailed', message: `measure the files after the action: ${messageOf(error)}` };
  }
}

function commitOf({ source }: Order, { commit }: Workspace): Pick<AttemptResult, 'commit'> {
  return source.kind === 'git' && commit !== undefined ? { commit } : {};
}

function boundaryOf(commands: Commands): Pick<AttemptResult, 'boundary'> {
  const boundary = commands.boundary();
  return boundary === undefined ? {} : { boundary };
}

function pendingOf(artifact: ActionResult['artifacts'][number]): Pending {
  const { name, mediaType, bytes } = maskedArtifact(artifact);
  return { name, mediaType, content: { kind: 'bytes', bytes } };
}

function logOf({ log }: Live): Pending {
  return { name: 'log', mediaType: 'text/plain', content: { kind: 'bytes', bytes: log.bytes() } };
}

async function store(deps: StoreDeps, { namespaceUid, ownerUid }: Order, { grant, signal }: Live, pending: readonly Pending[]): Promise<Stored> {
  const limit = new AbortController();
  const ms = signal.aborted && signal.reason !== 'deadline' ? storeMs.whenStopped : storeMs.normally;
  const cancel = deps.clock.after(ms, () => limit.abort());
  try {
    return await storeAll(pending, { namespaceUid, ownerUid, grant }, deps, limit.signal);
  } finally {
    cancel();
  }
}
