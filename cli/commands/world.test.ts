// The world for people: what a mission is made of now, in words that cannot steer the terminal, and what is said when there is none.
import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import type { World } from '#api/world.ts';
import { HistoryService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { fakeCluster, fakeSession } from '../access/fake.ts';
import { worldCalls } from '../access/world.ts';
import { errorLine } from '../failure.ts';
import { fakeTerminal } from '../terminal/fake.ts';
import { rebuildWorldsCommand, worldCommand } from './world.ts';

const noNumbers = { replans: 0, costMicroUsd: 0, savedMicroUsd: 0, calls: 0, cachedCalls: 0, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
const facts = { type: 'Coder', action: 'WriteCode', role: '', run: 1, attempt: 1, pool: 'crew', state: 'Running', reason: '', boundary: 'full', isMemoized: false, violations: 0, dependsOn: [] };
const world: World = {
  version: 1,
  tenant: 'demo',
  uid: 'u-1',
  mission: { name: 'examine', resourceVersion: '7', facts: { run: 1, state: 'Running', succeeded: 'Unknown', goals: 2, goalsMet: 1, tasks: 2, tasksDone: 1, ...noNumbers }, goals: [] },
  tasks: [
    { name: 'examine-mend', uid: 't-1', resourceVersion: '5', facts: { ...facts, task: 'mend', agent: 'crew-1' }, expected: [], violations: [] },
    { name: 'examine-test', uid: 't-2', resourceVersion: '6', facts: { ...facts, task: 'test', agent: '', state: '' }, expected: [], violations: [{ kind: 'FileChanged', message: 'sum.test.js\u001B[31m is not what it was' }] },
  ],
  agents: [{ agent: 'crew-1', pool: 'crew', task: 't-1', attempt: 1, doing: 'act', tool: 'edit_file', turn: 3 }],
  files: [{ path: 'src/sum.js', hash: 'd1e2f3a4b5c6d7e8', task: 't-1', attempt: 1 }, { path: 'old.js', task: 't-1', attempt: 1 }],
  filesLeftOut: 3,
  locks: [],
};

/** The commands with a mirror that gives these answers, or fails. */
function aMirror(given: string | ConnectError = JSON.stringify(world)) {
  const terminal = fakeTerminal();
  const transport = createRouterTransport(({ service }) => {
    service(HistoryService, {
      world: () => {
        if (given instanceof ConnectError) throw given;
        return { worldJson: given, stalenessMs: 120 };
      },
      rebuildWorlds: () => {
        if (given instanceof ConnectError) throw given;
        return { missions: 2, entities: 9, tookMs: 1600 };
      },
    });
  });
  const calls = worldCalls(createClient(HistoryService, transport), 'demo');
  const session = { ...fakeSession({ terminal, clock: new ManualClock(0), cluster: fakeCluster(undefined) }), openWorlds: async () => ({ ...calls, close: async () => {} }) };
  return { session, terminal };
}

test('the world of a mission is shown as tables', async () => {
  const { session, terminal } = aMirror();
  expect(await worldCommand(session, 'examine', { json: false })).toBe(0);
  expect(terminal.out()).toMatchInlineSnapshot(`
    "examine: Running, 1 of 2 tasks done, 1 of 2 goals met

    TASK  STATE    ATTEMPT  AGENT   DOING
    mend  Running  1        crew-1  act edit_file (turn 3)
    test  Pending  1        -       -

    VIOLATION OF  KIND         WHAT
    test          FileChanged  sum.test.js is not what it was

    FILE        TASK  HASH
    src/sum.js  mend  d1e2f3a4b5
    old.js      mend  deleted
    "
  `);
  expect(terminal.notes).toEqual(['3 changed files are not shown', 'This is a copy, up to 0.1s old; decisions are on the API server.']);
});

test('the world is data for programs', async () => {
  const { session, terminal } = aMirror();
  await worldCommand(session, 'examine', { json: true });
  expect(JSON.parse(terminal.out())).toEqual({ ...world, stalenessMs: 120 });
});

test('a mission of which only agents told has no headline of its own', async () => {
  const { mission: _, ...unknown } = world;
  const { session, terminal } = aMirror(JSON.stringify({ ...unknown, tasks: [] }));
  await worldCommand(session, 'examine', { json: false });
  expect(terminal.out()).toMatch(/^mission with uid u-1: only what agents told is known\n/);
});

test('a rebuild says what was written', async () => {
  const { session, terminal } = aMirror();
  expect(await rebuildWorldsCommand(session)).toBe(0);
  expect(terminal.out()).toBe('the worlds of 2 missions were written anew: 9 missions and tasks in 1.6s\n');
});

const refused: Record<string, { given: string | ConnectError; want: RegExp }> = {
  'a mission that is not there': { given: new ConnectError('there is no mission x', Code.NotFound), want: /there is no mission x.*check its name/s },
  'an answer of another form': { given: '{"version":9}', want: /a form that this plugin does not know/ },
  'an answer that is no JSON': { given: '{', want: /a form that this plugin does not know/ },
  'a mirror whose Redis is away': { given: new ConnectError('not all', Code.Unavailable), want: /look at the pod of the mirror and at its Redis/ },
};
test.each(Object.entries(refused))('%s is said', async (_, { given, want }) => {
  expect(await worldCommand(aMirror(given).session, 'x', { json: false }).catch(errorLine)).toMatch(want);
});
