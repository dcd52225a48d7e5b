import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Condition } from '#api/v1alpha1/schema.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { mergePatch } from '#testing/fake-apiserver/merge-patch.ts';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { type Decision, equal, keyText, parseKey, type Reconcile, reconcileWith, statusPatch } from './reconciler.ts';

interface Status {
  readonly count?: number;
  readonly conditions?: readonly Condition[];
}

interface Step {
  readonly kind: string;
}

const key = { namespace: 'team-a', name: 'x' };
const condition = (reason: string): Condition => ({ type: 'Ready', status: 'True', reason, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' });
const steps = (...kinds: readonly string[]) => kinds.map((kind) => ({ kind, note: kind }));

/** One object with a scripted decision, and what the shell did about it. */
function aWorld(overrides: Partial<Reconcile<{ readonly status: Status | undefined }, Step, Status>> = {}) {
  const clock = new ManualClock();
  const world = { clock, exists: true, status: undefined as Status | undefined, decision: { intents: [] } as Decision<Step, Status>, acted: [] as string[], patches: [] as object[], forgotten: [] as string[], gate: undefined as Promise<void> | undefined };
  const turn = reconcileWith<{ readonly status: Status | undefined }, Step, Status>(
    {
      kind: 'Thing',
      observe: () => (world.exists ? { status: world.status } : undefined),
      decide: () => world.decision,
      act: async ({ kind }) => void world.acted.push(kind),
      currentStatus: ({ status }) => status,
      async patchStatus({ status }, patch) {
        world.patches.push(patch);
        world.status = mergePatch(status ?? {}, patch) as Status;
      },
      coalesceMs: 250,
      ...overrides,
    },
    { clock, log: silentLog, gate: { closed: () => world.gate, forget: (owner) => void world.forgotten.push(owner), expect: () => {}, expectGone: () => {} } },
  );
  return { world, clock, turn: () => turn(key) };
}

describe('a turn', () => {
  test('carries intents out in order, then writes what differs', async () => {
    const { world, turn } = aWorld();
    world.decision = { intents: steps('a', 'b'), status: { count: 1 } };
    await turn();
    expect([world.acted, world.patches]).toEqual([['a', 'b'], [{ count: 1 }]]);
    await turn();
    expect(world.patches).toHaveLength(1);
  });

  test('that fails in an intent begins no other and writes no status', async () => {
    const { world, turn } = aWorld({ act: async ({ kind }) => (kind === 'b' ? Promise.reject(new Error('no')) : void world.acted.push(kind)) });
    world.decision = { intents: steps('a', 'b', 'c'), status: { count: 1 } };
    await expect(turn()).rejects.toThrow('no');
    expect([world.acted, world.patches]).toEqual([['a'], []]);
  });

  test('waits for the gate before it looks', async () => {
    const { world, turn } = aWorld();
    const opened = Promise.withResolvers<void>();
    world.gate = opened.promise;
    world.decision = { intents: steps('late') };
    const running = turn();
    world.decision = { intents: steps('fresh') };
    await settle();
    expect(world.acted).toEqual([]);
    opened.resolve();
    await running;
    expect(world.acted).toEqual(['fresh']);
  });

  test('about an object that is gone forgets its gate', async () => {
    const { world, turn } = aWorld();
    world.exists = false;
    expect(await turn()).toEqual({});
    expect(world.forgotten).toEqual(['Thing/team-a/x']);
  });

  test.each([
    ['the wish of the decision', 100, 100],
    ['a day at most: longer timers of Node fire at once', 30 * 86_400_000, 86_400_000],
  ])('asks to be woken after %s', async (_, wakeAfterMs, want) => {
    const { world, turn } = aWorld();
    world.decision = { intents: [], wakeAfterMs };
    expect(await turn()).toEqual({ wakeAfterMs: want });
  });
});

describe('intents of one group', () => {
  /** Intents that end when the test says so. */
  function held() {
    const ends = new Map<string, PromiseWithResolvers<void>>();
    const begun: string[] = [];
    const parts = {
      together: ({ kind }: Step) => kind.slice(0, 1),
      act({ kind }: Step) {
        begun.push(kind);
        const end = Promise.withResolvers<void>();
        ends.set(kind, end);
        return end.promise;
      },
    };
    return { begun, parts, end: (kind: string) => ends.get(kind)?.resolve(), fail: (kind: string) => ends.get(kind)?.reject(new Error(`${kind} failed`)) };
  }

  test('are carried out together, the next group after them', async () => {
    const { begun, parts, end } = held();
    const { world, turn } = aWorld(parts);
    world.decision = { intents: steps('a1', 'a2', 'b1') };
    const running = turn();
    await settle();
    expect(begun).toEqual(['a1', 'a2']);
    end('a1');
    await settle();
    expect(begun).toEqual(['a1', 'a2']);
    end('a2');
    await settle();
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    end('b1');
    await running;
  });

  test('run sixteen at once and no more', async () => {
    const { begun, parts, end } = held();
    const { world, turn } = aWorld(parts);
    world.decision = { intents: steps(...Array.from({ length: 20 }, (_, index) => `a${index}`)) };
    void turn();
    await settle();
    expect(begun).toHaveLength(16);
    end('a3');
    await settle();
    expect(begun).toHaveLength(17);
  });

  test('after a failure none is begun, the running ones are awaited, and no status is written', async () => {
    const { begun, parts, end, fail } = held();
    const { world, turn } = aWorld(parts);
    world.decision = { intents: steps(...Array.from({ length: 20 }, (_, index) => `a${index}`), 'b'), status: { count: 1 } };
    const outcomes: string[] = [];
    const running = turn().catch((error: Error) => outcomes.push(error.message));
    await settle();
    fail('a0');
    await settle();
    expect([begun.length, outcomes]).toEqual([16, []]);
    for (let index = 1; index < 16; index++) end(`a${index}`);
    await running;
    expect([begun.length, outcomes, world.patches]).toEqual([16, ['a0 failed'], []]);
  });
});

describe('status writes', () => {
  test('that change no condition wait until the last one is a quarter of a second old', async () => {
    const { world, clock, turn } = aWorld();
    world.decision = { intents: [], status: { count: 1 } };
    await turn();
    world.decision = { intents: [], status: { count: 2 }, wakeAfterMs: 1000 };
    await clock.advance(100);
    expect(await turn()).toEqual({ wakeAfterMs: 150 });
    expect(world.patches).toHaveLength(1);
    await clock.advance(150);
    expect(await turn()).toEqual({ wakeAfterMs: 1000 });
    expect(world.patches).toEqual([{ count: 1 }, { count: 2 }]);
  });

  test('that change a condition go out at once', async () => {
    const { world, turn } = aWorld();
    for (const reason of ['One', 'Two']) {
      world.decision = { intents: [], status: { conditions: [condition(reason)] } };
      expect(await turn()).toEqual({});
    }
    expect(world.patches).toHaveLength(2);
  });

  test('of an object that was made anew do not wait for those of its predecessor', async () => {
    const { world, turn } = aWorld();
    world.decision = { intents: [], status: { count: 1 } };
    await turn();
    world.exists = false;
    await turn();
    [world.exists, world.status] = [true, undefined];
    await turn();
    expect(world.patches).toHaveLength(2);
  });
});

describe('statusPatch', () => {
  test.each<[string, object | undefined, object, object | undefined]>([
    ['nothing for equal ones', { a: 1, b: { c: [1, { d: 2 }] } }, { b: { c: [1, { d: 2 }] }, a: 1 }, undefined],
    ['nothing for a field that is undefined', { a: 1 }, { a: 1, b: undefined }, undefined],
    ['only what differs, deep inside', { a: 1, b: { c: 1, d: 2 } }, { a: 1, b: { c: 1, d: 3 } }, { b: { d: 3 } }],
    ['null for what is gone', { a: 1, b: 2 }, { a: 1 }, { b: null }],
    ['whole lists', { a: [1, 2] }, { a: [1] }, { a: [1] }],
    ['an object where a list was', { a: [1] }, { a: { b: 1 } }, { a: { b: 1 } }],
    ['everything for an object without status', undefined, { a: 1 }, { a: 1 }],
  ])('is %s', (_, current, next, want) => expect(statusPatch(current, next)).toEqual(want));

  const anyStatus = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 3 }).filter((value) => !JSON.stringify(value).includes('null')), { noNullPrototype: true });
  test('turns the one into the other, and is absent only for equal ones', () => {
    fc.assert(
      fc.property(anyStatus, anyStatus, (current, next) => {
        const patch = statusPatch(current, next);
        expect(patch === undefined).toBe(equal(current, next));
        if (patch !== undefined) expect(mergePatch(current, patch)).toEqual(next);
      }),
    );
  });
});

test('a key survives its text', () => {
  expect(parseKey(keyText(key))).toEqual(key);
});
