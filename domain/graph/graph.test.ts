import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TaskResult } from '#api/v1alpha1/task.ts';
import { shortestCycle } from './cycle.ts';
import { type CheckedTask, firstFinallyFault, firstGraphFault, type GraphFault } from './fault.ts';
import { dependencyState, dependents, type FailureRule, indegrees, readyTasks, topologicalOrder } from './graph.ts';

type Node = CheckedTask & FailureRule;
const node = (name: string, dependsOn: string[] = [], more: Partial<Node> = {}): Node => ({ name, dependsOn, inputs: [], onFailure: 'Fail', ...more });
const chain = (length: number) => Array.from({ length }, (_, index) => node(`t${index}`, index === 0 ? [] : [`t${index - 1}`]));
const ring = (length: number) => Array.from({ length }, (_, index) => node(`t${index}`, [`t${(index + 1) % length}`]));
const told = (fault: GraphFault | undefined) => fault && `${fault.field}: ${fault.message}`;
const input = (task: string) => ({ name: 'i', task, field: 'observed.x' });

/** A graph whose edges all point to earlier tasks, in random plan order. */
const anyDag = fc
  .integer({ min: 0, max: 30 })
  .chain((size) => fc.tuple(...Array.from({ length: size }, (_, index) => fc.subarray(Array.from({ length: index }, (__, other) => `t${other}`)))))
  .chain((edges) => {
    const tasks = edges.map((dependsOn, index) => node(`t${index}`, dependsOn));
    return fc.shuffledSubarray(tasks, { minLength: tasks.length, maxLength: tasks.length });
  });

const anyGraph = fc
  .integer({ min: 1, max: 9 })
  .chain((size) => fc.tuple(...Array.from({ length: size }, (_, index) => fc.subarray(Array.from({ length: size }, (__, other) => `t${other}`)).map((dependsOn) => node(`t${index}`, dependsOn)))));

/** Length of the shortest cycle by trying every start, the slow and obvious way. */
function shortestByForce(tasks: readonly Node[]): number | undefined {
  const edges = new Map(tasks.map(({ name, dependsOn }) => [name, dependsOn]));
  const lengths = tasks.map(({ name }) => {
    let reached = new Set([name]);
    for (let length = 1; length <= tasks.length; length += 1) {
      reached = new Set([...reached].flatMap((at) => edges.get(at) ?? []));
      if (reached.has(name)) return length;
    }
    return Number.POSITIVE_INFINITY;
  });
  const best = Math.min(...lengths);
  return Number.isFinite(best) ? best : undefined;
}

describe('firstGraphFault', () => {
  const cases: Record<string, { tasks: Node[]; want: string | undefined }> = {
    'an empty graph is fine': { tasks: [], want: undefined },
    'a diamond is fine': { tasks: [node('a'), node('b', ['a']), node('c', ['a']), node('d', ['b', 'c'])], want: undefined },
    'a name used twice is named with both places': { tasks: [node('a'), node('b'), node('a')], want: 'tasks[2].name: tasks[0] is called a too' },
    'a task must not depend on itself': { tasks: [node('a'), node('b', ['a', 'b'])], want: 'tasks[1].dependsOn: b depends on itself' },
    'a dependency must exist': { tasks: [node('a', ['z'])], want: 'tasks[0].dependsOn: there is no task z' },
    'a dependency is named once': { tasks: [node('a'), node('b', ['a', 'a'])], want: 'tasks[1].dependsOn: a is named twice' },
    'an input needs its dependency': { tasks: [node('a'), node('b', [], { inputs: [input('a')] })], want: 'tasks[1].inputs[0].task: a must be listed in dependsOn' },
    'an input with its dependency is fine': { tasks: [node('a'), node('b', ['a'], { inputs: [input('a')] })], want: undefined },
    'workspaceFrom needs its dependency': { tasks: [node('a'), node('b', [], { workspaceFrom: 'a' })], want: 'tasks[1].workspaceFrom: a must be listed in dependsOn' },
    'workspaceFrom with its dependency is fine': { tasks: [node('a'), node('b', ['a'], { workspaceFrom: 'a' })], want: undefined },
    'a cycle is shown as a path': { tasks: [node('x'), node('build', ['test']), node('test', ['build', 'x'])], want: 'tasks[1].dependsOn: cycle build -> test -> build' },
    'of two cycles the shorter is shown': { tasks: [...ring(5), node('a', ['b']), node('b', ['a', 't0'])], want: 'tasks[5].dependsOn: cycle a -> b -> a' },
    'a long cycle is cut': { tasks: ring(100), want: `tasks[0].dependsOn: cycle ${Array.from({ length: 12 }, (_, index) => `t${index}`).join(' -> ')} -> (88 more) -> t0` },
    'a hundred tasks are fine': { tasks: chain(100), want: undefined },
    'more are too many': { tasks: chain(101), want: 'tasks: 101 tasks, the limit is 100' },
    'sixty-four dependencies are fine': { tasks: [...Array.from({ length: 64 }, (_, index) => node(`t${index}`)), node('z', Array.from({ length: 64 }, (_, index) => `t${index}`))], want: undefined },
    'more dependencies are too many': {
      tasks: [...Array.from({ length: 65 }, (_, index) => node(`t${index}`)), node('z', Array.from({ length: 65 }, (_, index) => `t${index}`))],
      want: 'tasks[65].dependsOn: 65 dependencies, the limit is 64',
    },
    'names of the language\'s own objects are names like any other': { tasks: [node('constructor'), node('b', ['tostring', 'constructor'])], want: 'tasks[1].dependsOn: there is no task tostring' },
  };
  test.each(Object.entries(cases))('%s', (_, { tasks, want }) => {
    expect(told(firstGraphFault(tasks))).toBe(want);
  });

  test('finds nothing wrong with any acyclic graph, and every task in its order follows its dependencies', () => {
    fc.assert(
      fc.property(anyDag, (tasks) => {
        expect(firstGraphFault(tasks)).toBeUndefined();
        const order = topologicalOrder(tasks) ?? [];
        expect(order.toSorted()).toEqual(tasks.map(({ name }) => name).toSorted());
        for (const { name, dependsOn } of tasks) for (const dependency of dependsOn) expect(order.indexOf(dependency)).toBeLessThan(order.indexOf(name));
      }),
    );
  });
});

describe('firstFinallyFault', () => {
  const before = new Map([['build', 'tasks[4]'], ['verify-g', 'goals[0].check.command']]);
  const cases: Record<string, { tasks: Node[]; want: string | undefined }> = {
    'results of all tasks before may be read without waiting for them': { tasks: [node('report', [], { inputs: [input('build'), input('verify-g')] })], want: undefined },
    'tasks of finally wait for each other': { tasks: [node('a'), node('b', ['a'], { inputs: [input('a')], workspaceFrom: 'a' })], want: undefined },
    'each other\'s results need the dependency': { tasks: [node('a'), node('b', [], { inputs: [input('a')] })], want: 'finally[1].inputs[0].task: a must be listed in dependsOn' },
    'nobody waits for what has ended': { tasks: [node('a', ['build'])], want: 'finally[0].dependsOn: build has ended before finally begins: leave it out' },
    'files of tasks before cannot be had': { tasks: [node('a', [], { workspaceFrom: 'build' })], want: 'finally[0].workspaceFrom: build is not one of finally, whose tasks start from the workspace itself or from each other' },
    'names are one space with those of the tasks before': { tasks: [node('a'), node('build')], want: 'finally[1].name: tasks[4] is called build too' },
    'cycles are told with their section': { tasks: [node('a', ['b']), node('b', ['a'])], want: 'finally[0].dependsOn: cycle a -> b -> a' },
  };
  test.each(Object.entries(cases))('%s', (_, { tasks, want }) => {
    expect(told(firstFinallyFault(tasks, before))).toBe(want);
  });
});

describe('shortestCycle', () => {
  test('is a cycle, is as short as any, and the plan order does not change its length', () => {
    fc.assert(
      fc.property(anyGraph, (tasks) => {
        const cycle = shortestCycle(tasks);
        expect(cycle?.length).toBe(shortestByForce(tasks));
        expect(shortestCycle(tasks.toReversed())?.length).toBe(cycle?.length);
        expect(cycle === undefined).toBe(topologicalOrder(tasks) !== undefined);
        for (const [index, name] of (cycle ?? []).entries()) {
          expect(tasks.find((task) => task.name === name)?.dependsOn).toContain(cycle?.[(index + 1) % cycle.length]);
        }
      }),
    );
  });

  test('a ring and a chain of ten thousand tasks overflow nothing', () => {
    expect(shortestCycle(ring(10_000))).toHaveLength(10_000);
    expect(shortestCycle(chain(10_000))).toBeUndefined();
    expect(topologicalOrder(chain(10_000))).toHaveLength(10_000);
  });

  test('a dependency outside the graph is no cycle', () => {
    expect(shortestCycle([node('a', ['gone', 'b']), node('b')])).toBeUndefined();
  });
});

describe('dependents and indegrees', () => {
  test('count the same edges from both ends', () => {
    fc.assert(
      fc.property(anyDag, (tasks) => {
        const edges = tasks.flatMap(({ dependsOn }) => dependsOn).length;
        expect([...indegrees(tasks).values()].reduce((sum, count) => sum + count, 0)).toBe(edges);
        expect([...dependents(tasks).values()].flat()).toHaveLength(edges);
      }),
    );
  });

  test('dependents come in plan order', () => {
    expect(dependents([node('c', ['a']), node('a'), node('b', ['a'])]).get('a')).toEqual(['c', 'b']);
  });
});

describe('dependencyState', () => {
  const cases: Record<string, { tasks: Node[]; results: Record<string, TaskResult>; want: string }> = {
    'a task without dependencies is ready': { tasks: [node('z')], results: {}, want: 'ready' },
    'a task waits until all of its dependencies succeeded': { tasks: [node('a'), node('b'), node('z', ['a', 'b'])], results: { a: 'Succeeded' }, want: 'waiting' },
    'a task is ready when all succeeded': { tasks: [node('a'), node('b'), node('z', ['a', 'b'])], results: { a: 'Succeeded', b: 'Succeeded' }, want: 'ready' },
    'a failed dependency decides before the others end': { tasks: [node('a'), node('b'), node('z', ['a', 'b'])], results: { b: 'Failed' }, want: 'failed b Failed' },
    'a failed dependency with onFailure Continue lets it run': { tasks: [node('a', [], { onFailure: 'Continue' }), node('z', ['a'])], results: { a: 'Failed' }, want: 'ready' },
    'a skipped dependency never does': { tasks: [node('a', [], { onFailure: 'Continue' }), node('z', ['a'])], results: { a: 'Skipped' }, want: 'failed a Skipped' },
    'nor does a cancelled one': { tasks: [node('a', [], { onFailure: 'Continue' }), node('z', ['a'])], results: { a: 'Cancelled' }, want: 'failed a Cancelled' },
  };
  test.each(Object.entries(cases))('%s', (_, { tasks, results, want }) => {
    const state = dependencyState(tasks.at(-1) as Node, new Map(tasks.map((task) => [task.name, task])), new Map(Object.entries(results)));
    expect(state.kind === 'failed' ? `failed ${state.dependency} ${state.result}` : state.kind).toBe(want);
  });

  test('letting ready tasks succeed, round by round, ends every acyclic plan', () => {
    fc.assert(
      fc.property(anyDag, (tasks) => {
        const results = new Map<string, TaskResult>();
        for (let ready = readyTasks(tasks, results); ready.length > 0; ready = readyTasks(tasks, results)) {
          for (const { name, dependsOn } of ready) {
            expect(dependsOn.every((dependency) => results.get(dependency) === 'Succeeded')).toBe(true);
            expect(results.has(name)).toBe(false);
          }
          for (const { name } of ready) results.set(name, 'Succeeded');
        }
        expect(results.size).toBe(tasks.length);
      }),
    );
  });
});
