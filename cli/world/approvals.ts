// What people are asked about a mission, and the object that their answer becomes. Pure.
import { labels } from '#api/labels.ts';
import type { ApprovalSpec } from '#api/v1alpha1/approval.ts';
import type { AwaitedApproval, Mission } from '#api/v1alpha1/mission.ts';
import { base32Lower, canonicalJson, sha256 } from '#domain/digest.ts';
import { awaitedCommand } from '#domain/mission/explain.ts';
import type { NewObject } from '#platform/kube/types.ts';

/** Everything that people were asked in this run, also what is settled by now. */
export function askedOf({ status }: Mission): readonly AwaitedApproval[] {
  return status?.approvals ?? [];
}

/** `waiting`: more people have to approve. */
export function answerTo({ approvedBy, required, rejectedBy }: AwaitedApproval): 'waiting' | 'approved' | 'rejected' {
  if (rejectedBy !== undefined) return 'rejected';
  return approvedBy.length >= required ? 'approved' : 'waiting';
}

/** `plan m-plan-1`, `goal looks-good` */
export function nameOf({ kind, name }: Pick<AwaitedApproval, 'kind' | 'name'>): string {
  return `${kind.toLowerCase()} ${name}`;
}

/** What people are to do for a mission that waits for them, as a sentence; undefined while it does not. */
export function waitsForApproval(mission: Mission): string | undefined {
  const command = awaitedCommand(mission);
  return command && `waits for approval: ${command}`;
}

type Answer = Pick<ApprovalSpec, 'decision' | 'approver' | 'comment'>;

const hashLength = 16;

/** The Approval of one person. Its name tells what it is about and who says it, but not what: saying both is found out. It goes with its mission. */
export function approvalObject({ apiVersion, kind, metadata }: Pick<Mission, 'apiVersion' | 'kind' | 'metadata'>, { kind: subjectKind, name: subjectName, digest }: AwaitedApproval, { decision, approver, comment }: Answer): NewObject & { readonly spec: ApprovalSpec } {
  const { name, namespace, uid } = metadata;
  const hash = base32Lower(sha256(canonicalJson([uid, subjectKind, subjectName, digest, approver]))).slice(0, hashLength);
  return {
    apiVersion,
    kind: 'Approval',
    metadata: { name: `${name}-${hash}`, namespace, labels: { [labels.mission]: uid }, ownerReferences: [{ apiVersion, kind, name, uid }] },
    spec: { missionRef: { name, uid }, subject: { kind: subjectKind, name: subjectName, digest }, decision, approver, ...(comment === undefined ? {} : { comment }) },
  };
}
