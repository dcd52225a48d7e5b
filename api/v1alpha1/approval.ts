// Approval: what one person said of one thing, for ever. Who may say it is a matter of RBAC on this kind alone; admission sees to it that nobody speaks for another.
import { z } from 'zod';
import { approvalSubjects } from './mission.ts';
import { ObjectName, type ObjectMeta, Sha256, Uid } from './schema.ts';

export const approvalDecisions = ['Approve', 'Reject'] as const;

/** What an Approval says. Immutable; its writer is the person who says it. */
export const ApprovalSpec = z.object({
  missionRef: z.object({ name: ObjectName.describe('Name of the Mission.'), uid: Uid.describe('UID of the Mission.') }).describe('Mission that it is about.'),
  subject: z
    .object({
      kind: z.enum(approvalSubjects).describe('Plan: that the plan may run. Goal: that the goal is met.'),
      name: ObjectName.describe('Name of the Plan or of the goal.'),
      digest: Sha256.describe('SHA-256 of what was looked at, as status.approvals of the Mission tells it: when that changes, the approval does not count any more.'),
    })
    .describe('What it is about.'),
  decision: z.enum(approvalDecisions).describe('What was decided.'),
  approver: z.string().min(1).max(256).describe('Username of the person, as the API server knows it. Admission refuses any other.'),
  comment: z.string().max(1024).optional().describe('Why, in words. Unset: nothing was said.'),
});
export type ApprovalSpec = z.infer<typeof ApprovalSpec>;

/** Rules at the root of the CRD. */
export const approvalRules = [{ rule: 'self.spec == oldSelf.spec', message: 'an Approval is immutable; to change your mind, delete it and say something else' }] as const;

export interface Approval {
  readonly apiVersion: 'coditect.ai/v1alpha1';
  readonly kind: 'Approval';
  readonly metadata: ObjectMeta;
  readonly spec: ApprovalSpec;
}
