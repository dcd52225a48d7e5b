// Approvals in the words of a test: what one person said of one thing.
import type { Approval, ApprovalSpec } from '#api/v1alpha1/approval.ts';
import type { Subject } from '#domain/approval/standing.ts';
import { frozen } from './frozen.ts';
import { type Meta, metaOf } from './meta.ts';

export interface Said extends Partial<Pick<ApprovalSpec, 'decision' | 'comment'>> {
  readonly by?: string;
  readonly meta?: Partial<Meta>;
}

/** What `by` said of a subject: an approval by `ann` unless told. */
export function anApproval({ missionUid, ...subject }: Subject, { by = 'ann', decision = 'Approve', comment, meta = {} }: Said = {}): Approval {
  return frozen({
    apiVersion: 'coditect.ai/v1alpha1',
    kind: 'Approval',
    metadata: metaOf({ name: `${subject.name}-${by}-${decision.toLowerCase()}`, namespace: 'team-a', ...meta }),
    spec: { missionRef: { name: 'm', uid: missionUid }, subject, decision, approver: by, ...(comment === undefined ? {} : { comment }) },
  });
}
