// When a checkpoint is kept, how large it may be, and that nothing of it fails the work.
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { createTaskLog } from '#agent-runtime/log.ts';
import type { Checkpoint } from '#agent-runtime/execution/live.ts';
import { CheckpointKeeper } from './keep.ts';
import { checkpointLimits, type CheckpointParts } from './parts.ts';

const [before, after] = ['a'.repeat(40), 'b'.repeat(40)];
let folder: string;
let clock: ManualClock;
let kept: Checkpoint[];
let stored: string[];
let tree: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keep-'));
  await writeFile(join(folder, 'bundle'), 'files');
  clock = new ManualClock();
  kept = [];
  stored = [];
  tree = before;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A keeper over files whose tree is `tree`. */
function aKeeper({ live = {}, ...more }: Partial<Omit<CheckpointParts, 'live'>> & { readonly live?: Partial<CheckpointParts['live']> } = {}) {
  const log = createTaskLog(clock);
  const unused = (): never => expect.fail('a keeper has no use for it');
  const keeper = new CheckpointKeeper({
    order: { namespaceUid: 'ns', ownerUid: 'owner' },
    live: { signal: new AbortController().signal, log, epoch: unused, grant: () => 'g', llmGrant: unused, progress: unused, kept: (checkpoint) => void kept.push(checkpoint), ...live },
    workspace: { treeBefore: before, treeOf: async () => tree, output: async () => ({ commit: 'c', file: join(folder, 'bundle') }), takeOutput: unused, scratch: folder, tools: {} as never },
    commands: { resultFolder: async () => ({ kind: 'folder', folder }), startOver: unused },
    blobs: { put: async (_, { sha256 }) => void stored.push(sha256), get: unused },
    clock,
    random: { next: () => 0 },
    ...more,
  });
  return { keeper, logged: () => Buffer.from(log.bytes()).toString() };
}

/** Turns of one second each. */
async function turns(keeper: CheckpointKeeper, count: number): Promise<void> {
  for (let turn = 1; turn <= count; turn += 1) {
    await clock.advance(1000);
    await keeper.keep(turn, () => ({ turn }));
  }
}

describe('time', () => {
  test('the first is kept after five seconds, and each wait is longer by half', async () => {
    const { keeper } = aKeeper();
    await turns(keeper, 45);
    expect(kept.map((checkpoint) => checkpoint.turns)).toEqual([5, 13, 25, 42]);
  });

  test('an agent that leaves keeps one each five seconds', async () => {
    const { keeper } = aKeeper({ live: { isLeaving: () => true } });
    await turns(keeper, 22);
    expect(kept.map((checkpoint) => checkpoint.turns)).toEqual([5, 10, 15, 20]);
  });

  test('however long it takes, there are no more than twenty', async () => {
    const { keeper } = aKeeper({ live: { isLeaving: () => true } });
    await turns(keeper, 200);
    expect([kept.length, stored.length]).toEqual([checkpointLimits.count, checkpointLimits.count]);
  });
});

describe('files', () => {
  test('that nobody changed are not stored; those that were are stored once', async () => {
    const { keeper } = aKeeper();
    await turns(keeper, 5);
    tree = after;
    await clock.advance(60_000);
    await keeper.keep(6, () => ({}));
    await clock.advance(60_000);
    await keeper.keep(7, () => ({ more: 1 }));
    expect(kept.map(({ bundle, commit }) => [bundle?.name, commit])).toEqual([[undefined, ''], ['checkpoint.bundle', 'c'], ['checkpoint.bundle', 'c']]);
    expect(stored).toHaveLength(4);
  });
});

describe('nothing is kept', () => {
  const cases: Record<string, { more?: Parameters<typeof aKeeper>[0]; work?: object; bundleBytes?: number; says?: string }> = {
    'where nobody hears of it': { more: { live: { kept: undefined as never } } },
    'once the work was stopped': { more: { live: { signal: AbortSignal.abort('agentStopped') } } },
    'of a conversation that is too large': { work: { talk: 'x'.repeat(checkpointLimits.talkBytes) }, says: `the limit is ${checkpointLimits.talkBytes}` },
    'of files that are too large': { bundleBytes: checkpointLimits.bundleBytes + 1, says: `its files would have ${checkpointLimits.bundleBytes + 1} bytes, the limit is ${checkpointLimits.bundleBytes}` },
    'of files that may not leave the sandbox': { more: { commands: { resultFolder: async () => ({ kind: 'refused', reason: 'WorkspaceFailed', message: 'a link leads out' }), startOver: () => expect.fail('not asked') } }, says: 'a link leads out' },
    'when git fails': { more: { workspace: { treeBefore: before, treeOf: () => Promise.reject(new Error('git is gone')), output: () => expect.fail('not asked'), takeOutput: () => expect.fail('not asked'), scratch: '', tools: {} as never } }, says: 'git is gone' },
  };
  test.each(Object.entries(cases))('%s', async (_, { more = {}, work = {}, bundleBytes, says }) => {
    const { keeper, logged } = aKeeper(more);
    tree = after;
    if (bundleBytes !== undefined) await truncate(join(folder, 'bundle'), bundleBytes);
    await clock.advance(6000);
    await keeper.keep(1, () => work);
    expect(kept).toEqual([]);
    expect(logged()).toContain(says ?? '');
    expect(logged() === '').toBe(says === undefined);
  });

  test('when the blob service does not answer within five seconds', async () => {
    const { keeper, logged } = aKeeper({ blobs: { put: () => Promise.reject(new Error('unreachable')), get: () => expect.fail('not asked') } });
    await clock.advance(6000);
    const keeping = keeper.keep(1, () => ({}));
    await clock.advance(20_000);
    await keeping;
    expect([kept, logged()]).toEqual([[], 'no checkpoint was kept after turn 1: artifact checkpoint.json could not be stored: unreachable\n']);
  });
});
