// What a mission looks like: as a tree of any size, and as lines in a pipe.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stripVTControlCharacters } from 'node:util';
import type { Task } from '#api/v1alpha1/task.ts';
import { cells, timeOfDay } from '../terminal/text.ts';
import { styleOf } from '../terminal/style.ts';
import { aMission, aTask, ended, running, succeeded, t0, type Plan } from '../world/fixture.ts';
import { changeLines } from './lines.ts';
import { missionTree, type Live } from './model.ts';
import { renderTree } from './render.ts';

const plan: Plan = { survey: [], imports: ['survey'], history: [], report: ['imports', 'history'] };
const mission = aMission(plan, { conditions: [succeeded('Unknown', 'Running')], startTime: new Date(t0).toISOString(), goalsMet: '1/3' });
const now = t0 + 12_000;
const tasks: Task[] = [
  aTask('survey', [], ended('Succeeded')),
  aTask('imports', ['survey'], running('crew-x7k2p', 2)),
  aTask('history', [], ended('Failed', { reason: 'ActionFailed', message: 'exit code 128\u001B[31m: not a git repository' })),
];
const colourless = styleOf({ colours: false, unicode: true });
const ascii = styleOf({ colours: false, unicode: false });
const draw = (columns: number, options: { rows?: number; style?: typeof ascii; live?: Live; of?: Task[] } = {}) =>
  renderTree(missionTree({ mission, tasks: options.of ?? tasks }, options.live), { columns, rows: options.rows ?? 24, style: options.style ?? colourless }, now);

describe('the tree', () => {
  test('shows state, role, attempt, time, agent and what is worth saying', () => {
    expect(draw(120)).toMatchInlineSnapshot(`
      [
        "mission examine  Running  2/4 tasks  goals 1/3  12s",
        "✔ survey        Analyzer  Succeeded   1.2s",
        "└─ ◐ imports    Analyzer  Running #2  12s   crew-x7k2p",
        "   └─ ○ report  Analyzer  Waiting                       after imports",
        "✖ history       Analyzer  Failed      1.2s              ActionFailed: exit code 128 : not a git repository",
      ]
    `);
  });

  test('says of a known result where it comes from', () => {
    const known: Task = { ...aTask('survey', []), status: { outcome: { result: 'Succeeded', reason: 'Memoized', message: 'nothing ran: task m-x was asked the same 3 h ago', time: '' } } };
    expect(draw(120, { of: [known] })[1]).toBe('✔ survey        Analyzer  Succeeded  Memoized: nothing ran: task m-x was asked the same 3 h ago');
    expect(changeLines(undefined, missionTree({ mission, tasks: [known] }), now)).toContain(`${timeOfDay(now)} task survey Succeeded: Memoized nothing ran: task m-x was asked the same 3 h ago`);
  });

  test('in ASCII', () => expect(draw(100, { style: ascii })).toMatchInlineSnapshot(`
    [
      "mission examine  Running  2/4 tasks  goals 1/3  12s",
      "+ survey        Analyzer  Succeeded   1.2s",
      "\`- * imports    Analyzer  Running #2  12s   crew-x7k2p",
      "   \`- . report  Analyzer  Waiting                       after imports",
      "x history       Analyzer  Failed      1.2s              ActionFailed: exit code 128 : not a git r...",
    ]
  `));

  test('on a narrow terminal loses columns before names', () => expect(draw(40)).toMatchInlineSnapshot(`
    [
      "mission examine  Running  2/4 tasks  go…",
      "✔ survey        Succeeded",
      "└─ ◐ imports    Running #2",
      "   └─ ○ report  Waiting     after impor…",
      "✖ history       Failed      ActionFaile…",
    ]
  `));

  test('on a low terminal keeps what matters and counts the rest', () => expect(draw(100, { rows: 4 })).toMatchInlineSnapshot(`
    [
      "mission examine  Running  2/4 tasks  goals 1/3  12s",
      "└─ ◐ imports  Analyzer  Running #2  12s   crew-x7k2p",
      "✖ history     Analyzer  Failed      1.2s              ActionFailed: exit code 128 : not a git repos…",
      "… 2 more: 1 succeeded, 1 waiting",
    ]
  `));

  test('says what language models have cost, within the lines there are', () => {
    const usage = { inputTokens: 100, outputTokens: 20, cacheReadTokens: 0, cacheWriteTokens: 0, calls: 2, costUsd: '0.05', reservedUsd: '0.00' };
    const spending = { ...mission, spec: { ...mission.spec, budget: { maxCostUsd: '2.00', warnPercent: 80, onExceeded: 'Fail' as const } }, status: { ...mission.status, usage } };
    const lines = renderTree(missionTree({ mission: spending, tasks }), { columns: 60, rows: 4, style: colourless }, now);
    expect([lines[1], lines.length]).toEqual(['Cost so far 0.05 USD of 2.00, 2 calls, 120 tokens', 4]);
  });

  test('progress of the stream is shown before any object says that the task runs', () => {
    const live: Live = new Map([['report', { state: 'Running', agent: 'crew-1', percent: 40, message: 'writing' }]]);
    expect(draw(120, { live, of: [] }).join('\n')).toMatch(/report +Analyzer +Running +crew-1 +40% writing$/m);
  });

  test('an outcome beats what the stream said last', () => {
    const live: Live = new Map([['survey', { state: 'Running', agent: 'crew-1', percent: 90, message: '' }]]);
    expect(draw(120, { live })[1]).toMatch(/survey +Analyzer +Succeeded/);
  });

  test('a reason of the operator is shown for a task that could run', () => {
    expect(draw(120, { of: [], live: new Map([['survey', { wait: 'pool crew is at its maximum' }]]) })[1]).toMatch(/survey +Analyzer +Waiting +pool crew is at its maximum$/);
  });

  test('a mission that is not accepted says why, as a tree and as a line', () => {
    const refused = aMission(plan, { conditions: [succeeded('Unknown', 'NotAccepted'), { ...succeeded('False', 'NoMatchingPool', 'no pool has the role'), type: 'Accepted' }] });
    const tree = missionTree({ mission: refused, tasks: [] });
    expect(renderTree(tree, { columns: 80, rows: 24, style: colourless }, now)[1]).toBe('NoMatchingPool: no pool has the role');
    expect(changeLines(undefined, tree, now)).toEqual([`${timeOfDay(now)} mission examine NotAccepted: NoMatchingPool: no pool has the role`]);
  });

  test('never is wider or higher than the terminal, with colours too', () => {
    const coloured = styleOf({ colours: true, unicode: true });
    fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 12 }), (columns, rows) => {
      const lines = draw(columns, { rows, style: coloured });
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const text of lines) expect(cells(stripVTControlCharacters(text))).toBeLessThanOrEqual(columns);
    }));
  });

  test('tasks of an earlier run are not part of it', () => {
    const second = aMission(plan, { runNumber: 2, conditions: [succeeded('Unknown', 'Running')] });
    const tree = missionTree({ mission: second, tasks: [aTask('survey', [], ended('Succeeded'), 1)] });
    expect([tree.done, tree.rows[0]?.state]).toEqual([0, 'Waiting']);
  });
});

describe('lines', () => {
  const stamp = timeOfDay(now);
  const before = missionTree({ mission, tasks: [] });

  test('the first lines tell what is under way, not what merely waits', () => {
    expect(changeLines(undefined, missionTree({ mission, tasks }), now)).toEqual([
      `${stamp} task survey Succeeded in 1.2s`,
      `${stamp} task imports Running on crew-x7k2p, attempt 2`,
      `${stamp} task history Failed in 1.2s: ActionFailed exit code 128 : not a git repository`,
      `${stamp} mission examine Running`,
    ]);
  });

  test('only changes are told', () => expect(changeLines(before, before, now)).toEqual([]));

  test('progress inside a task is no change', () => {
    const at = (percent: number) => missionTree({ mission, tasks: [] }, new Map([['survey', { state: 'Running', agent: 'crew-1', percent }]]));
    expect(changeLines(at(10), at(20), now)).toEqual([]);
    expect(changeLines(before, at(10), now)).toEqual([`${stamp} task survey Running on crew-1`]);
  });

  test('the end tells the score', () => {
    const over = aMission(plan, { conditions: [succeeded('False', 'TaskFailed')], goalsMet: '1/3', durationSeconds: 75 });
    expect(changeLines(missionTree({ mission, tasks }), missionTree({ mission: over, tasks }), now)).toEqual([`${stamp} mission examine TaskFailed: 2/4 tasks, goals 1/3, 1m15s`]);
  });
});
