// What commands print and how they end, on values in place of a cluster.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { fakeClient, fakeCluster, fakeSession, type Written } from '../access/fake.ts';
import { errorLine } from '../failure.ts';
import { fakeTerminal } from '../terminal/fake.ts';
import { aMission, aTask, ended, FakeFeed, running, succeeded, t0 } from '../world/fixture.ts';
import type { MissionView } from '#domain/mission/view.ts';
import { modeCommand } from './mode.ts';
import { runCommand } from './run.ts';
import type { Session } from './session.ts';
import { treeCommand } from './tree.ts';
import { waitCommand } from './wait.ts';
import { whyCommand } from './why.ts';

const view = (status: 'True' | 'False' | 'Unknown', reason: string, message = ''): MissionView => ({
  mission: aMission({ survey: [], report: ['survey'] }, { conditions: [succeeded(status, reason, message)] }),
  tasks: [],
});
const runningView = view('Unknown', 'Running');

function setUp(given: MissionView | undefined, options: { operator?: Parameters<typeof fakeSession>[0]['operator']; interactive?: boolean } = {}) {
  const terminal = fakeTerminal({ interactive: options.interactive === true });
  const clock = new ManualClock(t0);
  const feed = new FakeFeed(given);
  const interrupt = new AbortController();
  const cluster = fakeCluster(given === undefined ? undefined : feed);
  const session = fakeSession({ terminal, clock, cluster, signal: interrupt.signal, ...(options.operator === undefined ? {} : { operator: options.operator }) });
  return { terminal, clock, feed, interrupt, session };
}

describe('wait', () => {
  const cases: Record<string, { end: MissionView | undefined; code: number; says: string }> = {
    'ends with 0 when the mission has succeeded': { end: view('True', 'GoalsMet', 'All required goals are met.'), code: 0, says: 'mission examine succeeded: All required goals are met.\n' },
    'ends with 1 when it has failed': { end: view('False', 'GoalsUnmet', 'goal clean is not met'), code: 1, says: 'mission examine failed: goal clean is not met\n' },
    'ends with 1 when it was deleted': { end: undefined, code: 1, says: 'mission examine deleted: Running\n' },
  };
  test.each(Object.entries(cases))('%s', async (_, { end, code, says }) => {
    const { session, feed, terminal } = setUp(runningView);
    const waited = waitCommand(session, 'examine', { json: false });
    await new Promise(setImmediate);
    feed.show(end);
    expect(await waited).toBe(code);
    expect(terminal.out()).toBe(says);
    expect([feed.closed, feed.listeners]).toEqual([true, 0]);
  });

  test('refuses after the timeout, with the way to the reason', async () => {
    const { session, clock, feed } = setUp(runningView);
    const waited = waitCommand(session, 'examine', { json: false, timeoutMs: 60_000 }).catch(errorLine);
    await clock.advance(60_000);
    expect(await waited).toBe('error: wait for mission examine: it has not ended in time (Running) ; next: kubectl mission why examine -n demo');
    expect(feed.closed).toBe(true);
  });

  test('refuses a mission that does not exist', async () => {
    const { session } = setUp(undefined);
    await expect(waitCommand(session, 'examine', { json: false })).rejects.toThrow('find mission examine: there is none in namespace demo');
  });

  test('prints data when asked', async () => {
    const { session, terminal } = setUp(view('True', 'GoalsMet'));
    await waitCommand(session, 'examine', { json: true });
    expect(JSON.parse(terminal.out())).toMatchObject({ mission: 'examine', result: 'succeeded', state: 'GoalsMet' });
  });
});

describe('tree', () => {
  test('in a pipe prints lines and the summary, and ends with the outcome', async () => {
    const { session, feed, terminal } = setUp(runningView, { operator: {} });
    const shown = treeCommand(session, 'examine', { once: false, json: false });
    await new Promise(setImmediate);
    feed.show({ ...runningView, tasks: [aTask('survey', [], running('crew-1'))] });
    feed.show({ mission: view('False', 'TaskFailed').mission, tasks: [aTask('survey', [], ended('Failed', { reason: 'ActionFailed', message: 'exit code 1' }))] });
    expect(await shown).toBe(1);
    expect(terminal.out()).toMatch(/task survey Running on crew-1\n.*task survey Failed in 1\.2s: ActionFailed exit code 1\n[^]*Mission examine failed: TaskFailed[^]*kubectl mission why examine -n demo\n/);
  });

  test('on a terminal draws in place and shows the cursor again', async () => {
    const { session, feed, terminal, clock } = setUp(runningView, { operator: {}, interactive: true });
    const shown = treeCommand(session, 'examine', { once: false, json: false });
    await clock.advance(1000);
    feed.show(view('True', 'GoalsMet'));
    expect(await shown).toBe(0);
    const [, afterTree = ''] = terminal.out().split('\u001B[?25h');
    expect(terminal.out()).toContain('\u001B[3A');
    expect(afterTree).toContain('Mission examine succeeded');
    expect(clock.pending).toBe(0);
  });

  test('draws at most ten times a second, however much happens', async () => {
    const { session, feed, terminal, clock, interrupt } = setUp(runningView, { operator: {}, interactive: true });
    const shown = treeCommand(session, 'examine', { once: false, json: false });
    for (let change = 0; change < 100; change++) {
      await clock.advance(10);
      feed.show(runningView);
    }
    const drawings = terminal.out().split('\r').length - 1;
    expect(drawings).toBeGreaterThan(3);
    expect(drawings).toBeLessThanOrEqual(11);
    interrupt.abort();
    expect(await shown).toBe(130);
    expect(terminal.notes.at(-1)).toBe('mission examine goes on without you ; next: kubectl mission tree examine -n demo');
  });

  test('works without the operator and says what is missing', async () => {
    const { session, terminal, feed } = setUp(runningView);
    const shown = treeCommand(session, 'examine', { once: false, json: false });
    await new Promise(setImmediate);
    feed.show(view('True', 'GoalsMet'));
    expect(await shown).toBe(0);
    expect(terminal.notes).toEqual(['no progress within tasks: connection refused']);
  });
});

describe('why', () => {
  const lines = async (given: MissionView, options: Parameters<typeof setUp>[1], task?: string) => {
    const { session, terminal } = setUp(given, options);
    await whyCommand(session, 'examine', { json: false, ...(task === undefined ? {} : { task }) });
    return [...terminal.notes, ...terminal.out().trimEnd().split('\n')];
  };
  const atMaximum = { explain: () => Promise.resolve([{ task: 'survey', reason: 'PoolAtMaximum', message: 'pool crew has 4 of 4 agents', position: 2 }]) };

  test('tells what the operator knows, and derives the rest from the graph', async () => {
    expect(await lines(runningView, { operator: atMaximum })).toEqual([
      'mission examine Running: Tasks run or wait.',
      'task survey PoolAtMaximum: pool crew has 4 of 4 agents (place 2 among the ready tasks)',
      'task report WaitingForDependencies: waits for survey',
    ]);
  });

  test('without the operator says so and uses the objects', async () => {
    expect(await lines(runningView, {})).toEqual([
      'the operator could not be asked (connection refused); this is what the objects say:',
      'mission examine Running: Tasks run or wait.',
      'task survey Waiting: it is ready and waits for an agent',
      '  next: kubectl get agentpools.coditect.ai -A',
      'task report WaitingForDependencies: waits for survey',
    ]);
  });

  test('a failed task comes with what to do', async () => {
    const failed = { ...view('False', 'TaskFailed', 'task survey failed'), tasks: [aTask('survey', [], ended('Failed', { reason: 'WorkspaceFailed', message: 'no such ref' }))] };
    expect(await lines(failed, {}, 'survey')).toEqual(['task survey WorkspaceFailed: no such ref', '  next: Check url, ref and subPath of the workspace, and that the agent can reach it.']);
  });

  test('a task that does not exist is refused', async () => {
    const { session } = setUp(runningView);
    await expect(whyCommand(session, 'examine', { task: 'ghost', json: false })).rejects.toThrow('find task ghost');
  });
});

describe('commands that write', () => {
  let folder = '';
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'cli-run-'))));
  afterAll(() => rm(folder, { recursive: true }));
  const written: Written[] = [];
  const sessionWith = (objects: Record<string, object>): Session => {
    written.length = 0;
    return fakeSession({ terminal: fakeTerminal(), clock: new ManualClock(), cluster: fakeCluster(undefined, fakeClient(objects, written)) });
  };
  const manifest = 'apiVersion: coditect.ai/v1alpha1\nkind: Mission\nmetadata: {name: examine}\nspec: {goal: know}\n';
  const run = async (session: Session, yaml: string) => {
    const file = join(folder, 'm.yaml');
    await writeFile(file, yaml);
    return runCommand(session, { file, follow: false, json: false });
  };

  test('run applies the mission in the namespace of the context', async () => {
    expect(await run(sessionWith({}), manifest)).toBe(0);
    expect(written).toEqual([{ verb: 'apply', name: 'examine', body: { apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', metadata: { name: 'examine', namespace: 'demo' }, spec: { goal: 'know' } } }]);
  });

  test('run asks for another run of a mission that has ended', async () => {
    await run(sessionWith({ 'missions/examine': view('False', 'Cancelled').mission }), manifest);
    expect(written[0]?.body).toMatchObject({ spec: { runRequest: expect.stringMatching(/^[0-9a-f-]{36}$/) as string } });
  });

  test('run of a mission that runs keeps its run', async () => {
    const { mission } = runningView;
    await run(sessionWith({ 'missions/examine': { ...mission, spec: { ...mission.spec, runRequest: 'second' } } }), manifest);
    expect(written[0]?.body).toMatchObject({ spec: { runRequest: 'second' } });
  });

  test('run sends nothing when the file is wrong', async () => {
    await expect(run(sessionWith({}), manifest.replace('{goal: know}', '{goal: know, gaol: 1}'))).rejects.toThrow('Mission examine: spec.gaol: there is no such field');
    expect(written).toEqual([]);
  });

  test.each([['suspend', 'Suspend'], ['resume', 'Run'], ['stop', 'Stop'], ['cancel', 'Cancel']] as const)('%s writes operatingMode %s', async (command, mode) => {
    await modeCommand(sessionWith({ 'missions/examine': runningView.mission }), command, 'examine');
    expect(written).toEqual([{ verb: 'patch', name: 'examine', body: { spec: { operatingMode: mode } } }]);
  });

  test('a mode of a mission that does not exist is refused in the words of the other commands', async () => {
    await expect(modeCommand(sessionWith({}), 'cancel', 'examine')).rejects.toThrow('find mission examine: there is none in namespace demo');
  });
});
