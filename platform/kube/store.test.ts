import fc from 'fast-check';
import { expect, test } from 'vitest';
import { silentLog } from '#platform/telemetry/log.ts';
import { createStore, type Projected, type WritableStore } from './store.ts';
import type { StoreEvent } from './types.ts';

interface Item extends Projected {
  readonly team: string;
}

const item = (name: string, version: number, team = 'red', uid = `uid-${name}`): Item => ({ metadata: { name, namespace: 'a', uid, resourceVersion: String(version) }, team });
const key = (name: string) => ({ namespace: 'a', name });

function aStore(poisoned: string[] = []): WritableStore<Item> {
  const team = (object: Item) => {
    if (object.team === 'poison') throw new Error('no team');
    return [object.team];
  };
  return createStore<Item>({ name: 'items', indexes: { team }, log: silentLog, onPoison: (object) => poisoned.push(object.metadata.name) });
}

function eventsOf(store: WritableStore<Item>): string[] {
  const seen: string[] = [];
  store.subscribe((event: StoreEvent<Item>) => seen.push(`${event.kind} ${event.object.metadata.name}@${event.object.metadata.resourceVersion}`));
  return seen;
}

test('an older or equal version never replaces a newer one', () => {
  const store = aStore();
  store.upsert(item('x', 100));
  expect([store.upsert(item('x', 20)), store.upsert(item('x', 100)), store.upsert(item('x', 99, 'blue'))]).toEqual([false, false, false]);
  expect(store.get(key('x'))?.metadata.resourceVersion).toBe('100');
  expect(store.byIndex('team', 'blue')).toEqual([]);
});

test('versions are compared as numbers, not as text', () => {
  const store = aStore();
  store.upsert(item('x', 9));
  expect(store.upsert(item('x', 10))).toBe(true);
});

test('an index follows its object', () => {
  const store = aStore();
  store.upsert(item('x', 1, 'red'));
  store.upsert(item('y', 2, 'red'));
  store.upsert(item('x', 3, 'blue'));
  expect(store.byIndex('team', 'red').map(({ metadata }) => metadata.name)).toEqual(['y']);
  store.remove(item('y', 4));
  expect(store.byIndex('team', 'red')).toEqual([]);
});

test('a list that was handed out does not change afterwards', () => {
  const store = aStore();
  store.upsert(item('x', 1));
  const [all, reds] = [store.list(), store.byIndex('team', 'red')];
  store.upsert(item('y', 2));
  expect([all.length, reds.length, store.list().length]).toEqual([1, 1, 2]);
});

test('an unknown index is a mistake of the caller', () => {
  expect(() => aStore().byIndex('colour', 'red')).toThrow('no such index');
});

test('a replacement tells what was added, changed and deleted, and nothing about what stayed', () => {
  const store = aStore();
  for (const [position, name] of ['stays', 'changes', 'goes', 'unreadable'].entries()) store.upsert(item(name, position + 1));
  const seen = eventsOf(store);
  store.replace([item('stays', 1), item('changes', 8), item('new', 9)], new Set(['a/unreadable']), '10');
  expect(seen.toSorted()).toEqual(['added new@9', 'deleted goes@3', 'updated changes@8']);
  expect(store.get(key('unreadable'))).toBeDefined();
  expect(store.resourceVersion).toBe('10');
});

test('a replacement by an older list is believed: the server was restored', () => {
  const store = aStore();
  store.upsert(item('x', 100));
  store.replace([item('x', 50)], new Set(), '60');
  expect([store.get(key('x'))?.metadata.resourceVersion, store.resourceVersion]).toEqual(['50', '60']);
});

test('the late end of an old incarnation does not take the new one away', () => {
  const store = aStore();
  store.upsert(item('x', 10, 'red', 'second'));
  expect(store.remove(item('x', 9, 'red', 'first'))).toBe(false);
  expect(store.size).toBe(1);
});

test('a listener that throws harms neither the store nor the others', () => {
  const store = aStore();
  store.subscribe(() => { throw new Error('bad listener'); });
  const seen = eventsOf(store);
  store.upsert(item('x', 1));
  expect(seen).toEqual(['added x@1']);
});

test('an object that an index cannot take is left out, the others are not', () => {
  const poisoned: string[] = [];
  const store = aStore(poisoned);
  store.upsert(item('x', 1));
  expect(store.upsert(item('x', 2, 'poison'))).toBe(false);
  store.replace([item('p', 3, 'poison'), item('y', 4)], new Set(), '5');
  expect(store.list().map(({ metadata }) => metadata.name)).toEqual(['y']);
  expect(poisoned).toEqual(['x', 'p']);
});

test('the version only grows, and each growth is told once', () => {
  const store = aStore();
  let told = 0;
  const end = store.onAdvance(() => told++);
  for (const version of ['5', '5', '4', '10']) store.advance(version);
  end();
  store.advance('11');
  expect([told, store.resourceVersion]).toEqual([2, '11']);
});

test('after any history the indexes say the same as a look at every object', () => {
  const step = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), team: fc.constantFrom('red', 'blue'), version: fc.nat(30), action: fc.constantFrom('upsert', 'remove', 'replace') });
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const store = aStore();
    for (const { name, team, version, action } of steps) {
      if (action === 'upsert') store.upsert(item(name, version, team));
      else if (action === 'remove') store.remove(item(name, version, team));
      else store.replace([item(name, version, team), item('z', version, 'blue')], new Set(), String(version));
    }
    for (const team of ['red', 'blue']) {
      const names = (objects: readonly Item[]) => objects.map(({ metadata }) => metadata.name).toSorted();
      expect(names(store.byIndex('team', team))).toEqual(names(store.list().filter((object) => object.team === team)));
    }
    expect(store.list()).toHaveLength(store.size);
  }));
});
