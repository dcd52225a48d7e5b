// Every template on a small history whose answers are known, and hostile questions that must not reach another tenant's rows.
import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CloudEvent } from '#api/events/envelope.ts';
import { StatsAnswer, type StatsName, statsNames } from '#api/stats.ts';
import type { ClickHouseServer } from '#devcluster/services/clickhouse/index.ts';
import { deliver, eventEncoder } from '#mirror/sinks/clickhouse/deliver.ts';
import { migrate } from '#mirror/sinks/clickhouse/migrate.ts';
import { migrationsOf } from '#mirror/sinks/clickhouse/migrations.ts';
import { aMissionEnd, anEnd, anEvent, aServer, aThought, connectTo, t0, whyNot } from '#mirror/sinks/clickhouse/testing.ts';
import type { ClickHouse } from '#platform/clickhouse/types.ts';
import { StatsService } from '#platform/rpc/generated/coditect/v1alpha1/stats_pb.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { askingStats } from './queries.ts';
import { statsRoutes } from './routes.ts';

const hour = 3_600_000;
const database = 'analytics';

/** Two missions of team-a over two hours, and one of team-b, whose numbers would be seen at once. */
function history(): readonly CloudEvent[] {
  return [
    aThought('a1', { mission: 'first', model: 'model-s', cost: 250_000, pod: 'p-1' }),
    aThought('a2', { mission: 'first', model: 'model-l', cost: 500_000, pod: 'p-2' }),
    aThought('a3', { mission: 'second', model: 'model-s', cost: 125_000, pod: 'p-1', at: t0 + hour }),
    ...Array.from({ length: 100 }, (_, index) => anEnd(`e${index}`, { mission: 'first', tookMs: (index + 1) * 10, at: t0 })),
    anEnd('f1', { mission: 'second', at: t0 + hour, tookMs: 5000, facts: { type: 'Coder', agent: 'p-2', result: 'Failed', reason: 'CommandFailed' } }),
    anEnd('f2', { mission: 'second', at: t0 + hour, tookMs: 5000, facts: { type: 'Coder', agent: 'p-2', result: 'Failed', reason: 'CommandFailed' } }),
    anEnd('f3', { mission: 'second', at: t0 + hour, tookMs: 5000, facts: { type: 'Coder', agent: 'p-1', result: 'Failed', reason: 'Timeout' } }),
    anEnd('r1', { mission: 'second', at: t0 + hour, tookMs: 0, facts: { type: 'Analyzer', agent: '', isMemoized: true } }),
    aMissionEnd('m1', { mission: 'first', facts: { costMicroUsd: 800_000, savedMicroUsd: 200_000, calls: 6, cachedCalls: 2 } }),
    // Its second run: what it has used grows, and is not added to what it had used before.
    aMissionEnd('m2', { mission: 'first', at: t0 + hour, facts: { run: 2, costMicroUsd: 900_000, savedMicroUsd: 300_000, calls: 9, cachedCalls: 3 } }),
    anEvent('violation.found', { task: { name: 'm-build', uid: 'u' }, kind: 'UnexpectedFile', message: 'x', attempt: 1, agent: 'p-2' }, { id: 'v1', mission: 'second' }),
    ...[3, 9, 5].map((queued, index) => anEvent('pool.changed', { name: 'p', uid: 'pu', generation: 1, resourceVersion: '1', facts: { ready: index, desired: 2, busy: queued - 1, queued, slots: 8, state: 'Ready' } }, { id: `p${index}`, mission: '', at: t0 + index })),
    ...Array.from({ length: 7 }, (_, index) => aThought(`b${index}`, { tenant: 'team-b', mission: 'secret', cost: 7_777_777, pod: 'spy-1', model: 'model-b' })),
    aMissionEnd('bm', { tenant: 'team-b', mission: 'secret', facts: { savedMicroUsd: 7_777_777 } }),
    anEnd('be', { tenant: 'team-b', mission: 'secret', facts: { type: 'Spy', agent: 'spy-1', pool: 'spies', result: 'Failed', reason: 'Secret', isMemoized: true } }),
    anEvent('pool.changed', { name: 'spies', uid: 'sp', generation: 1, resourceVersion: '1', facts: { ready: 77, desired: 2, busy: 77, queued: 77, slots: 77, state: 'Ready' } }, { id: 'bp', tenant: 'team-b', mission: '' }),
  ];
}

describe.skipIf(whyNot !== '')(`stats on the engine${whyNot}`, () => {
  let server: ClickHouseServer;
  let client: ClickHouse;
  let stored = 0;
  beforeAll(async () => {
    server = await aServer();
    client = connectTo(server);
    await migrate(client, database, migrationsOf(database, { eventDays: 3650, rollupDays: 3650 }));
    const deps = { server: client, database, stream: 'events', encoder: eventEncoder(), persist: <T>(call: () => Promise<T>) => call() };
    stored = (await deliver(deps, { first: 1, last: 1, log: '', messages: [{ sequence: 1, tenant: '', family: 'agent', events: history(), pending: 0 }] }, 1)).stored;
  }, 60_000);
  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  /** Users are `<namespace>` and may read that namespace alone; `nobody` may read none, and no token is nobody at all. */
  function asking(user: string | undefined) {
    const clock = new ManualClock(t0 + 24 * hour);
    const { routes, interceptors } = statsRoutes({
      authenticator: { review: async (token) => ({ username: token, uid: token, groups: [], extra: {} }), allowed: async ({ username }, { namespace }) => namespace === username },
      clock,
      database,
      ask: askingStats(client),
      onFault: () => {},
    });
    const stats = createClient(StatsService, createRouterTransport(routes, { router: { interceptors: [...interceptors] } }));
    const options = user === undefined ? {} : { headers: { authorization: `Bearer ${user}` } };
    return async (template: string, parameters: unknown = {}, namespace = 'team-a'): Promise<StatsAnswer> => StatsAnswer.parse(JSON.parse((await stats.stats({ namespace, template, parametersJson: typeof parameters === 'string' ? parameters : JSON.stringify(parameters) }, options)).answerJson));
  }
  const rowsOf = async (template: StatsName, parameters: object = {}) => (await asking('team-a')(template, parameters)).rows;

  test('every event of the history is a row', () => expect(stored).toBe(history().length));

  const known: Record<string, { template: StatsName; parameters?: object; want: readonly (readonly (string | number)[])[] }> = {
    'cost by mission': { template: 'cost', want: [['first', 0.75, 2, 200, 40, 0], ['second', 0.125, 1, 100, 20, 0]] },
    'cost by model': { template: 'cost', parameters: { by: 'model' }, want: [['model-l', 0.5, 1, 100, 20, 0], ['model-s', 0.375, 2, 200, 40, 0]] },
    'cost by agent': { template: 'cost', parameters: { by: 'agent' }, want: [['p-2', 0.5, 1, 100, 20, 0], ['p-1', 0.375, 2, 200, 40, 0]] },
    'cost by day': { template: 'cost', parameters: { by: 'day' }, want: [['2026-01-15', 0.875, 3, 300, 60, 0]] },
    'cost of one mission': { template: 'cost', parameters: { mission: 'second' }, want: [['second', 0.125, 1, 100, 20, 0]] },
    'cost of one model and agent': { template: 'cost', parameters: { model: 'model-s', agent: 'p-1' }, want: [['first', 0.25, 1, 100, 20, 0], ['second', 0.125, 1, 100, 20, 0]] },
    'cost of an hour': { template: 'cost', parameters: { from: '2026-01-15T11:00:00Z' }, want: [['second', 0.125, 1, 100, 20, 0]] },
    'at most one row': { template: 'cost', parameters: { limit: 1 }, want: [['first', 0.75, 2, 200, 40, 0]] },
    'savings count a mission once, however often it ran': { template: 'savings', want: [['first', 9, 3, 0.25, 0.9, 0.3]] },
    'reuse by type': { template: 'reuse', want: [['Analyzer', 1, 1, 1], ['Coder', 3, 0, 0], ['Tester', 100, 0, 0]] },
    'reuse by mission': { template: 'reuse', parameters: { by: 'mission' }, want: [['second', 4, 1, 0.25], ['first', 100, 0, 0]] },
    'performance of agents': { template: 'agents', want: [['p-1', 101, 0.9901, 550, 0, 2, 0.375], ['p-2', 2, 0, 5000, 1, 1, 0.5]] },
    'why tasks failed': { template: 'failures', want: [['CommandFailed', 2, 0.6667], ['Timeout', 1, 0.3333]] },
    'who failed': { template: 'failures', parameters: { by: 'agent' }, want: [['p-2', 2, 0.6667], ['p-1', 1, 0.3333]] },
    'trends by day': { template: 'trends', parameters: { by: 'day' }, want: [['2026-01-15', 'agent.think', 3], ['2026-01-15', 'mission.ended', 2], ['2026-01-15', 'pool.changed', 3], ['2026-01-15', 'task.ended', 104], ['2026-01-15', 'violation.found', 1]] },
    'trends of a mission by hour': { template: 'trends', parameters: { mission: 'first' }, want: [['2026-01-15T10:00:00Z', 'agent.think', 2], ['2026-01-15T10:00:00Z', 'mission.ended', 1], ['2026-01-15T10:00:00Z', 'task.ended', 100], ['2026-01-15T11:00:00Z', 'mission.ended', 1]] },
    'how busy pools were': { template: 'pools', want: [['2026-01-15T10:00:00Z', 'p', 9, 8, 8, 0]] },
  };
  test.each(Object.entries(known))('%s', async (_, { template, parameters, want }) => expect(await rowsOf(template, parameters)).toEqual(want));

  test('percentiles are near what they should be', async () => {
    const [row = []] = await rowsOf('latency', { mission: 'first' });
    expect(row[0]).toBe('Tester');
    expect(row[1]).toBe(100);
    for (const [index, want] of [[2, 500], [3, 900], [4, 950], [5, 990]] as const) expect(Math.abs(Number(row[index]) - want)).toBeLessThanOrEqual(15);
    expect(row[6]).toBe(1000);
  });

  test('every template answers by each of its divisions, and shows nothing of another tenant', async () => {
    for (const template of statsNames) {
      const { columns, rows } = await asking('team-a')(template);
      expect([template, rows.length > 0]).toEqual([template, true]);
      expect(rows.every((row) => row.length === columns.length)).toBe(true);
      expect(JSON.stringify(rows)).not.toMatch(/secret|spy|spies|Spy|7\.777|model-b|77/);
    }
  });

  const quotes = ["'", '"', '`', '\\', "' OR 1=1 --", "x' UNION ALL SELECT * FROM analytics.events --", "'; DROP TABLE analytics.events; --", '{tenant:String}', '\\N', '\u0000', "') OR ('1'='1", '%27', '${tenant}', '/*', '\n', 'team-b', '\ud800', "a' SETTINGS readonly=0 --"];
  const hostile: readonly unknown[] = [
    ...quotes.map((mission) => ({ mission })),
    ...quotes.map((agent) => ({ agent })),
    ...quotes.map((model) => ({ model })),
    ...quotes.map((by) => ({ by })),
    ...quotes.map((from) => ({ from })),
    { tenant: 'team-b' }, { namespace: 'team-b' }, { mission: ['secret'] }, { mission: { $ne: '' } }, { limit: '1; SELECT 1' }, { limit: -1 }, { limit: 1e9 }, { limit: 0.5 }, { by: 'tenant' }, { by: '__proto__' }, { by: 'constructor' },
    { param_tenant: 'team-b' }, { 'h.tenant': 'team-b' }, { where: '1=1' }, { from: '2027-01-01T00:00:00Z' }, { until: '1970-01-01' }, { database: 'system' }, '[]', 'null', '"x"', '{', '{"__proto__":{"tenant":"team-b"}}', '{"mission":"first","mission":"secret"}', `{"mission":"${'a'.repeat(5000)}"}`,
  ];
  const owns = /secret|spy|spies|Spy|7\.777|model-b|77/;

  test(`${hostile.length} hostile questions on every template get a refusal or rows of one's own`, async () => {
    expect(hostile.length).toBeGreaterThanOrEqual(40);
    const ask = asking('team-a');
    let refused = 0;
    for (const template of statsNames) {
      for (const parameters of hostile) {
        const outcome = await ask(template, parameters).then(({ rows }) => JSON.stringify(rows), (error: unknown) => ConnectError.from(error));
        if (typeof outcome !== 'string') refused += 1;
        const isHarmless = typeof outcome === 'string' ? !owns.test(outcome) : outcome.code === Code.InvalidArgument || outcome.code === Code.PermissionDenied;
        expect([template, parameters, isHarmless]).toEqual([template, parameters, true]);
      }
    }
    expect(refused).toBeGreaterThan(hostile.length * statsNames.length * 0.8);
    expect(await rowsOf('cost')).toHaveLength(2);
  }, 60_000);

  const names = ['', '*', '%', "team-a' OR tenant='team-b", 'team-a,team-b', 'TEAM-B', '../team-b', 'team-b\u0000', 'team_b'];
  test.each(names)('the namespace %j is refused', async (namespace) => {
    await expect(asking('team-a')('cost', {}, namespace)).rejects.toMatchObject({ code: Code.InvalidArgument });
  });

  test('who may not read a namespace learns nothing of it', async () => {
    await expect(asking('team-a')('cost', {}, 'team-b')).rejects.toMatchObject({ code: Code.PermissionDenied });
    await expect(asking(undefined)('cost')).rejects.toMatchObject({ code: Code.Unauthenticated });
    expect((await asking('team-b')('cost', {}, 'team-b')).rows[0]?.[0]).toBe('secret');
  });

  test('a template that does not exist is refused with the names of those that do', async () => {
    await expect(asking('team-a')('constructor')).rejects.toThrow(/choose one of cost, savings/);
  });
});
