// A cluster, an operator and a session made of values; for tests.
import type { Clock } from '#platform/clock.ts';
import { KubeError } from '#platform/kube/error.ts';
import type { KubeClient, NewObject } from '#platform/kube/types.ts';
import type { Session } from '../commands/session.ts';
import type { FakeTerminal } from '../terminal/fake.ts';
import type { MissionFeed } from '../world/feed.ts';
import type { Keys } from '../terminal/keys.ts';
import type { Cluster } from './cluster.ts';
import type { History } from './history.ts';
import type { Operator } from './operator.ts';

export interface Written {
  readonly verb: 'apply' | 'patch';
  readonly name: string;
  readonly body: object;
}

/** A client that reads `objects` by `plural/name` and keeps what is written; `more` takes the place of some methods. */
export function fakeClient(objects: Readonly<Record<string, object>> = {}, written: Written[] = [], more: Partial<KubeClient> = {}): KubeClient {
  const absent = (what: string) => new KubeError(what, 'not found', { status: 404, reason: 'NotFound' });
  const refuse = (what: string) => () => Promise.reject(absent(what));
  return {
    get: <T>({ plural }: { plural: string }, { name }: { name: string }) => Promise.resolve(objects[`${plural}/${name}`] as T | undefined),
    list: <T>({ plural }: { plural: string }) => Promise.resolve({ items: Object.entries(objects).filter(([key]) => key.startsWith(`${plural}/`)).map(([, object]) => object as T), resourceVersion: '1' }),
    mergePatch: <T>({ plural }: { plural: string }, { name }: { name: string }, body: object) => {
      const object = objects[`${plural}/${name}`];
      if (object === undefined) return Promise.reject(absent(`patch ${plural} ${name}`));
      written.push({ verb: 'patch', name, body });
      return Promise.resolve(object as T);
    },
    apply: <T>(_: object, object: NewObject) => {
      written.push({ verb: 'apply', name: object.metadata.name, body: object });
      return Promise.resolve({ ...object, metadata: { uid: 'u', generation: 1, ...object.metadata } } as T);
    },
    create: refuse('create'),
    delete: refuse('delete'),
    post: refuse('post'),
    close: () => Promise.resolve(),
    ...more,
  };
}

/** A cluster with one watched mission, or none. */
export function fakeCluster(feed: MissionFeed | undefined, client: KubeClient = fakeClient()): Cluster {
  const cluster: Cluster = {
    client,
    namespace: 'demo',
    operatorNamespace: 'coditect-system',
    folder: undefined,
    inNamespace: () => cluster,
    token: () => Promise.resolve('user-token'),
    socket: () => Promise.reject(new Error('no forward in this test')),
    read: () => Promise.resolve(feed?.view()),
    watch: () => Promise.resolve(feed),
    close: () => Promise.resolve(),
  };
  return cluster;
}

export interface SessionParts {
  readonly terminal: FakeTerminal;
  readonly clock: Clock;
  readonly cluster: Cluster;
  readonly operator?: Partial<Operator>;
  readonly history?: History['replay'];
  readonly keys?: Keys;
  readonly signal?: AbortSignal;
}

/** A session whose operator cannot be reached unless one is given. */
export function fakeSession({ terminal, clock, cluster, operator, history, keys, signal = new AbortController().signal }: SessionParts): Session {
  const silent: Operator = { plan: () => Promise.reject(new Error('no plan in this test')), explain: () => Promise.resolve([]), progress: async function* () {}, log: async function* () {}, close: () => Promise.resolve() };
  return {
    terminal,
    clock,
    signal,
    reach: { operatorNamespace: 'coditect-system' },
    ...(keys === undefined ? {} : { keys }),
    connect: () => Promise.resolve(cluster),
    openOperator: () => (operator === undefined ? Promise.reject(new Error('connection refused')) : Promise.resolve({ ...silent, ...operator })),
    openBlobs: () => Promise.reject(new Error('no blobs in this test')),
    openMemory: () => Promise.reject(new Error('no memory in this test')),
    openStats: () => Promise.reject(new Error('no stats in this test')),
    openConsole: () => Promise.reject(new Error('no console in this test')),
    openWorlds: () => Promise.reject(new Error('no worlds in this test')),
    openHistory: () => (history === undefined ? Promise.reject(new Error('no history in this test')) : Promise.resolve({ replay: history, close: () => Promise.resolve() })),
  };
}
