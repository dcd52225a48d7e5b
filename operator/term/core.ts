// The memory of a term: tasks at their newest version, who has which, what was written and is not yet seen.
import { agentPools, missions, plans, tasks } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { PlatformError } from '#platform/errors.ts';
import { createWriteGate } from '#platform/kube/gate.ts';
import { configMaps, namespaces, pods } from '#platform/kube/resources.ts';
import type { WriteGate } from '#platform/kube/gate-port.ts';
import type { KubeObject } from '#platform/kube/types.ts';
import { byUid } from '../caches.ts';
import { createTaskBoard, type TaskBoard } from '../task/board.ts';
import { type Book, createBook } from '../task/book.ts';
import type { OrderSources } from '../task/order.ts';
import { PastRuns } from '../task/past-runs.ts';
import type { TaskLedger } from '../task/port.ts';
import { createTaskWriter } from '../task/writer.ts';
import type { TermDeps } from './deps.ts';

export interface Core {
  readonly board: TaskBoard;
  readonly book: Book;
  readonly gate: WriteGate;
  readonly writer: TaskLedger & { forget(uid: string): void };
  readonly sources: OrderSources;
  readonly past: PastRuns;
  /** The mission with this uid, unless it is gone or being deleted. */
  readonly missionByUid: (uid: string) => Mission | undefined;
  /** Task of the same mission and run by its name in the plan. */
  readonly sibling: (task: Task, name: string) => Task | undefined;
}

/** The memory at the start of a term. */
export function createCore({ config, caches, client, clock, log, term, signGrant }: TermDeps): Core {
  const board = createTaskBoard(caches.tasks.store);
  const missionByUid = (uid: string): Mission | undefined => caches.missions.store.byIndex(byUid, uid).find(({ metadata }) => metadata.deletionTimestamp === undefined);
  const sibling = (task: Task, name: string): Task | undefined => board.sibling(task, name);
  const past = new PastRuns();
  const gate = createWriteGate({
    stores: { [missions.plural]: caches.missions.store, [plans.plural]: caches.plans.store, [tasks.plural]: caches.tasks.store, [agentPools.plural]: caches.pools.store, [pods.plural]: caches.pods.store },
    clock,
    onStuck: (owner, plurals) => {
      log.warn('caches do not show what was written; listing again', { owner, plurals: plurals.join(',') });
      caches.relist(plurals);
    },
  });
  return {
    board,
    book: createBook(term),
    gate,
    writer: createTaskWriter({ client, clock, log, onRecorded: (task) => board.record(task) }),
    sources: { ...clusterFiles({ client, clock }), mission: ({ spec }) => spec.missionRef && missionByUid(spec.missionRef.uid), sibling, pastSeconds: (task) => past.secondsFor(task), grant: signGrant, hasGateway: config.llm === 'Gateway' },
    past,
    missionByUid,
    sibling,
  };
}

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

// A namespace of the same name may be made anew; until then tasks need not ask each time.
const namespaceUidMs = 60_000;

function clusterFiles({ client, clock }: Pick<TermDeps, 'client' | 'clock'>): Pick<OrderSources, 'namespaceUid' | 'configMapFiles'> {
  const known = new Map<string, { readonly uid: string; readonly readAt: number }>();
  return {
    async namespaceUid(namespace) {
      const last = known.get(namespace);
      if (last !== undefined && clock.monotonic() - last.readAt < namespaceUidMs) return last.uid;
      const found = await client.get<KubeObject>(namespaces, { namespace: '', name: namespace });
      if (found === undefined) throw new PlatformError('gone', `read namespace ${namespace}: it does not exist, so its blobs have no address; the task goes with it`);
      const { uid } = found.metadata;
      known.set(namespace, { uid, readAt: clock.monotonic() });
      return uid;
    },
    async configMapFiles(namespace, name) {
      const found = await client.get<ConfigMap>(configMaps, { namespace, name });
      if (found === undefined) return undefined;
      const text = Object.entries(found.data ?? {}).map(([file, value]) => [file, Buffer.from(value, 'utf8')] as const);
      const binary = Object.entries(found.binaryData ?? {}).map(([file, value]) => [file, Buffer.from(value, 'base64')] as const);
      return Object.fromEntries([...text, ...binary]);
    },
  };
}
