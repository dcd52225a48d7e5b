// Between the wire and our own types. Everything an agent says is checked here, at the door; inside it is trusted.
import { z } from 'zod';
import type { OutcomeReason } from '#api/conditions.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { AgentType, Artifact, CapabilityName, type Epoch } from '#api/v1alpha1/schema.ts';
import { ActionRecord, Violation } from '#api/v1alpha1/task.ts';
import type { Epoch as EpochMessage } from '#platform/rpc/generated/coditect/v1alpha1/common_pb.ts';
import type { AgentHello, Checkpoint as CheckpointMessage, Claim as ClaimMessage, Finished, Progress, TaskOutcome } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import { plainText } from '#domain/conditions.ts';
import { resultFault } from '#domain/task/limits.ts';
import type { Report } from '../../task/attempts.ts';
import type { AttemptRef, Checkpoint, Claim, Order } from '../../task/agents-port.ts';

/** A message that no honest agent sends. */
export class ProtocolFault extends Error {}

const Uid = z.string().regex(/^[A-Za-z0-9-]{1,64}$/);
const Digest = z.string().regex(/^[0-9a-f]{64}$/);
const Tree = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
const Boundary = z.enum(['none', 'partial', 'full']);
const maxMessage = 1024;
const maxSentence = 256;
const maxTurns = 100_000;
const maxPath = 255;
const maxViolations = 16;
// People see names and save files under them: no folders, nothing that a terminal would obey.
const NamedArtifact = Artifact.extend({ name: Artifact.shape.name.regex(/^[\w-][\w. +-]*$/), mediaType: Artifact.shape.mediaType.regex(/^[\x20-\x7e]+$/) });

const Hello = z.object({
  protocolMin: z.int().min(0),
  protocolMax: z.int().min(0),
  processUuid: z.string().regex(/^[0-9a-f-]{36}$/),
  slots: z.int().min(1).max(64),
  agentTypes: z.array(AgentType).min(1).max(16),
  capabilities: z.array(CapabilityName).max(64),
  highestTerm: z.int().min(0).max(2_147_483_647),
  claims: z.array(z.unknown()).max(128),
  boundary: Boundary,
  draining: z.boolean(),
});
export type CheckedHello = Omit<z.infer<typeof Hello>, 'claims'> & { readonly claims: readonly Claim[] };

const uint31 = z.int().min(0).max(2_147_483_647);
const EpochShape = z.object({ term: uint31, counter: uint31 });
const Reference = z.object({ taskUid: Uid, attempt: z.int().min(1).max(1000) });
const ClaimShape = z.object({ finished: z.boolean(), resultDigest: z.union([z.literal(''), Digest]) }).refine(({ finished, resultDigest }) => finished === (resultDigest !== ''), 'only a finished one has a digest');

/** The hello, checked; throws ProtocolFault. */
export function checkHello(hello: AgentHello): CheckedHello {
  const checked = parse(Hello, hello, 'hello');
  const claims = hello.claims.map(checkClaim);
  if (new Set(claims.map(({ taskUid }) => taskUid)).size < claims.length) throw new ProtocolFault('hello.claims: two are of the same task');
  return { ...checked, claims };
}

function checkClaim(claim: ClaimMessage, index: number): Claim {
  const field = `hello.claims[${index}]`;
  return { ...checkReference(claim, field), ...parse(ClaimShape, claim, field) };
}

/** The attempt that a message speaks of. */
export function checkReference(message: { readonly taskUid: string; readonly attempt: number; readonly epoch?: EpochMessage | undefined }, field: string): AttemptRef {
  return { ...parse(Reference, message, field), epoch: epochOf(message.epoch, field) };
}

/** The fencing number of a message; absent is a fault. */
export function epochOf(epoch: EpochMessage | undefined, field: string): Epoch {
  if (epoch === undefined) throw new ProtocolFault(`${field}.epoch: is missing`);
  return parse(EpochShape, epoch, `${field}.epoch`);
}

/** How far an attempt is, as its agent tells it. */
export interface Told {
  readonly taskUid: string;
  readonly percent: number;
  readonly message: string;
  /** What another agent needs to go on; absent when the message brings none. */
  readonly kept?: { readonly epoch: Epoch; readonly checkpoint: Checkpoint };
}

/** Progress, checked. */
export function checkProgress({ taskUid, percent, message, epoch, checkpoint }: Progress): Told {
  const told = { taskUid, percent: Math.min(100, percent), message: plainText(message, maxSentence) };
  return checkpoint === undefined ? told : { ...told, kept: { epoch: epochOf(epoch, 'progress'), checkpoint: checkCheckpoint(checkpoint) } };
}

const Turns = z.object({ turns: z.int().min(1).max(maxTurns) });

function checkCheckpoint({ talk, bundle, commit, turns }: CheckpointMessage): Checkpoint {
  const artifactOf = (sent: typeof talk, field: string) => parse(NamedArtifact, { ...sent, sizeBytes: Number(sent?.sizeBytes) }, `progress.checkpoint.${field}`);
  const files = bundle === undefined ? { commit: '' } : { bundle: artifactOf(bundle, 'bundle'), commit: parse(Tree, commit, 'progress.checkpoint.commit') };
  return { talk: artifactOf(talk, 'talk'), ...files, ...parse(Turns, { turns }, 'progress.checkpoint') };
}

// What an attempt may come to by itself; the other reasons are ours to give.
const reasons: Readonly<Record<Report['result'], readonly OutcomeReason[]>> = {
  Succeeded: ['Completed'],
  Failed: ['ActionFailed', 'ActionRefused', 'BudgetExceeded', 'WorkspaceFailed', 'InputMissing', 'OutputTooLarge', 'TimedOut', 'AgentStopped', 'ArtifactLost', 'AgentError'],
};

const Measured = z.object({ resultDigest: Digest, durationMs: z.bigint().min(0n).max(10_000_000_000n) });
const Ending = z
  .object({ result: z.enum(['Succeeded', 'Failed']), reason: z.string(), boundary: z.union([z.literal(''), Boundary]), artifacts: z.array(z.unknown()).max(16) })
  .refine(({ result, reason }) => reasons[result].some((known) => known === reason), { path: ['reason'], message: 'does not go with the result' });

/** A finished attempt, checked. What is wrong with the result alone makes the attempt Failed; what is wrong with the message throws ProtocolFault. */
export function checkFinished(finished: Finished): Report {
  const reference = checkReference(finished, 'finished');
  const { resultDigest, durationMs } = parse(Measured, finished, 'finished');
  if (finished.result === undefined) throw new ProtocolFault('finished.result: is missing');
  const measured = { digest: resultDigest, durationMs: Number(durationMs) };
  try {
    const { output, ...ending } = endingOf(finished.result);
    return { ...reference, ...ending, output: { ...measured, ...output } };
  } catch (error) {
    if (!(error instanceof ProtocolFault)) throw error;
    return { ...reference, result: 'Failed', reason: 'AgentError', message: plainText(`the agent sent a result that is not valid: ${error.message}`, maxMessage), output: measured };
  }
}

function endingOf(outcome: TaskOutcome): Pick<Report, 'result' | 'reason' | 'message'> & { readonly output: Omit<Report['output'], 'digest' | 'durationMs'> } {
  const { result, reason, boundary } = parse(Ending, outcome, 'result');
  const isolation = boundary === '' ? {} : { boundary };
  return { result, reason: reason as OutcomeReason, message: plainText(outcome.message, maxMessage), output: { ...valuesOf(outcome), ...filesOf(outcome), ...isolation, ...expectationsOf(outcome) } };
}

function valuesOf(outcome: TaskOutcome): Pick<Report['output'], 'observed' | 'claimed'> {
  const observed = jsonOf(outcome.observedJson, 'result.observed');
  const claimed = jsonOf(outcome.claimedJson, 'result.claimed');
  const fault = resultFault(observed, claimed);
  if (fault !== undefined) throw new ProtocolFault(`result.${fault}`);
  return { ...(isEmpty(observed) ? {} : { observed }), ...(isEmpty(claimed) ? {} : { claimed }) };
}

function expectationsOf({ action, violations }: TaskOutcome): Pick<Report['output'], 'action' | 'violations'> {
  if (action === undefined) return {};
  const { tool, expectedSeconds, expected } = action;
  const record = parse(ActionRecord, { tool, expected: expected.map((line) => plainText(line, maxSentence)), ...(expectedSeconds === 0 ? {} : { expectedSeconds }) }, 'result.action');
  if (violations.length > maxViolations) throw new ProtocolFault(`result.violations: ${violations.length}, the limit is ${maxViolations}`);
  const found = violations.map(({ kind, message, path }, index) => parse(Violation, { kind, message: plainText(message, maxSentence), ...(path === '' ? {} : { path: plainText(path, maxPath) }) }, `result.violations[${index}]`));
  return { action: record, ...(found.length === 0 ? {} : { violations: found }) };
}

/** JSON as it came; limits and shape are checked for both parts together. */
function jsonOf(text: string, field: string): JsonObject {
  if (text.length > 4096) throw new ProtocolFault(`${field}: longer than 4096 characters`);
  try {
    return JSON.parse(text === '' ? '{}' : text) as JsonObject;
  } catch {
    throw new ProtocolFault(`${field}: is not JSON`);
  }
}

function isEmpty(value: JsonObject): boolean {
  return Object.keys(value).length === 0;
}

function filesOf(outcome: TaskOutcome): Pick<Report['output'], 'artifacts' | 'workspace'> {
  const artifacts = outcome.artifacts.map((artifact, index) => parse(NamedArtifact, { ...artifact, sizeBytes: Number(artifact.sizeBytes) }, `result.artifacts[${index}]`));
  if (new Set(artifacts.map(({ name }) => name)).size < artifacts.length) throw new ProtocolFault('result.artifacts: two have the same name');
  return { ...(artifacts.length === 0 ? {} : { artifacts }), ...workspaceOf(outcome) };
}

function workspaceOf({ commit, outputCommit, treeBefore, treeAfter }: TaskOutcome): Pick<Report['output'], 'workspace'> {
  if (treeBefore === '') return {};
  return {
    workspace: {
      ...(commit === '' ? {} : { commit: parse(Tree, commit, 'result.commit') }),
      ...(outputCommit === '' ? {} : { outputCommit: parse(Tree, outputCommit, 'result.output_commit') }),
      treeBefore: parse(Tree, treeBefore, 'result.tree_before'),
      treeAfter: parse(Tree, treeAfter, 'result.tree_after'),
    },
  };
}

function parse<T>(schema: z.ZodType<T>, value: unknown, field: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ProtocolFault(`${[field, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'is not valid'}`);
}

/** The message that carries an order. */
export function assignMessage({ namespace, name, workspace, checkpoint, ...rest }: Order) {
  const { bundle, bundleCommit = '' } = workspace;
  return { case: 'assign', value: { ...rest, ...checkpointOf(checkpoint), task: { namespace, name }, workspace: { ...sourceOf(workspace), ...bundleOf(bundle), bundleCommit } } } as const;
}

function checkpointOf(checkpoint: Checkpoint | undefined) {
  if (checkpoint === undefined) return {};
  const { talk, bundle, commit, turns } = checkpoint;
  return { checkpoint: { talk: onWire(talk), ...bundleOf(bundle), commit, turns } };
}

function bundleOf(bundle: Artifact | undefined) {
  return bundle === undefined ? {} : { bundle: onWire(bundle) };
}

function onWire(artifact: Artifact) {
  return { ...artifact, sizeBytes: BigInt(artifact.sizeBytes) };
}

function sourceOf({ git, files }: Order['workspace']) {
  if (git !== undefined) return { source: { case: 'git', value: git } } as const;
  if (files !== undefined) return { source: { case: 'files', value: { files: { ...files } } } } as const;
  return {};
}
