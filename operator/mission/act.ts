// Carries out the intents of a mission: one intent, one effect, no business. Every effect is idempotent.
import { missions, tasks } from '#api/v1alpha1/kinds.ts';
import type { Task, TaskResult } from '#api/v1alpha1/task.ts';
import type { OutcomeReason } from '#api/conditions.ts';
import type { WriteGate } from '#platform/kube/gate-port.ts';
import type { KubeClient, KubeObject, NewObject } from '#platform/kube/types.ts';
import type { MissionIntent } from './decide/intents.ts';
import type { MissionView } from './decide/view.ts';

/** What the mission reconciler does to the cluster. */
export interface MissionCluster {
  readonly client: Pick<KubeClient, 'delete' | 'mergePatch'>;
  /** The object, made now or before. */
  createIfAbsent(task: NewObject): Promise<{ readonly object: KubeObject; readonly created: boolean }>;
  /** Hands an outcome to the writer of Task.status. */
  decideTask(task: Task, result: TaskResult, reason: OutcomeReason, message: string): Promise<void>;
  readonly gate: WriteGate;
}

/** Carries out one intent. */
export async function act(intent: MissionIntent, { mission }: MissionView, cluster: MissionCluster): Promise<void> {
  const { namespace, name, uid } = mission.metadata;
  const owner = `Mission/${namespace}/${name}`;
  switch (intent.kind) {
    case 'createTask': {
      const { object } = await cluster.createIfAbsent({ ...intent.task });
      return cluster.gate.expect(owner, tasks.plural, object.metadata, object.metadata);
    }
    case 'deleteTask': {
      const { metadata } = intent.task;
      const answer = await cluster.client.delete(tasks, metadata, { uid: metadata.uid, resourceVersion: metadata.resourceVersion });
      if (answer === 'deleted') cluster.gate.expectGone(owner, tasks.plural, metadata, metadata.uid);
      return;
    }
    case 'decideTask':
      return cluster.decideTask(intent.task, intent.result, intent.reason, intent.message);
    case 'deleteMission':
      await cluster.client.delete(missions, { namespace, name }, { uid });
  }
}
