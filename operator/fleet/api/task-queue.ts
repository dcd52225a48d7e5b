// TaskQueueService: programs enqueue tasks and subscribe to what becomes of them.
import type { ServiceImpl } from '@connectrpc/connect';
import type { Authenticator } from '#api/access.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { KubeClient, Store } from '#platform/kube/types.ts';
import type { TaskQueueService } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import { createMission } from './create-mission.ts';
import { readableMission } from './door.ts';
import { enqueuedMission } from './mission-request.ts';
import { taskChanges } from './task-changes.ts';

export interface TaskQueueDeps {
  readonly client: Pick<KubeClient, 'create' | 'get'>;
  readonly authenticator: Authenticator;
  readonly missions: Store<Mission>;
  readonly tasks: Store<Task>;
}

/** The service over its ports; any replica can serve it. */
export function createTaskQueueService(deps: TaskQueueDeps): ServiceImpl<typeof TaskQueueService> {
  return {
    async enqueue(request, context) {
      const { mission, uid } = await createMission(deps, context, request.namespace, () => enqueuedMission(request));
      return { mission, missionUid: uid };
    },
    async *subscribe(request, context) {
      const mission = await readableMission(deps, context, request.mission);
      yield* taskChanges(mission, deps.missions, deps.tasks, context.signal);
    },
  };
}
