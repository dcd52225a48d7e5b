// The memory of a term: tasks at their newest version, who has which, what was written and is not yet seen.
import { agentPools, missions, tasks } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { createWriteGate } from '#platform/kube/gate.ts';
import { configMaps, namespaces, pods } from '#platform/kube/resources.ts';
import type { WriteGate } from '#platform/kube/gate-port.ts';
import type { KubeObject } from '#platform/kube/types.ts';
import { byUid } from '../caches.ts';
import { createTaskBoard, type TaskBoard } from '../task/board.ts';
import { type Book, createBook } from '../task/book.ts';
import type { OrderSources } from '../task/order.ts';
import type { TaskLedger } from '../task/port.ts';
import { createTaskWriter } from '../task/writer.ts';
import type { TermDeps } from './deps.ts';

export interface Core {
  readonly board: TaskBoard;
  readonly book: Book;
  readonly gate: WriteGate;
  readonly writer: TaskLedger & { forget(uid: string): void };
  readonly sources: OrderSources;
  /** The mission with this uid, unless it is gone or being deleted. */
  missionByUid(uid: string): Mission | undefined;
  /** Task of the same mission and run by its name in the plan. */
  sibling(task: Task, name: string): Task | undefined;
}

/** The memory at the start of a term. */
export function createCore({ caches, client, clock, log, term, signGrant }: TermDeps): Core {
  const board = createTaskBoard(caches.tasks.store);
  const missionByUid = (uid: string): Mission | undefined => caches.missions.store.byIndex(byUid, uid).find(({ metadata }) => metadata.deletionTimestamp === undefined);
  const sibling = ({ spec }: Task, name: string): Task | undefined => spec.missionRef && board.named(spec.missionRef.uid, spec.run ?? 0, name);
  const gate = createWriteGate({
    stores: { [missions.plural]: caches.missions.store, [tasks.plural]: caches.tasks.store, [agentPools.plural]: caches.pools.store, [pods.plural]: caches.pods.store },
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
    sources: { ...clusterFiles(client), mission: ({ spec }) => spec.missionRef && missionByUid(spec.missionRef.uid), sibling, grant: signGrant },
    missionByUid,
    sibling,
  };
}

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

function clusterFiles(client: TermDeps['client']): Pick<OrderSources, 'namespaceUid' | 'configMapFiles'> {
  const uids = new Map<string, string>();
  return {
    async namespaceUid(namespace) {
      const known = uids.get(namespace);
      if (known !== undefined) return known;
      const uid = (await client.get<KubeObject>(namespaces, { namespace: '', name: namespace }))?.metadata.uid ?? '';
      uids.set(namespace, uid);
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
