// The api listener's services, ready for a server: every call passes the bearer check first.
import type { ConnectRouter, Interceptor } from '@connectrpc/connect';
import { bearerAuth } from '#platform/rpc/auth.ts';
import { OrchestratorService } from '#platform/rpc/generated/coditect/v1alpha1/orchestrator_pb.ts';
import { TaskQueueService } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import type { Broadcast } from './broadcast.ts';
import { createOrchestratorService, type OrchestratorDeps } from './orchestrator.ts';
import { createTaskQueueService } from './task-queue.ts';

export type ApiDeps = Omit<OrchestratorDeps, 'feed' | 'logs'> & { readonly broadcast: Pick<Broadcast, 'feed' | 'logs'> };

/** Routes and interceptors of the api listener. From now on the log of a task that is decided or deleted ends. */
export function apiRoutes({ broadcast, ...deps }: ApiDeps): { readonly routes: (router: ConnectRouter) => void; readonly interceptors: readonly Interceptor[] } {
  const { feed, logs } = broadcast;
  // Agents that are lost do not say that their log is over.
  deps.tasks.subscribe(({ kind, object }) => {
    if (kind === 'deleted' || object.status?.outcome !== undefined) logs.end(object.metadata.uid);
  });
  return {
    routes: (router) => {
      router.service(OrchestratorService, createOrchestratorService({ ...deps, feed, logs }));
      router.service(TaskQueueService, createTaskQueueService(deps));
    },
    interceptors: [bearerAuth(deps.authenticator)],
  };
}
