// What people see of a history: the player under their keys, lines in a pipe, the events themselves.
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { CloudEvent } from '#api/events/envelope.ts';
import { agentActed, anEvent, changedTask, deletedTask, missionUid, t0, wholeMission, wholeTask } from '#domain/replay/testing.ts';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { fakeCluster, fakeSession } from '../access/fake.ts';
import type { Asked, Told } from '../access/history.ts';
import { replayCommand, type ReplayOptions } from '../commands/replay.ts';
import { errorLine } from '../failure.ts';
import { fakeTerminal } from '../terminal/fake.ts';
import type { Key, Keys } from '../terminal/keys.ts';
import { timeOfDay } from '../terminal/text.ts';
import { MissionSpec } from '#api/v1alpha1/mission.ts';
import { TaskSpec } from '#api/v1alpha1/task.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';

const json = (value: object) => JSON.parse(JSON.stringify(value)) as JsonObject;
const missionSpec = json(MissionSpec.parse({ goal: 'know the code', tasks: [{ name: 'a', type: 'Tester', intent: { action: 'RunTests' } }, { name: 'b', type: 'Tester', intent: { action: 'RunTests' }, dependsOn: ['a'] }] }));
const taskSpec = (name: string) => json(TaskSpec.parse({ type: 'Tester', intent: { action: 'RunTests' }, taskName: name, run: 1, missionRef: { name: 'examine', uid: missionUid } }));
const succeeded = (reason: string, status = 'Unknown') => ({ conditions: [{ type: 'Succeeded', status, reason, message: '', lastTransitionTime: '2026-11-23T12:00:00Z' }] });
const at = (seconds: number, version: number, status: object, spec?: JsonObject) => ({ version, at: t0 + seconds * 1000, status: json(status), ...(spec === undefined ? {} : { spec }) });
const outcome = { outcome: { result: 'Succeeded', reason: 'Completed', message: '', time: '2026-11-23T12:00:20Z' }, startTime: '2026-11-23T12:00:10Z', completionTime: '2026-11-23T12:00:20Z', durationSeconds: 10 };
const waits = at(1, 2, {}, taskSpec('a'));
const runs = at(10, 4, { ...succeeded('Running'), attempt: 1, startTime: '2026-11-23T12:00:10Z' });
const done = at(20, 6, { ...succeeded('Running'), attempt: 1, ...outcome });

/** A minute of a mission: its task a runs and succeeds, then it is over. */
const history: readonly CloudEvent[] = [
  wholeMission(at(0, 1, { ...succeeded('Running'), observedGeneration: 1, goalsMet: '0/1' }, missionSpec)),
  wholeTask({ name: 'a' }, waits),
  changedTask({ name: 'a', facts: { state: 'Running', attempt: 1, agent: 'crew-1' } }, waits, runs),
  agentActed('a', 1, t0 + 15_000),
  changedTask({ name: 'a', facts: { attempt: 1, agent: 'crew-1', result: 'Succeeded', reason: 'Completed' } }, runs, done),
  wholeMission(at(60, 9, { ...succeeded('GoalsMet', 'True'), observedGeneration: 1, goalsMet: '1/1' }, missionSpec)),
];
const stamp = (seconds: number) => timeOfDay(t0 + seconds * 1000);
const told = (events: readonly CloudEvent[]): Told[] => events.map((event) => ({ kind: 'event', event, text: JSON.stringify(event) }));

interface Given {
  readonly says?: readonly Told[];
  readonly options?: Partial<ReplayOptions>;
  readonly interactive?: boolean;
}

/** Starts a replay; `press` presses keys. */
function replaying({ says = [...told(history), { kind: 'synced' }], options = {}, interactive = false }: Given = {}) {
  const [terminal, clock, end] = [fakeTerminal({ interactive }), new ManualClock(t0 + 3_600_000), new AbortController()];
  const asked: Asked[] = [];
  let press: (key: Key) => void = () => {};
  let listening = 0;
  const keys: Keys = { onKey: (listener) => ((press = listener), (listening += 1), () => void (listening -= 1)) };
  const replay = async function* (_: string, question: Asked, signal: AbortSignal): AsyncGenerator<Told> {
    asked.push(question);
    yield* says;
    if (question.follow === true) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  };
  const session = fakeSession({ terminal, clock, cluster: fakeCluster(undefined), history: replay, keys, signal: end.signal });
  const exit = replayCommand(session, 'examine', { types: [], json: false, follow: false, ...options }).catch(errorLine);
  const screen = () => stripVTControlCharacters(terminal.out()).split('\n\r').at(-1)?.split('\n') ?? [];
  return { terminal, clock, asked, exit, end, screen, press: (key: Key) => press(key), listening: () => listening };
}

describe('in a pipe', () => {
  const lines = [
    `${stamp(0)} mission examine Running: 0/0 tasks, goals 0/0`,
    `${stamp(1)} task a changed`,
    `${stamp(10)} task a Running on crew-1`,
    `${stamp(15)} crew-1 on a: turn 1, read_file done`,
    `${stamp(20)} task a Succeeded on crew-1`,
    `${stamp(60)} mission examine Running: 0/0 tasks, goals 0/0`,
  ];
  const cases: Record<string, { options: Partial<ReplayOptions>; want: readonly number[] }> = {
    'there is a line for each event': { options: {}, want: [0, 1, 2, 3, 4, 5] },
    'of a task only its own': { options: { task: 'a' }, want: [1, 2, 3, 4] },
    'of an agent only its own': { options: { agent: 'crew-1' }, want: [2, 3, 4] },
    'of types only those': { options: { types: ['agent', 'mission.changed'] }, want: [0, 3, 5] },
    'of a time only what was in it': { options: { from: t0 + 10_000, until: t0 + 20_000 }, want: [2, 3, 4] },
  };
  test.each(Object.entries(cases))('%s', async (_, { options, want }) => {
    const { terminal, exit, asked } = replaying({ options });
    expect(await exit).toBe(0);
    expect(terminal.out()).toBe(want.map((index) => `${lines[index]}\n`).join(''));
    // What a filter leaves out is needed to fold the rest.
    expect(asked).toEqual([{ follow: false }]);
  });

  test('lines come in their time when a speed is told', async () => {
    const { terminal, clock, exit } = replaying({ options: { speed: 5 } });
    const count = () => terminal.out().split('\n').length - 1;
    await clock.advance(0);
    expect(count()).toBe(1);
    await clock.advance(2000);
    expect(count()).toBe(3);
    await clock.advance(2000);
    expect(count()).toBe(5);
    // Forty seconds of silence would be eight: no wait is longer than three.
    await clock.advance(3000);
    expect(await exit).toBe(0);
    expect(count()).toBe(6);
  });

  test('says what is missing, and ends with 1', async () => {
    const { terminal, exit } = replaying({ says: [...told(history.toSpliced(2, 1)), { kind: 'gap', gap: 'messages 2 to 5 are gone' }, { kind: 'synced' }] });
    expect(await exit).toBe(1);
    expect(terminal.notes).toEqual(['messages 2 to 5 are gone', 'task examine-a: version 4 was never told, the last one known is 2; its status is old until it is told whole again']);
  });

  test('what agents and servers say does not steer the terminal', async () => {
    const evil = anEvent('violation.found', { id: 'v', subject: 'tasks/examine-a', at: t0 }, { task: { name: 'examine-a', uid: 'u-a' }, kind: 'TestFailed', message: '\u001B[2J boo', attempt: 1, agent: '' });
    const { terminal, exit } = replaying({ says: [...told([evil]), { kind: 'synced' }] });
    await exit;
    expect(terminal.out()).toBe(`${stamp(0)} task examine-a differs: TestFailed: boo\n`);
  });
});

describe('as JSON', () => {
  test('each line is an event as it came, and the mirror does the choosing', async () => {
    const { terminal, exit, asked } = replaying({ options: { json: true, task: 'a', from: t0, types: ['task'] } });
    expect(await exit).toBe(0);
    expect(terminal.out()).toBe(history.map((event) => `${JSON.stringify(event)}\n`).join(''));
    expect(asked).toEqual([{ types: ['task'], follow: false, task: 'a', from: '2026-11-23T12:00:00.000Z' }]);
  });

  test.each([true, false])('comes from where it is asked for, as events (%s) and as lines', async (isJson) => {
    const { exit, asked } = replaying({ options: { json: isJson, source: 'archive' } });
    expect(await exit).toBe(0);
    expect(asked).toEqual([expect.objectContaining({ source: 'archive' })]);
  });

  test('a gap is a note, and the exit code is 1', async () => {
    const { terminal, exit } = replaying({ options: { json: true }, says: [{ kind: 'gap', gap: 'lost' }, ...told(history.slice(0, 1)), { kind: 'synced' }] });
    expect([await exit, terminal.notes]).toEqual([1, ['lost']]);
  });

  test('nothing that matches is an answer', async () => expect(await replaying({ options: { json: true, task: 'none' }, says: [{ kind: 'synced' }] }).exit).toBe(0));
});

describe('is refused with the next step', () => {
  test.each([true, false])('a mission of which nothing is known (JSON: %s)', async (isJson) => {
    expect(await replaying({ options: { json: isJson }, says: [{ kind: 'synced' }] }).exit).toMatch(/^error: replay mission examine: nothing is kept of it ; next: check its name and --namespace/);
  });

  test('a type that there is not', () => {
    expect(() => replaying({ options: { types: ['tasks'] } })).toThrow('replay mission examine: "tasks" is neither the name of an event nor a family');
  });
});

describe('the player', () => {
  const begun = async (options: Partial<ReplayOptions> = {}) => {
    const all = replaying({ interactive: true, options: { speed: 1, ...options } });
    await all.clock.advance(0);
    return all;
  };

  test('draws the tree as it was, the clock and the last event', async () => {
    const { clock, screen } = await begun();
    // Nine seconds of silence are cut to three.
    await clock.advance(5500);
    expect(screen()).toEqual([
      'mission examine  Running  0/2 tasks  goals 0/1',
      '◑ a     Tester  Running  1.5s',
      '└─ ○ b  Tester  Waiting        after a',
      `◐ 1x  ${stamp(11)}  event 3 of 6`,
      `${stamp(10)} task a Running on crew-1`,
      'space pause, arrows one event, + - speed, home end, q quit',
      '',
    ]);
  });

  test('stands still, goes one event on and back, and goes on', async () => {
    const { clock, screen, press, exit, listening } = await begun();
    press('space');
    await clock.advance(60_000);
    expect(screen()[3]).toBe(`○ paused  ${stamp(0)}  event 1 of 6`);
    press('right');
    press('right');
    press('right');
    expect(screen().slice(3, 5)).toEqual([`○ paused  ${stamp(15)}  event 4 of 6`, `${stamp(15)} crew-1 on a: turn 1, read_file done`]);
    expect(screen()[1]).toMatch(/Running .*turn 1, read_file done$/);
    press('left');
    expect(screen()[3]).toBe(`○ paused  ${stamp(10)}  event 3 of 6`);
    press('home');
    expect(screen()[0]).toBe('mission examine is not there');
    press('end');
    expect(screen()[0]).toMatch(/^mission examine {2}GoalsMet {2}1\/2 tasks {2}goals 1\/1/);
    await clock.advance(60_000);
    expect(listening()).toBe(1);
    press('space');
    expect(await exit).toBe(0);
    expect(listening()).toBe(0);
  });

  test('goes faster and slower', async () => {
    const { clock, screen, press } = await begun();
    press('+');
    press('+');
    await clock.advance(2600);
    expect(screen()[3]).toBe(`◐ 4x  ${stamp(10)}  event 3 of 6`);
    press('-');
    await clock.advance(100);
    expect(screen()[3]).toContain('2x');
  });

  test.each(['q', 'escape', 'interrupt'])('ends with %s, and shows the cursor again', async (key) => {
    const { press, exit, terminal, listening } = await begun();
    press(key);
    expect(await exit).toBe(0);
    expect([terminal.out().endsWith('\u001B[?25h'), listening()]).toEqual([true, 0]);
  });

  test('ends after the last event', async () => {
    const { clock, exit, screen } = await begun({ speed: 1000 });
    await clock.advance(1000);
    expect(await exit).toBe(0);
    expect(screen()[0]).toMatch(/GoalsMet/);
  });

  test('stops only where it is asked to, and folds the rest on the way', async () => {
    const { press, screen } = await begun({ types: ['agent'] });
    press('right');
    expect(screen().slice(3, 5)).toEqual([`○ paused  ${stamp(15)}  event 4 of 6`, `${stamp(15)} crew-1 on a: turn 1, read_file done`]);
    expect(screen()[1]).toMatch(/Running/);
  });

  test('begins where it is asked to, with what was before', async () => {
    const { screen } = await begun({ from: t0 + 12_000 });
    expect(screen()[1]).toMatch(/a {5}Tester {2}Running/);
    expect(screen()[3]).toBe(`◐ 1x  ${stamp(12)}  event 3 of 6`);
  });
});

describe('following', () => {
  test('goes on until it is interrupted', async () => {
    const more = agentActed('a', 2, t0 + 61_000);
    const { terminal, exit, end, clock } = replaying({ options: { follow: true }, says: [...told(history), { kind: 'synced' }, ...told([more, deletedTask('a', 7, t0 + 62_000)])] });
    await clock.advance(1000);
    await settle();
    expect(terminal.out().split('\n').slice(6)).toEqual([`${stamp(61)} crew-1 on a: turn 1, read_file done`, `${stamp(62)} gone: task a`, '']);
    end.abort();
    expect(await exit).toBe(130);
  });
});
