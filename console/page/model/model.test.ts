// What the page thinks: which rows, where, how it was at a moment. No browser is needed for it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MissionRow } from '#api/console.ts';
import { Timeline } from '#domain/replay/timeline.ts';
import { theMission } from '#console/fake-world.ts';
import { detailOf } from '#console/views/detail.ts';
import { age, between, bytes, count, duration, usd } from './format.ts';
import { barsIn, barsOf, momentOf } from './history.ts';
import { lanesOf, ticksOf } from './lanes.ts';
import { depthsOf, type Drawing, layout, type Place } from './layout.ts';
import { hashOf, routeOf } from './route.ts';
import { changed, countsOf, groupOf, matching } from './rows.ts';
import { columnsOverTime, kindsOverTime, tableCell } from './series.ts';
import { words } from './tone.ts';
import { windowOf } from './window.ts';

const row = (name: string, more: Partial<MissionRow> = {}): MissionRow => ({ namespace: 'team-a', name, uid: name, created: '2026-01-01T00:00:00Z', state: 'Running', verdict: 'Unknown', awaitsApproval: false, goalsMet: 0, goals: 1, tasksDone: 0, tasks: 1, running: 1, failed: 0, costUsd: '0.00', started: '2026-01-01T00:00:01Z', ...more });

test.each([[0, '0ms'], [850, '850ms'], [42_000, '42s'], [200_000, '3m 20s'], [180_000, '3m'], [7_500_000, '2h 5m'], [400_000_000, '4d']])('%i ms is %s', (ms, text) => expect(duration(ms)).toBe(text));
test.each([['0.00', '$0'], ['0.0042', '$0.0042'], ['1.5', '$1.50'], ['1234.567', '$1234.57']])('%s dollars are %s', (value, text) => expect(usd(value)).toBe(text));
test.each([[0, '0'], [999, '999'], [12_345, '12,345'], [1_284_000, '1.3M']])('%i is %s', (value, text) => expect(count(value)).toBe(text));
test.each([[0, '0 B'], [1023, '1023 B'], [4312, '4.2 KiB'], [5_000_000, '4.8 MiB']])('%i bytes are %s', (value, text) => expect(bytes(value)).toBe(text));
test('times that are not known are empty, and those to come are none', () => {
  expect([age(undefined, 0), between(undefined, undefined, 0), age('2026-01-01T00:00:10Z', Date.UTC(2026, 0, 1)), between('2026-01-01T00:00:00Z', undefined, Date.UTC(2026, 0, 1, 0, 1))]).toEqual(['', '', '0s', '1m']);
});
test('a reason as words', () => expect([words('AwaitingApproval'), words('GoalsMet'), words('')]).toEqual(['awaiting approval', 'goals met', '']));

describe('the list', () => {
  const groups: Record<string, { row: MissionRow; want: string }> = {
    'one that runs': { row: row('a'), want: 'running' },
    'one of which a task failed': { row: row('a', { failed: 1 }), want: 'attention' },
    'one that people are asked about': { row: row('a', { awaitsApproval: true }), want: 'attention' },
    'one that was refused': { row: row('a', { refused: 'InvalidGraph' }), want: 'attention' },
    'one that succeeded, though a task failed': { row: row('a', { verdict: 'True', failed: 1 }), want: 'succeeded' },
    'one that failed': { row: row('a', { verdict: 'False' }), want: 'failed' },
  };
  test.each(Object.entries(groups))('%s', (_, { row: one, want }) => expect(groupOf(one)).toBe(want));

  test('is narrowed by every word, in any order, and by namespace', () => {
    const rows = [row('tidy-imports'), row('tidy-tests', { namespace: 'team-b' }), row('audit', { verdict: 'False', state: 'TaskFailed' })];
    const names = (text: string, namespace = '') => matching(rows, { text, namespace, group: 'all' }).map(({ name }) => name);
    expect([names('TIDY team-a'), names('failed'), names('  '), names('tidy', 'team-b'), names('.*')]).toEqual([['tidy-imports'], ['audit'], ['tidy-imports', 'tidy-tests', 'audit'], ['tidy-tests'], []]);
    expect(countsOf(rows)).toEqual({ all: 3, running: 2, attention: 0, succeeded: 0, failed: 1 });
  });

  test('takes changes: new ones on top, others in place, gone ones away', () => {
    const rows = [row('b'), row('c')];
    const next = changed(rows, { missions: [row('a', { created: '2026-02-01T00:00:00Z' }), row('c', { state: 'GoalsMet' })], gone: ['b'] });
    expect(next.map(({ name, state }) => [name, state])).toEqual([['a', 'Running'], ['c', 'GoalsMet']]);
    expect(changed(rows, { missions: [], gone: [] })).toBe(rows);
  });

  test('draws what is in sight, and never more than there is', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.integer({ min: -20_000, max: 400_000 }), fc.nat(3000), (total, top, height) => {
        const { first, count: drawn } = windowOf(total, 52, top, top + height);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(first + drawn).toBeLessThanOrEqual(total);
        expect(drawn).toBeLessThanOrEqual(height / 52 + 26);
        for (const seen of [0, 1]) {
          const index = Math.floor(top / 52) + seen;
          if (index >= 0 && index < total && index * 52 < top + height) expect(index >= first && index < first + drawn).toBe(true);
        }
      }),
    );
  });
});

describe('addresses', () => {
  test.each([['#/missions/team-a/m', { view: 'mission', namespace: 'team-a', name: 'm' }], ['', { view: 'missions' }], ['#/missions/team-a', { view: 'missions' }], ['#/pools', { view: 'pools' }], ['#/stats/team-a', { view: 'stats', namespace: 'team-a' }], ['#/%E0%A4%A', { view: 'missions' }], ['#/javascript:alert(1)', { view: 'missions' }]] as const)('%s', (hash, route) => {
    expect(routeOf(hash)).toEqual(route);
    expect(routeOf(hashOf(route))).toEqual(route);
  });
});

describe('the drawing of a graph', () => {
  const sizes = { width: 100, height: 40, gapX: 20, gapY: 10 };
  const anyGraph = () => fc.integer({ min: 0, max: 60 }).chain((size) => fc.tuple(...Array.from({ length: size }, (_, index) => fc.array(fc.nat(Math.max(0, index - 1)), { maxLength: index === 0 ? 0 : 4 }).map((after) => ({ name: `t${index}`, dependsOn: after.map((one) => `t${one}`) })))));

  const faultsOf = ({ name, x, y }: Place, { places, width, height }: Drawing): string[] => {
    const isInside = x >= 0 && y >= -0.001 && x + sizes.width <= width && y + sizes.height <= height + 0.001;
    const under = places.filter((other) => other.name !== name && other.x === x && Math.abs(other.y - y) <= sizes.height);
    return [...(isInside ? [] : [`${name} is outside`]), ...under.map((other) => `${name} is on ${other.name}`)];
  };

  test('holds every task once, right of what it depends on, and none on another', () => {
    fc.assert(
      fc.property(anyGraph(), (tasks) => {
        const drawing = layout(tasks, sizes);
        expect(drawing.places.map(({ name }) => name)).toEqual(tasks.map(({ name }) => name));
        const at = new Map(drawing.places.map((place) => [place.name, place.x]));
        const backwards = tasks.filter(({ name, dependsOn }) => dependsOn.some((before) => (at.get(before) ?? 0) >= (at.get(name) ?? 0)));
        expect(backwards).toEqual([]);
        expect(drawing.places.flatMap((place) => faultsOf(place, drawing))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('is total for a cycle and for a dependency that is nowhere', () => {
    const { places, edges } = layout([{ name: 'a', dependsOn: ['b'] }, { name: 'b', dependsOn: ['a'] }, { name: 'c', dependsOn: ['nobody'] }], sizes);
    expect(places).toHaveLength(3);
    expect(edges).toEqual([]);
    expect(depthsOf([{ name: 'a', dependsOn: [] }, { name: 'b', dependsOn: ['a'] }, { name: 'c', dependsOn: ['a', 'b'] }]).get('c')).toBe(2);
  });

  test('has no crossing where none is needed', () => {
    const tasks = [{ name: 'a1', dependsOn: [] }, { name: 'b1', dependsOn: [] }, { name: 'b2', dependsOn: ['b1'] }, { name: 'a2', dependsOn: ['a1'] }];
    const at = new Map(layout(tasks, sizes).places.map(({ name, y }) => [name, y]));
    expect((at.get('a1') ?? 0) < (at.get('b1') ?? 0)).toBe((at.get('a2') ?? 0) < (at.get('b2') ?? 0));
  });

  test('of 200 tasks is there', () => {
    const tasks = Array.from({ length: 200 }, (_, index) => ({ name: `t${index}`, dependsOn: index < 20 ? [] : [`t${index - 20}`, `t${(index * 7) % 20}`] }));
    expect(layout(tasks, sizes).places).toHaveLength(200);
  });
});

describe('the past', () => {
  const { mission, tasks, events } = theMission();
  const detail = detailOf({ mission, tasks }, []);
  const timeline = new Timeline(events);
  const momentAt = (seconds: number) => {
    timeline.goTo(timeline.countAt(Date.UTC(2026, 10, 23, 14, 6) + seconds * 1000));
    return momentOf(detail, timeline.picture());
  };
  const stateOf = (seconds: number, name: string) => momentAt(seconds).tasks.find((task) => task.name === name)?.state;

  test('is that of the moment, not of now', () => {
    expect([stateOf(-10, 'survey'), stateOf(1, 'survey'), stateOf(60, 'survey'), stateOf(200, 'fix-token-check'), stateOf(292, 'fix-token-check'), stateOf(300, 'fix-token-check'), stateOf(500, 'fix-token-check'), stateOf(500, 'report')]).toEqual(['Planned', 'Running', 'Succeeded', 'Running', 'Backoff', 'Running', 'Succeeded', 'Waiting']);
    expect(momentAt(200)).toMatchObject({ goalsMet: 1, tasksDone: 4 });
    expect(momentAt(200).goals.map(({ state }) => state)).toEqual(['Met', 'Unknown', 'Unknown', 'Unknown']);
    expect(momentAt(-600)).toMatchObject({ state: 'Planned', tasksDone: 0, costUsd: '0.00' });
  });

  test('goes back as it goes forward', () => {
    const there = momentAt(200);
    momentAt(700);
    expect(momentAt(200)).toEqual(there);
  });

  test('has a bar for each attempt, those that failed too', () => {
    const bars = barsIn(events);
    expect(bars).toHaveLength(11);
    expect(bars.filter(({ task }) => task === 'fix-token-check').map(({ agent, attempt, state }) => [agent, attempt, state])).toEqual([['coders-b8f3z', 1, 'Failed'], ['coders-q1w5n', 2, 'Succeeded']]);
    expect(bars.find(({ task, attempt }) => task === 'load-tests' && attempt === 2)).not.toHaveProperty('until');
    expect(barsOf(detail.tasks)).toHaveLength(9);
  });

  test('has a lane for each agent, and another row where two tasks run at once', () => {
    const lanes = lanesOf([{ task: 'a', agent: 'x', attempt: 1, from: 0, until: 10, state: 'Succeeded' }, { task: 'b', agent: 'x', attempt: 1, from: 5, until: 20, state: 'Succeeded' }, { task: 'c', agent: 'x', attempt: 1, from: 10, state: 'Running' }]);
    expect(lanes.map(({ rows }) => rows.map((bars) => bars.map(({ task }) => task)))).toEqual([[['a', 'c'], ['b']]]);
  });

  test.each([[0, 10_000, 5], [0, 86_400_000, 6], [123, 456_789, 4], [0, 864_000_000, 3]])('ticks from %i to %i are round and about %i', (from, until, about) => {
    const ticks = ticksOf(from, until, about);
    expect(ticks.length).toBeLessThanOrEqual(about + 1);
    expect(ticks.every((tick) => tick >= from && tick <= until && tick % 1000 === 0)).toBe(true);
  });
});

describe('answers of stats', () => {
  const base = { template: 'x', from: '', until: '' };
  test('over time, oldest first, whatever their order', () => {
    const answer = { ...base, columns: [{ name: 'day', unit: 'time' as const }, { name: 'cost_usd', unit: 'usd' as const }], rows: [['2026-01-02 00:00:00Z', 2], ['2026-01-01 00:00:00Z', '1.5']] };
    expect(columnsOverTime(answer, ['cost_usd'])).toEqual({ times: [1_767_225_600, 1_767_312_000], lines: [{ name: 'cost usd', values: [1.5, 2] }] });
  });

  test('by kind: what there is nothing of is zero', () => {
    const answer = { ...base, columns: [], rows: [['2026-01-01T00:00:00Z', 'task.ended', 3], ['2026-01-02T00:00:00Z', 'task.created', 1]] };
    expect(kindsOverTime(answer, ['task.ended', 'task.created']).lines).toEqual([{ name: 'task.ended', values: [3, 0] }, { name: 'task.created', values: [0, 1] }]);
  });

  test('as cells', () => expect([tableCell('', 'text'), tableCell(0.333, 'share'), tableCell('1.5', 'usd'), tableCell(61_000, 'ms'), tableCell(12_345, 'count')]).toEqual(['–', '33.3%', '$1.50', '1m 1s', '12,345']));
});
