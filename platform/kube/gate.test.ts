import { expect, test } from 'vitest';
import { silentLog } from '#platform/telemetry/log.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { createWriteGate, type CacheGate } from './gate.ts';
import { createStore, type Projected, type WritableStore } from './store.ts';

const key = { namespace: 'a', name: 'x' };
const owner = 'Mission/a/m';
const object = (version: number, uid = 'u1', more: object = {}): Projected => ({ metadata: { ...key, uid, resourceVersion: String(version), ...more } });

interface World {
  readonly tasks: WritableStore<Projected>;
  readonly pods: WritableStore<Projected>;
  readonly gate: CacheGate;
  readonly clock: ManualClock;
  readonly stuck: string[];
}

function aWorld(): World {
  const store = () => {
    const made = createStore<Projected>({ name: 's', indexes: {}, log: silentLog, onPoison: () => {} });
    made.replace([], new Set(), '100');
    return made;
  };
  const [tasks, pods, clock] = [store(), store(), new ManualClock()];
  const stuck: string[] = [];
  const gate = createWriteGate({ stores: { tasks, pods }, clock, onStuck: (who, plurals) => stuck.push(`${who} ${plurals.join('+')}`) });
  return { tasks, pods, gate, clock, stuck };
}

/** What the watch does with an event. */
function seen(store: WritableStore<Projected>, event: Projected, gone = false): void {
  if (gone) store.remove(event);
  else store.upsert(event);
  store.advance(event.metadata.resourceVersion);
}

const cases: Record<string, { act: (world: World) => void; open: boolean }> = {
  'nothing written': { act: () => {}, open: true },
  'a write that the cache does not show': { act: ({ gate }) => gate.expect(owner, 'tasks', key, { uid: 'u1', resourceVersion: '105' }), open: false },
  'a write that the cache showed before it was noted': {
    act: ({ gate, tasks }) => { seen(tasks, object(105)); gate.expect(owner, 'tasks', key, { uid: 'u1', resourceVersion: '105' }); },
    open: true,
  },
  'the written version arrives': {
    act: ({ gate, tasks }) => { gate.expect(owner, 'tasks', key, { uid: 'u1', resourceVersion: '105' }); seen(tasks, object(105)); },
    open: true,
  },
  'an older version of the object arrives': {
    act: ({ gate, tasks }) => { gate.expect(owner, 'tasks', key, { uid: 'u1', resourceVersion: '105' }); seen(tasks, object(104)); },
    open: false,
  },
  'versions are numbers: 99 is before 105': {
    act: ({ gate, tasks }) => { gate.expect(owner, 'tasks', key, { uid: 'u1', resourceVersion: '1005' }); seen(tasks, object(999)); },
    open: false,
  },
  'a bookmark passes the written version': {
    act: ({ gate, tasks }) => { gate.expect(owner, 'tasks', key, { uid: 'u1', resourceVersion: '105' }); tasks.advance('106'); },
    open: true,
  },
  'the object is deleted by somebody else': {
    act: ({ gate, tasks }) => { seen(tasks, object(101)); gate.expect(owner, 'tasks', key, { uid: 'u1', resourceVersion: '105' }); seen(tasks, object(106), true); },
    open: true,
  },
  'a list that started after the write': {
    act: ({ gate, tasks }) => { gate.expect(owner, 'tasks', key, { uid: 'u1', resourceVersion: '105' }); tasks.replace([], new Set(), '107'); },
    open: true,
  },
  'of two writes of a kind the newer counts': {
    act: ({ gate, tasks }) => {
      gate.expect(owner, 'tasks', key, { uid: 'u1', resourceVersion: '108' });
      gate.expect(owner, 'tasks', key, { uid: 'u2', resourceVersion: '105' });
      tasks.advance('107');
    },
    open: false,
  },
  'writes of two kinds, one shown': {
    act: ({ gate, tasks }) => {
      gate.expect(owner, 'tasks', key, { uid: 'u1', resourceVersion: '105' });
      gate.expect(owner, 'pods', key, { uid: 'u2', resourceVersion: '106' });
      tasks.advance('110');
    },
    open: false,
  },
  'a delete that the cache does not show': { act: ({ gate, tasks }) => { seen(tasks, object(101)); gate.expectGone(owner, 'tasks', key, 'u1'); }, open: false },
  'a delete, then the event of it': { act: ({ gate, tasks }) => { seen(tasks, object(101)); gate.expectGone(owner, 'tasks', key, 'u1'); seen(tasks, object(102), true); }, open: true },
  'a delete whose event came before its reply': { act: ({ gate, tasks }) => { seen(tasks, object(101)); seen(tasks, object(102), true); gate.expectGone(owner, 'tasks', key, 'u1'); }, open: true },
  'a delete and a new object of that name': {
    act: ({ gate, tasks }) => { seen(tasks, object(101)); gate.expectGone(owner, 'tasks', key, 'u1'); tasks.replace([object(104, 'u2')], new Set(), '105'); },
    open: true,
  },
  'a delete with grace: marked is enough': {
    act: ({ gate, pods }) => { seen(pods, object(101)); gate.expectGone(owner, 'pods', key, 'u1'); seen(pods, object(102, 'u1', { deletionTimestamp: 'now' })); },
    open: true,
  },
  'a delete of what the cache never showed': { act: ({ gate }) => gate.expectGone(owner, 'tasks', key, 'u9'), open: false },
  'a delete of what the cache never showed, and later news': { act: ({ gate, tasks }) => { gate.expectGone(owner, 'tasks', key, 'u9'); tasks.advance('101'); }, open: true },
  'an update of an object that was deleted': { act: ({ gate, tasks }) => { seen(tasks, object(101)); gate.expectGone(owner, 'tasks', key, 'u1'); seen(tasks, object(102)); }, open: false },
  'a restored server resets everything': { act: ({ gate }) => { gate.expect(owner, 'tasks', key, { uid: 'u1', resourceVersion: '105' }); gate.reset(); }, open: true },
  'a forgotten owner': { act: ({ gate }) => { gate.expect(owner, 'tasks', key, { uid: 'u1', resourceVersion: '105' }); gate.forget(owner); }, open: true },
};
test.each(Object.entries(cases))('%s', (_, { act, open }) => {
  const world = aWorld();
  act(world);
  expect(world.gate.closed(owner) === undefined).toBe(open);
  expect(world.gate.closedCount).toBe(open ? 0 : 1);
});

test('who waits is let through when the cache catches up; other owners are not concerned', async () => {
  const { gate, tasks } = aWorld();
  gate.expect(owner, 'tasks', key, { uid: 'u1', resourceVersion: '105' });
  gate.expect('other', 'tasks', key, { uid: 'u1', resourceVersion: '200' });
  const waited = gate.closed(owner);
  tasks.advance('105');
  await waited;
  expect([gate.closed(owner), gate.closedCount]).toEqual([undefined, 1]);
});

test('a gate closed for ten seconds is reported, and again, until it opens', async () => {
  const { gate, tasks, pods, clock, stuck } = aWorld();
  gate.expect(owner, 'tasks', key, { uid: 'u1', resourceVersion: '105' });
  gate.expect(owner, 'pods', key, { uid: 'u1', resourceVersion: '106' });
  void gate.closed(owner);
  await clock.advance(9999);
  expect(stuck).toEqual([]);
  await clock.advance(1);
  pods.advance('106');
  await clock.advance(10_000);
  expect(stuck).toEqual([`${owner} tasks+pods`, `${owner} tasks`]);
  tasks.advance('105');
  await clock.advance(60_000);
  expect([stuck.length, gate.stuckCount, clock.pending]).toEqual([2, 2, 0]);
});

test('a kind without a cache is a mistake that is told at once', () => {
  const { gate } = aWorld();
  expect(() => gate.expect(owner, 'leases', key, { uid: 'u', resourceVersion: '1' })).toThrow('wait for the cache of leases');
});
