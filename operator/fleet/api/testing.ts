// The api listener in one process, for this room's tests: the real services and interceptors, caches and an API server in memory.
import { ConnectError, Code, createClient, createRouterTransport } from '@connectrpc/connect';
import type { Authenticator } from '#api/access.ts';
import { missions, type ResourceType } from '#api/v1alpha1/kinds.ts';
import { type Mission, MissionSpec } from '#api/v1alpha1/mission.ts';
import { type Task, TaskSpec } from '#api/v1alpha1/task.ts';
import { KubeError } from '#platform/kube/error.ts';
import { createStore } from '#platform/kube/store.ts';
import { namespaces } from '#platform/kube/resources.ts';
import type { KubeClient, KubeObject, NewObject, ObjectKey } from '#platform/kube/types.ts';
import { OrchestratorService } from '#platform/rpc/generated/coditect/v1alpha1/orchestrator_pb.ts';
import { TaskQueueService } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { createBroadcast } from './broadcast.ts';
import type { Explainer } from './orchestrator.ts';
import type { PreviewParts } from './plan-preview.ts';
import { apiRoutes } from './routes.ts';

const base = { namespace: 'team-a', resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' } as const;

/** A mission `m` whose Succeeded condition has this status and reason. */
export function aMission(status: 'Unknown' | 'True' | 'False' = 'Unknown', reason = 'Running', version = '1'): Mission {
  const condition = { type: 'Succeeded', status, reason, message: `${reason} it is`, lastTransitionTime: '2026-01-01T00:00:00Z' } as const;
  return { apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', metadata: { ...base, name: 'm', uid: 'm-uid', resourceVersion: version }, spec: MissionSpec.parse({ goal: 'g' }), status: { runNumber: 1, conditions: [condition] } };
}

/** A task of mission `m` in run 1. */
export function aTask(name: string, status: Task['status'] = {}, version = '1', run = 1): Task {
  const spec = TaskSpec.parse({ type: 'Tester', intent: { action: 'RunTests' }, missionRef: { name: 'm', uid: 'm-uid' }, taskName: name, run });
  return { apiVersion: 'coditect.ai/v1alpha1', kind: 'Task', metadata: { ...base, name: `m-${name}-${run}`, uid: `uid-${name}`, resourceVersion: version }, spec, status };
}

/** Where a task is that an agent works on. */
export const running: NonNullable<Task['status']> = {
  attempt: 1,
  assignment: { pool: 'p', poolNamespace: 'team-a', agent: 'p-1', agentUid: 'a-uid', epoch: { term: 1, counter: 1 }, assignedTime: '2026-01-01T00:00:00Z', matchReason: '' },
  conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'Running', message: 'runs', lastTransitionTime: '2026-01-01T00:00:00Z' }],
};

/** How a task ended; with an attempt when `byAgent`. */
export function ended(reason: string, byAgent = true): NonNullable<Task['status']> {
  return { ...running, outcome: { result: reason === 'Completed' ? 'Succeeded' : 'Failed', reason, message: reason, time: '2026-01-01T00:00:00Z', ...(byAgent ? { epoch: { term: 1, counter: 1 } } : {}) } };
}

const namespaceObject = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { ...base, name, uid: `uid-of-${name}` } });

/** Creates objects in memory; `refuse` makes the next create fail. */
function memoryClient() {
  const objects = new Map<string, KubeObject>();
  const refusals: KubeError[] = [];
  const client: Pick<KubeClient, 'create' | 'get'> = {
    create: async <T extends KubeObject>(_: unknown, object: NewObject) => {
      const refusal = refusals.shift();
      if (refusal !== undefined) throw refusal;
      const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
      if (objects.has(key)) throw new KubeError(`create ${key}`, 'exists', { status: 409, reason: 'AlreadyExists' });
      objects.set(key, { ...object, metadata: { ...base, ...object.metadata, uid: `uid-${objects.size + 1}` } } as unknown as KubeObject);
      return objects.get(key) as T;
    },
    get: async <T extends KubeObject>({ plural }: ResourceType, { namespace, name }: ObjectKey) => (plural === namespaces.plural ? namespaceObject(name) : objects.get(`${namespace}/${name}`)) as T | undefined,
  };
  return { client, objects, refuse: (error: KubeError) => void refusals.push(error) };
}

/** Tokens are `<user>.x`; `reader` may get, `writer` may do all, an agent's token is not valid here. */
const authenticator: Authenticator = {
  review: async (token) => (token.startsWith('agent') ? undefined : { username: token, uid: token, groups: [], extra: {} }),
  allowed: async ({ username }, { verb, namespace }) => namespace === 'team-a' && (username === 'writer' || (username === 'reader' && verb === 'get')),
};

/** Everything a test of the services needs; a follower when `explainer` is null, without a gateway unless `preview` is given. `as` gives clients that call with a user's token. */
export function anApi(explainer: Explainer | null = { explain: () => [] }, preview?: (clock: ManualClock) => PreviewParts) {
  const clock = new ManualClock();
  const broadcast = createBroadcast(clock);
  const missionStore = createStore<Mission>({ name: missions.plural, indexes: {}, log: silentLog, onPoison: () => {} });
  const taskStore = createStore<Task>({ name: 'tasks', indexes: {}, log: silentLog, onPoison: () => {} });
  const server = memoryClient();
  const { routes, interceptors } = apiRoutes({ client: server.client, authenticator, missions: missionStore, tasks: taskStore, explainer: () => explainer ?? undefined, broadcast, clock, ...(preview === undefined ? {} : { preview: preview(clock) }) });
  const transport = createRouterTransport(routes, { router: { interceptors: [...interceptors] } });
  const as = (user: string | undefined) => {
    const options = user === undefined ? {} : { headers: { authorization: `Bearer ${user}` } };
    return { orchestrator: createClient(OrchestratorService, transport), queue: createClient(TaskQueueService, transport), options };
  };
  return { clock, broadcast, missions: missionStore, tasks: taskStore, ...server, as };
}

/** `Code message` of a call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    return `${Code[code]} ${rawMessage}`;
  }
  return 'no failure';
}

/** Reads a stream in the background: what came so far, then `ended` or the failure. */
export function watching<T>(stream: AsyncIterable<T>, show: (item: T) => string): string[] {
  const seen: string[] = [];
  const read = async () => {
    for await (const item of stream) seen.push(show(item));
  };
  void read().then(
    () => seen.push('ended'),
    (error: unknown) => seen.push(Code[ConnectError.from(error).code] ?? ''),
  );
  return seen;
}
