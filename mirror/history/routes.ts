// History as routes of a listener, with the interceptor that every call passes.
import type { ConnectRouter, Interceptor, ServiceImpl } from '@connectrpc/connect';
import { bearerAuth } from '#platform/rpc/auth.ts';
import { HistoryService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { createReplay, type ReplayDeps } from './replay.ts';

export interface HistoryOptions extends ReplayDeps {
  /** The world as it is now. Absent: nobody keeps one. */
  readonly world?: Pick<ServiceImpl<typeof HistoryService>, 'world' | 'rebuildWorlds'>;
}

/** What a listener needs to serve history. What is absent answers UNIMPLEMENTED. */
export function historyRoutes({ world, ...deps }: HistoryOptions): { readonly routes: (router: ConnectRouter) => void; readonly interceptors: readonly Interceptor[] } {
  const { log, archive } = deps.sources;
  const replay = log === undefined && archive === undefined ? {} : { replay: createReplay(deps) };
  return { routes: (router) => void router.service(HistoryService, { ...replay, ...world }), interceptors: [bearerAuth(deps.authenticator)] };
}
