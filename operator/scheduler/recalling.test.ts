// Tasks whose result is known: they take neither a slot nor room, and run when it turns out not to be there.
import { expect, test } from 'vitest';
import { aMission } from '#testing/builders/mission.ts';
import { taskOf } from '#testing/builders/task.ts';
import { anAgent, aScheduler, begun } from './testing.ts';

test('a task whose result is known takes no slot, and its dependents follow its outcome', async () => {
  const world = aScheduler();
  world.known.add('a');
  const m = world.mission(begun(aMission().withTask('a').withTask('b', { after: ['a'] })));
  world.seeAll(m);
  expect(await world.handed()).toEqual([]);
  expect(world.demand.queued('team-a/crew')).toBe(0);
  world.scheduler.agentChanged(anAgent('p-1'));
  expect(await world.handed()).toEqual([]);
  world.see(taskOf(m, 'a').ended('Succeeded', 'Memoized'));
  expect(await world.handed()).toEqual(['b@p-1']);
});

test('a task whose result is not there after all is handed out', async () => {
  const world = aScheduler();
  world.known.add('a');
  const m = world.mission(begun(aMission().withTasks('a', 'b')));
  world.seeAll(m);
  world.scheduler.agentChanged(anAgent('p-1', { slots: 2 }));
  expect(await world.handed()).toEqual(['b@p-1']);
  world.known.delete('a');
  world.scheduler.notRecalled(taskOf(m, 'a').build());
  expect(await world.handed()).toEqual(['a@p-1']);
});

test('a result that comes up while a task waits for a slot is used, without a slot', async () => {
  const world = aScheduler();
  const m = world.mission(begun(aMission().withTasks('a')));
  world.seeAll(m);
  expect(await world.handed()).toEqual([]);
  expect(world.demand.queued('team-a/crew')).toBe(1);
  world.known.add('a');
  world.scheduler.poolsChanged();
  expect(await world.handed()).toEqual([]);
  expect(world.demand.queued('team-a/crew')).toBe(0);
});

test('parallelism keeps back what runs, not what is known', async () => {
  const world = aScheduler();
  world.known.add('b');
  const m = world.mission(begun(aMission().withTasks('a', 'b', 'c').spec({ parallelism: 1 })));
  world.seeAll(m);
  world.scheduler.agentChanged(anAgent('p-1', { slots: 3 }));
  expect(await world.handed()).toEqual(['a@p-1']);
  expect(['a', 'b', 'c'].map((name) => world.runs.entry(taskOf(m, name).build())?.standing)).toEqual(['live', 'recalling', 'backlog']);
});

test('a suspended mission takes nothing over', async () => {
  const world = aScheduler();
  world.known.add('a');
  const m = world.mission(begun(aMission().withTask('a').spec({ operatingMode: 'Suspend' })));
  world.seeAll(m);
  await world.handed();
  expect(world.runs.entry(taskOf(m, 'a').build())?.standing).toBe('held');
});

test('who did the work that was used again does not check it', async () => {
  const world = aScheduler();
  const m = world.mission(begun(aMission().withTasks('a', 'b')));
  world.see(taskOf(m, 'a').ended('Succeeded', 'Memoized').status({ memoizedFrom: { task: 'x', uid: 'x', agents: ['p-1'], time: '2026-01-01T00:00:00Z' } }));
  world.see(taskOf(m, 'b').spec({ verifies: ['a'] }));
  world.scheduler.agentChanged(anAgent('p-1'));
  expect(await world.handed()).toEqual([]);
  world.scheduler.agentChanged(anAgent('p-2'));
  expect(await world.handed()).toEqual(['b@p-2']);
});
