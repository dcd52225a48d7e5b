// What an attempt comes to. Every attempt has a result; none is ever thrown.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { OutcomeReason } from '#api/conditions.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { Artifact } from '#api/v1alpha1/schema.ts';
import type { ActionRecord, Violation } from '#api/v1alpha1/task.ts';
import { resultDigest } from '#domain/task/resultDigest.ts';
import type { TaskOutcomeSchema } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import type { Boundary } from '#sandbox/port.ts';

const maxMessageLength = 1000;

export interface AttemptResult {
  readonly result: 'Succeeded' | 'Failed';
  readonly reason: OutcomeReason;
  readonly message: string;
  readonly observed: JsonObject;
  readonly claimed: JsonObject;
  readonly artifacts: readonly Artifact[];
  /** Commit it started from; absent for a workspace that is not git. */
  readonly commit?: string;
  /** Commit of the changed files; absent when nothing was changed. */
  readonly outputCommit?: string;
  readonly treeBefore?: string;
  readonly treeAfter?: string;
  /** What isolated executed code; absent when none was executed. */
  readonly boundary?: Boundary;
  /** What the intent became, and what was expected of it; absent when it never became an action. */
  readonly action?: ActionRecord;
  /** How what was left behind differs from that; absent when it does not. */
  readonly violations?: readonly Violation[];
}

/** A failure with nothing to show. */
export function failure(reason: OutcomeReason, message: string): AttemptResult {
  return { result: 'Failed', reason, message, observed: {}, claimed: {}, artifacts: [] };
}

/** A result and its digest as they are sent. */
export function toWire(result: AttemptResult): { readonly outcome: MessageInitShape<typeof TaskOutcomeSchema>; readonly digest: string } {
  const { observed, claimed, artifacts, message, action, violations = [], ...rest } = result;
  const outcome = {
    ...rest,
    message: message.length > maxMessageLength ? `${message.slice(0, maxMessageLength)}…` : message,
    observedJson: JSON.stringify(observed),
    claimedJson: JSON.stringify(claimed),
    artifacts: artifacts.map(({ sizeBytes, ...artifact }) => ({ ...artifact, sizeBytes: BigInt(sizeBytes) })),
    ...(action === undefined ? {} : { action: { ...action, expectedSeconds: action.expectedSeconds ?? 0 } }),
    violations: violations.map(({ path = '', ...violation }) => ({ ...violation, path })),
  };
  return { outcome, digest: resultDigest(result) };
}
