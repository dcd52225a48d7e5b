// Between the wire and our own types. Everything an agent says is checked here, at the door; inside it is trusted.
import { create } from '@bufbuild/protobuf';
import { z } from 'zod';
import { taskConditions } from '#api/conditions.ts';
import { jsonFault, type JsonObject } from '#api/v1alpha1/json.ts';
import { AgentType, Artifact, CapabilityName, type Epoch } from '#api/v1alpha1/schema.ts';
import type { Epoch as EpochMessage } from '#platform/rpc/generated/coditect/v1alpha1/common_pb.ts';
import type { AgentHello, Claim as ClaimMessage, Finished, TaskOutcome } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import { type WorkResponse, WorkResponseSchema } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import { plainText } from '#domain/conditions.ts';
import type { Report } from '../../task/attempts.ts';
import type { Claim, Order } from '../../task/agents-port.ts';

/** A message that no honest agent sends. */
export class ProtocolFault extends Error {}

const Uid = z.string().regex(/^[A-Za-z0-9-]{1,64}$/);
const Digest = z.string().regex(/^[0-9a-f]{64}$/);
const Tree = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
const Boundary = z.enum(['none', 'partial', 'full']);

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

const ClaimShape = z.object({ taskUid: Uid, attempt: z.int().min(1).max(1000), finished: z.boolean(), resultDigest: z.union([z.literal(''), Digest]) });

/** The hello, checked; throws ProtocolFault. */
export function checkHello(hello: AgentHello): CheckedHello {
  return { ...parse(Hello, hello, 'hello'), claims: hello.claims.map(checkClaim) };
}

function checkClaim(claim: ClaimMessage, index: number): Claim {
  return { ...parse(ClaimShape, claim, `hello.claims[${index}]`), epoch: epochOf(claim.epoch) };
}

/** The fencing number of a message; absent is a fault. */
export function epochOf(epoch: EpochMessage | undefined): Epoch {
  if (epoch === undefined) throw new ProtocolFault('epoch: is missing');
  return { term: epoch.term, counter: epoch.counter };
}

const Ended = z.object({ taskUid: Uid, attempt: z.int().min(1).max(1000), resultDigest: Digest, durationMs: z.bigint().min(0n).max(10_000_000_000n) });
const Ending = z.object({
  result: z.enum(['Succeeded', 'Failed']),
  reason: z.string().refine((reason) => Object.hasOwn(taskConditions.Succeeded, reason), 'is not a known reason'),
  boundary: z.union([z.literal(''), Boundary]),
  artifacts: z.array(z.unknown()).max(16),
});

/** A finished attempt, checked. What is wrong with the result alone makes the attempt Failed; what is wrong with the message throws ProtocolFault. */
export function checkFinished(finished: Finished): Report {
  const { taskUid, attempt, resultDigest, durationMs } = parse(Ended, finished, 'finished');
  const base = { taskUid, attempt, epoch: epochOf(finished.epoch) };
  const outcome = finished.result;
  if (outcome === undefined) throw new ProtocolFault('finished.result: is missing');
  const output = { digest: resultDigest, durationMs: Number(durationMs) };
  try {
    const { result, reason, boundary } = parse(Ending, outcome, 'result');
    return {
      ...base,
      result,
      reason: reason as Report['reason'],
      message: plainText(outcome.message, 1024),
      output: { ...output, ...resultsOf(outcome), ...filesOf(outcome), ...(boundary === '' ? {} : { boundary }) },
    };
  } catch (error) {
    if (!(error instanceof ProtocolFault)) throw error;
    return { ...base, result: 'Failed', reason: 'AgentError', message: plainText(`the agent sent a result that is not valid: ${error.message}`, 1024), output };
  }
}

function resultsOf(outcome: TaskOutcome): Pick<Report['output'], 'observed' | 'claimed'> {
  const observed = jsonOf(outcome.observedJson, 'result.observed');
  const claimed = jsonOf(outcome.claimedJson, 'result.claimed');
  const fault = jsonFault({ observed: observed ?? {}, claimed: claimed ?? {} }, 'result', 2048 + 32);
  if (fault !== undefined) throw new ProtocolFault(fault);
  return { ...(observed === undefined ? {} : { observed }), ...(claimed === undefined ? {} : { claimed }) };
}

function jsonOf(text: string, field: string): JsonObject | undefined {
  if (text === '' || text === '{}') return undefined;
  if (text.length > 4096) throw new ProtocolFault(`${field}: longer than 4096 characters`);
  try {
    const value: unknown = JSON.parse(text);
    const fault = jsonFault(value, field);
    if (fault !== undefined) throw new ProtocolFault(fault);
    return value as JsonObject;
  } catch (error) {
    if (error instanceof SyntaxError) throw new ProtocolFault(`${field}: is not JSON`);
    throw error;
  }
}

function filesOf(outcome: TaskOutcome): Pick<Report['output'], 'artifacts' | 'workspace'> {
  const artifacts = outcome.artifacts.map(({ name, uri, sha256, sizeBytes, mediaType }, index) => parse(Artifact, { name, uri, sha256, sizeBytes: Number(sizeBytes), mediaType }, `result.artifacts[${index}]`));
  if (new Set(artifacts.map(({ name }) => name)).size < artifacts.length) throw new ProtocolFault('result.artifacts: two have the same name');
  const { commit, outputCommit, treeBefore, treeAfter } = outcome;
  const workspace =
    treeBefore === ''
      ? undefined
      : {
          ...(commit === '' ? {} : { commit: parse(Tree, commit, 'result.commit') }),
          ...(outputCommit === '' ? {} : { outputCommit: parse(Tree, outputCommit, 'result.output_commit') }),
          treeBefore: parse(Tree, treeBefore, 'result.tree_before'),
          treeAfter: parse(Tree, treeAfter, 'result.tree_after'),
        };
  return { ...(artifacts.length === 0 ? {} : { artifacts }), ...(workspace === undefined ? {} : { workspace }) };
}

function parse<T>(schema: z.ZodType<T>, value: unknown, field: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ProtocolFault(`${[field, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'is not valid'}`);
}

/** The message that carries an order. */
export function assignMessage(order: Order): WorkResponse {
  const { namespace, name, workspace, ...rest } = order;
  const { git, files, bundle, bundleCommit = '' } = workspace;
  const source = git !== undefined ? ({ case: 'git', value: git } as const) : files !== undefined ? ({ case: 'files', value: { files: { ...files } } } as const) : undefined;
  return create(WorkResponseSchema, {
    message: {
      case: 'assign',
      value: {
        ...rest,
        task: { namespace, name },
        workspace: {
          ...(source === undefined ? {} : { source }),
          ...(bundle === undefined ? {} : { bundle: { ...bundle, sizeBytes: BigInt(bundle.sizeBytes) } }),
          bundleCommit,
        },
      },
    },
  });
}
