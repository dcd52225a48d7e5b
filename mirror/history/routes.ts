// History as routes of a listener, with the interceptor that every call passes.
import type { ConnectRouter, Interceptor, ServiceImpl } from '@connectrpc/connect';
import { bearerAuth } from '#platform/rpc/auth.ts';
import { HistoryService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { createReplay, type ReplayDeps } from './replay.ts';

export interface HistoryOptions extends Omit<ReplayDeps, 'reader'> {
  /** Absent: there is no event log, so nothing can be replayed. */
  readonly reader: ReplayDeps['reader'] | undefined;
  /** The world as it is now. Absent: nobody keeps one. */
  readonly world?: Pick<ServiceImpl<typeof HistoryService>, 'world' | 'rebuildWorlds'>;
}

/** What a listener needs to serve history. What is absent answers UNIMPLEMENTED. */
export function historyRoutes({ reader, world, ...deps }: HistoryOptions): { readonly routes: (router: ConnectRouter) => void; readonly interceptors: readonly Interceptor[] } {
  const replay = reader === undefined ? {} : { replay: createReplay({ ...deps, reader }) };
  return { routes: (router) => void router.service(HistoryService, { ...replay, ...world }), interceptors: [bearerAuth(deps.authenticator)] };
}
