// A cache that a test fills by hand.
import { createStore, type Indexes, type Projected, type WritableStore } from '#platform/kube/store.ts';
import { silentLog } from '#platform/telemetry/log.ts';

/** The store of a kind that holds these objects. */
export function storeOf<P extends Projected>(objects: readonly P[] = [], indexes: Indexes<P> = {}): WritableStore<P> {
  const store = createStore<P>({
    name: 'test',
    indexes,
    log: silentLog,
    onPoison: (_, error) => {
      throw error;
    },
  });
  for (const object of objects) store.upsert(object);
  return store;
}
