// The memory as routes of two listeners: one where certificates say who calls, one for people with tokens.
import { bearerAuth } from '#platform/rpc/auth.ts';
import { MemoryService } from '#platform/rpc/generated/coditect/v1alpha1/memory_pb.ts';
import type { Routes } from '../history/wiring.ts';
import { createLessons, createRecall, type MemoryDeps } from './service.ts';

/** What a listener with mutual TLS needs so that the operator may recall. What is not served there answers UNIMPLEMENTED. */
export function recallRoutes(deps: MemoryDeps): Routes {
  const service = createRecall(deps);
  return { routes: (router) => void router.service(MemoryService, service), interceptors: [] };
}

/** What the listener of people needs. */
export function lessonsRoutes(deps: MemoryDeps): Routes {
  const service = createLessons(deps);
  return { routes: (router) => void router.service(MemoryService, service), interceptors: [bearerAuth(deps.authenticator)] };
}
