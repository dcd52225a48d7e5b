import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Task } from '#api/v1alpha1/task.ts';
import { createTaskBoard, type BoardChange } from './board.ts';
import { FakeTasks } from './fake-tasks.ts';
import { aLoneTask, aTask } from './testing.ts';

const version = (task: Task, resourceVersion: number): Task => ({ ...task, metadata: { ...task.metadata, resourceVersion: String(resourceVersion) } });
const elsewhere = (task: Task): Task => ({ ...task, metadata: { ...task.metadata, namespace: 'team-b', uid: `${task.metadata.uid}-b` } });

function aBoard(...tasks: readonly Task[]) {
  const store = new FakeTasks(...tasks);
  const board = createTaskBoard(store);
  const changes: BoardChange[] = [];
  const end = board.subscribe((change) => changes.push(change));
  return { store, board, changes, end };
}

describe('the newest version', () => {
  test('is what the cache holds at first', () => {
    const { board } = aBoard(aTask('a'), aTask('b'));
    expect([...board.list()].map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  });

  test('is the reply to a write when the watch lags, and dependents hear of it at once', () => {
    const { board, changes, store } = aBoard(aTask('a'));
    const reply = version(aTask('a'), 900);
    board.record(reply);
    expect(board.get('uid-a')).toBe(reply);
    expect(changes).toMatchObject([{ kind: 'seen', task: reply, old: { metadata: { resourceVersion: '101' } } }]);
    store.put(aTask('a'));
    expect(board.get('uid-a')).toBe(reply);
    expect(changes).toHaveLength(1);
  });

  test('is compared as a number: 1000 is newer than 999', () => {
    const { board } = aBoard();
    board.record(version(aTask('a'), 999));
    board.record(version(aTask('a'), 1000));
    expect(board.get('uid-a')?.metadata.resourceVersion).toBe('1000');
  });

  test('never goes back, in whatever order versions come', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 1n, max: 2n ** 63n }), { minLength: 1 }), (versions) => {
        const { board } = aBoard();
        for (const each of versions) board.record({ ...aTask('a'), metadata: { ...aTask('a').metadata, resourceVersion: String(each) } });
        const highest = versions.reduce((a, b) => (a > b ? a : b));
        expect(board.get('uid-a')?.metadata.resourceVersion).toBe(String(highest));
      }),
    );
  });
});

describe('the end of a task', () => {
  test('is told once, and a reply that comes later does not bring it back', () => {
    const { board, store, changes } = aBoard(aTask('a'));
    store.remove('a');
    board.record(version(aTask('a'), 5000));
    expect(board.get('uid-a')).toBeUndefined();
    expect(changes.map(({ kind }) => kind)).toEqual(['gone']);
  });

  test('a new task of the same name takes its place', () => {
    const { board, store } = aBoard(aTask('a'), aTask('b'));
    store.remove('a');
    const next = store.put({ ...aTask('a'), metadata: { ...aTask('a').metadata, uid: 'uid-a2' } });
    expect(board.sibling(aTask('b'), 'a')).toBe(next);
    expect(board.ofMission('mission').map(({ metadata }) => metadata.uid).toSorted()).toEqual(['uid-a2', 'uid-b']);
  });

  test('is also seen when a list only shows its successor', () => {
    const { board, store, changes } = aBoard(aTask('a'));
    store.put({ ...aTask('a'), metadata: { ...aTask('a').metadata, uid: 'uid-a2' } });
    expect(changes.map(({ kind, task }) => `${kind} ${task.metadata.uid}`)).toEqual(['gone uid-a', 'seen uid-a2']);
    expect(board.get('uid-a')).toBeUndefined();
  });

  test('is remembered for thousands of tasks, not for all there ever were', () => {
    const { board, store } = aBoard();
    const put = (index: number) => store.put(aTask(`t${index}`));
    for (let index = 0; index < 4100; index++) {
      put(index);
      store.remove(`t${index}`);
    }
    board.record(version(aTask('t4099'), 99_999));
    expect(board.get('uid-t4099')).toBeUndefined();
    board.record(version(aTask('t0'), 99_999));
    expect(board.get('uid-t0')).toBeDefined();
  });
});

describe('siblings', () => {
  test('are of the same mission, run and namespace', () => {
    const { board, store } = aBoard(aTask('a'), aTask('b'));
    store.put(elsewhere(aTask('a', { run: 1 })));
    expect(board.sibling(aTask('b'), 'a')?.metadata.namespace).toBe('team-a');
    expect(board.sibling(elsewhere(aTask('b')), 'a')?.metadata.namespace).toBe('team-b');
    expect(board.sibling(aTask('b', { run: 2 }), 'a')).toBeUndefined();
    expect(board.sibling(aTask('b', { missionRef: { name: 'm', uid: 'other' } }), 'a')).toBeUndefined();
  });

  test('a task applied alone has none', () => {
    const { board } = aBoard(aLoneTask('a'), aLoneTask('b'));
    expect(board.sibling(aLoneTask('b'), 'a')).toBeUndefined();
    expect(board.ofMission('')).toEqual([]);
  });
});

test('a listener that has ended hears nothing more', () => {
  const { board, changes, end } = aBoard();
  end();
  board.record(aTask('a'));
  expect(changes).toEqual([]);
});

describe('of two tasks with one name', () => {
  const marked = (task: Task, object: string, revision: number, annotations: Readonly<Record<string, string>> = {}): Task => ({ ...task, metadata: { ...task.metadata, name: object, uid: `uid-${object}`, labels: { ...task.metadata.labels, 'coditect.ai/plan-revision': String(revision) }, annotations } });
  const dependent = (objects: unknown) => marked(aTask('b'), 'b-object', 2, objects === undefined ? {} : { 'coditect.ai/dependencies': typeof objects === 'string' ? objects : JSON.stringify(objects) });
  const [old, young] = [marked(aTask('a'), 'a-one', 1), marked(aTask('a'), 'a-two', 2)];
  const found = (tasks: readonly Task[], objects?: unknown) => aBoard(...tasks).board.sibling(dependent(objects), 'a')?.metadata.name;

  test('the one of the later plan speaks for it, in whatever order they come', () => {
    expect([found([old, young]), found([young, old])]).toEqual(['a-two', 'a-two']);
  });

  test('the one that is meant is found, or none: never the other', () => {
    expect([found([old, young], { a: 'a-one' }), found([old, young], { a: 'a-two' }), found([old], { a: 'a-two' }), found([old, aTask('c')], { a: aTask('c').metadata.name })]).toEqual(['a-one', 'a-two', undefined, undefined]);
  });

  test.each(['{', '7', 'null', '{"a":7}', '{"c":"a-one"}'])('what somebody wrote by hand means nothing: %s', (text) => expect(found([old, young], text)).toBe('a-two'));

  test('the end of one takes nothing from the other', () => {
    const { board, store } = aBoard(old, young);
    store.remove(old.metadata.name);
    expect(board.sibling(dependent(undefined), 'a')?.metadata.name).toBe('a-two');
  });
});
