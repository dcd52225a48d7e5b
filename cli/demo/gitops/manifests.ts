// What the team of the story commits: missions of one or two commands, quick unless told.

export interface MissionWish {
  readonly goal?: string;
  /** How long its first task takes, in seconds. */
  readonly seconds?: number;
  /** How long a second task takes, in seconds. Unset: there is none. */
  readonly restSeconds?: number;
  readonly dependsOn?: string;
  readonly ttlSecondsAfterFinished?: number;
}

const sleeps = (name: string, seconds: number, dependsOn?: string): object => ({
  name,
  type: 'Tester',
  intent: { action: 'RunCommand', params: { command: ['sleep', String(seconds)] } },
  ...(dependsOn === undefined ? {} : { dependsOn: [dependsOn] }),
});

/** A Mission as a file of the repository; it names no namespace, and no field that people or autoscalers own. */
export function aMission(name: string, { goal = `Show that ${name} ends well.`, seconds = 0, restSeconds, dependsOn, ttlSecondsAfterFinished }: MissionWish = {}): object {
  const tasks = [sleeps('work', seconds, dependsOn), ...(restSeconds === undefined ? [] : [sleeps('rest', restSeconds, 'work')])];
  return {
    apiVersion: 'coditect.ai/v1alpha1',
    kind: 'Mission',
    metadata: { name, annotations: { 'argocd.argoproj.io/sync-wave': '10' } },
    spec: { goal, tasks, goals: [{ name: 'proven', check: { expression: 'tasks["work"].observed.exitCode == 0' } }], ...(ttlSecondsAfterFinished === undefined ? {} : { ttlSecondsAfterFinished }) },
  };
}

/** An Approval of a goal, as somebody might put it into Git. */
export function anApproval(missionUid: string, approver: string): object {
  return {
    apiVersion: 'coditect.ai/v1alpha1',
    kind: 'Approval',
    metadata: { name: 'second-proven' },
    spec: { missionRef: { name: 'second', uid: missionUid }, subject: { kind: 'Goal', name: 'proven', digest: 'd'.repeat(64) }, decision: 'Approve', approver },
  };
}
