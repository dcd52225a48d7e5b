// Counts what people have said of one thing. Only what was said of exactly that thing counts: another digest is another thing.
import type { Approval } from '#api/v1alpha1/approval.ts';
import type { AwaitedApproval } from '#api/v1alpha1/mission.ts';
import { plainText } from '#domain/conditions.ts';

/** The one thing that approvals are about. */
export interface Subject {
  readonly missionUid: string;
  readonly kind: AwaitedApproval['kind'];
  readonly name: string;
  /** Of what people look at. */
  readonly digest: string;
}

/** How a subject stands with the people who were asked. */
export interface Standing {
  readonly kind: 'waiting' | 'approved' | 'rejected';
  /** Everyone who approved and did not reject, sorted. */
  readonly approvedBy: readonly string[];
  /** Who rejected it first. */
  readonly rejectedBy?: string;
  /** What they said with it. */
  readonly comment?: string;
}

/** A person counts once, and as against it when they ever rejected. One rejection outweighs any number of approvals. */
export function standing(subject: Subject, required: number, approvals: readonly Approval[]): Standing {
  const said = approvals.filter((approval) => isAbout(approval, subject)).toSorted(byTime);
  const rejections = said.filter(({ spec }) => spec.decision === 'Reject');
  const against = new Set(rejections.map(({ spec }) => spec.approver));
  const approvedBy = [...new Set(said.map(({ spec }) => spec.approver))].filter((approver) => !against.has(approver)).toSorted();
  const [first] = rejections;
  if (first === undefined) return { kind: approvedBy.length >= required ? 'approved' : 'waiting', approvedBy };
  const { approver, comment } = first.spec;
  return { kind: 'rejected', approvedBy, rejectedBy: approver, ...(comment === undefined ? {} : { comment }) };
}

function isAbout({ spec: { missionRef, subject } }: Approval, { missionUid, kind, name, digest }: Subject): boolean {
  return missionRef.uid === missionUid && subject.kind === kind && subject.name === name && subject.digest === digest;
}

// Times are in whole seconds: the name decides between two of the same second, so that equal caches give equal answers.
function byTime({ metadata: a }: Approval, { metadata: b }: Approval): number {
  const [before, after] = a.creationTimestamp === b.creationTimestamp ? [a.name, b.name] : [a.creationTimestamp, b.creationTimestamp];
  return before < after ? -1 : 1;
}

/** What people are asked, and of how many of them. */
export interface Question {
  readonly subject: Subject;
  readonly text: string;
  readonly required: number;
}

const limits = { question: 1024, approvers: 10 } as const;

/** The entry of status.approvals: what people are asked, and what they have said. */
export function awaitedApproval({ subject: { missionUid, ...subject }, text, required }: Question, approvals: readonly Approval[]): AwaitedApproval {
  const { approvedBy, rejectedBy } = standing({ missionUid, ...subject }, required, approvals);
  return { ...subject, question: plainText(text, limits.question), required, approvedBy: approvedBy.slice(0, limits.approvers), ...(rejectedBy === undefined ? {} : { rejectedBy }) };
}
