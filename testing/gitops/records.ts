// Plans and approvals: objects without a status, which nobody keeps in Git and which are seen below their mission.
import { aMission } from '../builders/mission.ts';
import { anApproval } from '../builders/approval.ts';
import { aPlan } from '../builders/plan.ts';
import type { Situations } from './situation.ts';

const mission = aMission('m').spec({ planner: { maxTasks: 20 } }).build();
const subject = { missionUid: 'uid-m', kind: 'Plan', name: 'm-plan-1', digest: 'd'.repeat(64) } as const;

export const planSituations: Situations = {
  accepted: { object: aPlan(mission).withTask('survey').withTask('report', 'survey').build(), argo: 'Healthy', shows: 'revision 1, 2 tasks', kstatus: 'Current' },
  rejected: { object: aPlan(mission).rejected('tasks[1].dependsOn: unknown task x').build(), argo: 'Degraded', shows: 'rejected: tasks[1].dependsOn: unknown task x', kstatus: 'Current' },
};

export const approvalSituations: Situations = {
  approved: { object: anApproval(subject), argo: 'Healthy', shows: 'approved by ann', kstatus: 'Current' },
  rejected: { object: anApproval(subject, { decision: 'Reject' }), argo: 'Healthy', shows: 'rejected by ann', kstatus: 'Current' },
};
