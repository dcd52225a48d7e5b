// The stats service as routes of a listener, with the interceptor that every call passes.
import type { ConnectRouter, Interceptor } from '@connectrpc/connect';
import { bearerAuth } from '#platform/rpc/auth.ts';
import { StatsService } from '#platform/rpc/generated/coditect/v1alpha1/stats_pb.ts';
import { createStatsService, type StatsDeps } from './service.ts';

export interface StatsRoutes {
  readonly routes: (router: ConnectRouter) => void;
  readonly interceptors: readonly Interceptor[];
}

/** What a listener needs to serve stats. */
export function statsRoutes(deps: StatsDeps): StatsRoutes {
  const service = createStatsService(deps);
  return { routes: (router) => void router.service(StatsService, service), interceptors: [bearerAuth(deps.authenticator)] };
}
