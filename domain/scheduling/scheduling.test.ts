import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Agent, AgentIndex, chooseAgent } from './agents.ts';
import { type Queued, ReadyQueue } from './queue.ts';
import { compareRank } from './rank.ts';
import { taskShape } from './shape.ts';

const none = () => 0;
const share = (running: Record<string, number>) => (namespace: string) => running[namespace] ?? 0;

describe('compareRank', () => {
  const a = { namespace: 'a', priority: 0, order: 2 };
  const cases: Record<string, { a: Parameters<typeof compareRank>[0]; b: Parameters<typeof compareRank>[1]; running?: Record<string, number>; first: 'a' | 'b' }> = {
    'a higher priority goes first': { a: { ...a, priority: 1 }, b: { ...a, order: 1 }, first: 'a' },
    'priority beats a small share': { a: { ...a, priority: 1 }, b: { namespace: 'b', priority: 0, order: 1 }, running: { a: 9 }, first: 'a' },
    'the namespace that runs least goes first': { a, b: { namespace: 'b', priority: 0, order: 9 }, running: { a: 1 }, first: 'b' },
    'with equal shares the first come is first served': { a, b: { namespace: 'b', priority: 0, order: 1 }, running: { a: 1, b: 1 }, first: 'b' },
    'inside a namespace the first come is first served': { a, b: { ...a, order: 3 }, running: { a: 5 }, first: 'a' },
  };
  test.each(Object.entries(cases))('%s', (_, { a: left, b: right, running = {}, first }) => {
    expect(compareRank(left, right, share(running)) < 0 ? 'a' : 'b').toBe(first);
    expect(compareRank(right, left, share(running)) < 0 ? 'b' : 'a').toBe(first);
  });
});

describe('taskShape', () => {
  const need = { namespace: 'n', type: 'Analyzer', capabilities: ['a', 'b'], resources: { cpu: '1' }, poolSelector: { matchLabels: { x: '1', y: '2' } } };
  test('the order of sets does not count', () => {
    expect(taskShape({ ...need, capabilities: ['b', 'a'], poolSelector: { matchLabels: { y: '2', x: '1' } } })).toBe(taskShape(need));
  });
  const others: Record<string, Parameters<typeof taskShape>[0]> = {
    'another namespace': { ...need, namespace: 'm' }, 'another role': { ...need, type: 'Tester' }, 'fewer capabilities': { ...need, capabilities: ['a'] }, 'other resources': { ...need, resources: { memory: '1' } },
    'no resources': { ...need, resources: undefined }, 'another selector': { ...need, poolSelector: { matchLabels: { x: '1' } } }, 'no selector': { ...need, poolSelector: undefined },
  };
  test.each(Object.entries(others))('%s is another shape', (_, other) => expect(taskShape(other)).not.toBe(taskShape(need)));
});

const anyQueued = fc.record({ key: fc.constantFrom(...'abcdefghijkl'.split('')), namespace: fc.constantFrom('n', 'm'), priority: fc.integer({ min: -1, max: 1 }), kind: fc.constantFrom('x', 'y') });
const queuedOf = (items: readonly { key: string; namespace: string; priority: number; kind: string }[]): Queued[] => items.map(({ key, namespace, priority, kind }, order) => ({ key, namespace, priority, order, shape: `${namespace}/${kind}` }));

describe('ReadyQueue', () => {
  test('hands out tasks in the order that sorting all of them would give, whatever was added, replaced and removed', () => {
    fc.assert(
      fc.property(fc.array(anyQueued, { maxLength: 40 }), fc.array(fc.constantFrom(...'abcdefghijkl'.split(''))), fc.constantFrom({}, { n: 1 }, { m: 3 }), (items, removed, running) => {
        const queue = new ReadyQueue();
        const model = new Map<string, Queued>();
        for (const task of queuedOf(items)) {
          queue.add(task);
          model.set(task.key, task);
        }
        for (const key of removed) expect(queue.remove(key)).toBe(model.delete(key));
        const wanted = [...model.values()].toSorted((a, b) => compareRank(a, b, share(running))).map(({ key }) => key);
        expect(wanted.map((key) => queue.position(key, share(running)))).toEqual(wanted.map((_, index) => index + 1));
        const handed: string[] = [];
        for (let next = queue.next(share(running)); next !== undefined; next = queue.next(share(running))) {
          handed.push(next.key);
          queue.remove(next.key);
          expect(queue.position(next.key, share(running))).toBe(0);
        }
        expect(handed).toEqual(wanted);
        expect(queue.size).toBe(0);
      }),
    );
  });

  test('a shape that is skipped keeps its tasks and lets others pass', () => {
    const queue = new ReadyQueue();
    for (const task of queuedOf([{ key: 'a', namespace: 'n', priority: 1, kind: 'x' }, { key: 'b', namespace: 'n', priority: 0, kind: 'y' }])) queue.add(task);
    expect(queue.next(none, new Set(['n/x']))?.key).toBe('b');
    expect(queue.next(none, new Set(['n/x', 'n/y']))).toBeUndefined();
    expect(queue.next(none)?.key).toBe('a');
    expect(queue.heads().map(({ head, count }) => [head.shape, count])).toEqual([['n/x', 1], ['n/y', 1]]);
  });

  test('tells the first task of each shape and how many wait with it', () => {
    const queue = new ReadyQueue();
    for (const task of queuedOf([{ key: 'a', namespace: 'n', priority: 0, kind: 'x' }, { key: 'b', namespace: 'n', priority: 1, kind: 'x' }, { key: 'c', namespace: 'm', priority: 0, kind: 'x' }])) queue.add(task);
    expect(queue.heads().map(({ head, count }) => `${head.key} of ${count}`)).toEqual(['b of 2', 'c of 1']);
  });

  test('serving heads in turn gives two namespaces equal shares', () => {
    const queue = new ReadyQueue();
    for (const task of queuedOf('abcdef'.split('').map((key, index) => ({ key, namespace: index < 4 ? 'n' : 'm', priority: 0, kind: 'x' })))) queue.add(task);
    const running: Record<string, number> = {};
    const handed: string[] = [];
    for (let next = queue.next(share(running)); next !== undefined; next = queue.next(share(running))) {
      handed.push(next.namespace);
      running[next.namespace] = (running[next.namespace] ?? 0) + 1;
      queue.remove(next.key);
    }
    expect(handed.join('')).toBe('nmnmnn');
  });
});

const agent = (name: string, more: Partial<Agent> = {}): Agent => ({ uid: `uid-${name}`, name, pool: 'n/p', agentTypes: ['Tester'], capabilities: [], slots: 2, used: 0, ...more });
const indexOf = (...agents: readonly Agent[]) => {
  const index = new AgentIndex();
  for (const one of agents) index.put(one);
  return index;
};
const tester = { type: 'Tester', capabilities: [] };

describe('chooseAgent', () => {
  const cases: Record<string, { agents: Agent[]; pools?: string[]; need?: Parameters<typeof chooseAgent>[0]; want: string }> = {
    'the least loaded agent is chosen': { agents: [agent('a', { used: 1 }), agent('b')], want: 'b: role Tester: least loaded, 0 of 2 slots used' },
    'of equals the first by name is': { agents: [agent('c'), agent('a'), agent('b')], want: 'a: role Tester: least loaded, 0 of 2 slots used' },
    'load is relative to the number of slots': { agents: [agent('a', { used: 1 }), agent('b', { used: 1, slots: 4 })], want: 'b: role Tester: least loaded, 1 of 4 slots used' },
    'the need is told': { agents: [agent('a', { capabilities: ['go', 'jdk'] })], need: { ...tester, capabilities: ['go'] }, want: 'a: role Tester with go: least loaded, 0 of 2 slots used' },
    'an agent without the role is passed over': { agents: [agent('a', { agentTypes: ['Coder'] }), agent('b', { used: 1 })], want: 'b: role Tester: least loaded, 1 of 2 slots used' },
    'an agent without the capability is passed over': { agents: [agent('a'), agent('b', { used: 1, capabilities: ['go'] })], need: { ...tester, capabilities: ['go'] }, want: 'b: role Tester with go: least loaded, 1 of 2 slots used' },
    'only the named pools are asked': { agents: [agent('a', { pool: 'n/other' }), agent('b', { used: 1 })], want: 'b: role Tester: least loaded, 1 of 2 slots used' },
    'all named pools are': { agents: [agent('a', { pool: 'n/q' }), agent('b', { used: 1 })], pools: ['n/p', 'n/q'], want: 'a: role Tester: least loaded, 0 of 2 slots used' },
    'full agents are not chosen': { agents: [agent('a', { used: 2 }), agent('b', { used: 2 })], want: 'every slot of n/p is in use' },
    'agents with more tasks than slots are not either': { agents: [agent('a', { used: 3 })], want: 'every slot of n/p is in use' },
    'without agents it is said so': { agents: [], want: 'no agent of n/p is connected' },
    'without able agents too': { agents: [agent('a', { agentTypes: ['Coder'] })], want: 'no connected agent of n/p has the role and the capabilities' },
    'without pools too': { agents: [agent('a')], pools: [], want: 'no pool that could run it gives out tasks now' },
  };
  test.each(Object.entries(cases))('%s', (_, { agents, pools = ['n/p'], need = tester, want }) => {
    const choice = chooseAgent(need, pools, indexOf(...agents));
    expect(choice.kind === 'agent' ? `${choice.agent.name}: ${choice.matchReason}` : choice.reason).toBe(want);
  });

  const anyAgent = fc.record({ name: fc.constantFrom(...'abcdef'.split('')), pool: fc.constantFrom('n/p', 'n/q'), slots: fc.integer({ min: 1, max: 3 }), used: fc.integer({ min: 0, max: 3 }), agentTypes: fc.constantFrom(['Tester'], ['Coder'], ['Coder', 'Tester']) });
  const anyStep = fc.oneof(anyAgent.map((more) => ({ kind: 'put' as const, agent: agent(more.name, more) })), fc.constantFrom(...'abcdef'.split('')).map((name) => ({ kind: 'remove' as const, uid: `uid-${name}` })));
  test('after any changes the choice is the one that looking at every agent gives', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 30 }), (steps) => {
        const index = new AgentIndex();
        const model = new Map<string, Agent>();
        for (const step of steps) {
          if (step.kind === 'put') {
            index.put(step.agent);
            model.set(step.agent.uid, step.agent);
          } else {
            index.remove(step.uid);
            model.delete(step.uid);
          }
        }
        const [best] = [...model.values()]
          .filter(({ pool, used, slots, agentTypes }) => pool === 'n/p' && used < slots && agentTypes.includes('Tester'))
          .toSorted((a, b) => a.used / a.slots - b.used / b.slots || (a.name < b.name ? -1 : 1));
        const choice = chooseAgent(tester, ['n/p'], index);
        expect(choice.kind === 'agent' ? choice.agent : undefined).toBe(best);
        expect('abcdef'.split('').map((name) => index.get(`uid-${name}`))).toEqual('abcdef'.split('').map((name) => model.get(`uid-${name}`)));
      }),
    );
  });
});
