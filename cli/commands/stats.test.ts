// Stats for people: a table with units, data for programs, and words for questions that nobody can answer.
import { createClient, createRouterTransport, Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import type { StatsAnswer } from '#api/stats.ts';
import { StatsService } from '#platform/rpc/generated/coditect/v1alpha1/stats_pb.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { fakeCluster, fakeSession } from '../access/fake.ts';
import { statsCalls } from '../access/stats.ts';
import { errorLine } from '../failure.ts';
import { fakeTerminal } from '../terminal/fake.ts';
import { statsCommand, type StatsOptions } from './stats.ts';

const t0 = Date.UTC(2026, 0, 15, 10);
const answer: StatsAnswer = {
  template: 'cost',
  columns: [{ name: 'model', unit: 'text' }, { name: 'cost_usd', unit: 'usd' }, { name: 'calls', unit: 'count' }, { name: 'reused', unit: 'share' }, { name: 'mean_ms', unit: 'ms' }],
  rows: [['wise\u001B[31m-1', 1.25, 1200, 0.333, 12_345], ['', 0.0001, 3, 0, 20]],
  from: '2026-01-08T10:00:00Z',
  until: '2026-01-15T10:00:00Z',
};

/** The command with a mirror that gives this answer, or fails. */
async function stats(options: Partial<StatsOptions>, given: string | ConnectError = JSON.stringify(answer)) {
  const terminal = fakeTerminal();
  const asked: unknown[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(StatsService, {
      stats: ({ namespace, template, parametersJson }) => {
        asked.push([namespace, template, JSON.parse(parametersJson)]);
        if (given instanceof ConnectError) throw given;
        return { answerJson: given };
      },
    });
  });
  const session = { ...fakeSession({ terminal, clock: new ManualClock(t0), cluster: fakeCluster(undefined) }), openStats: async ({ namespace }: { readonly namespace: string }) => ({ ...statsCalls(createClient(StatsService, transport), namespace), close: async () => {} }) };
  const ended = await statsCommand(session, { of: 'cost', json: false, ...options }).catch(errorLine);
  return { ended, asked, out: terminal.out(), notes: terminal.notes };
}

describe('stats', () => {
  test('are a table: words to the left, numbers to the right, with units', async () => {
    const { ended, out, notes } = await stats({ by: 'model' });
    expect(ended).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "MODEL    COST_USD  CALLS  REUSED  MEAN_MS
      wise -1    1.2500   1200   33.3%    12.3s
      -          0.0001      3    0.0%     20ms
      "
    `);
    expect(notes).toEqual(['What answers of models cost, as the gateway counted them for agents. From 2026-01-08T10:00:00Z to 2026-01-15T10:00:00Z.']);
  });

  test('ask for what the words say', async () => {
    const { asked } = await stats({ mission: 'examine', by: 'model', sinceMs: 3_600_000, limit: 5, agent: 'p-1' });
    expect(asked).toEqual([['demo', 'cost', { mission: 'examine', by: 'model', limit: 5, agent: 'p-1', from: '2026-01-15T09:00:00Z' }]]);
  });

  test('are data for programs', async () => {
    const { out } = await stats({ json: true });
    expect(JSON.parse(out)).toEqual({ namespace: 'demo', ...answer });
  });

  test('of nothing say where else to look', async () => {
    const { ended, notes } = await stats({}, JSON.stringify({ ...answer, rows: [] }));
    expect([ended, notes]).toEqual([0, ['nothing of that happened between 2026-01-08T10:00:00Z and 2026-01-15T10:00:00Z ; next: --since 30d looks further back']]);
  });

  const wrong: Record<string, { options?: Partial<StatsOptions>; given?: string | ConnectError; want: RegExp }> = {
    'a question that there is not': { options: { of: 'weather' }, want: /no such question.*choose one of cost, savings/ },
    'a division that the question does not know': { options: { by: 'tenant' }, want: /cannot be told apart.*mission, model, agent, day/ },
    'a mirror without a ClickHouse': { given: new ConnectError('stats are off', Code.FailedPrecondition), want: /stats are off.*docs\/analytics\.md/ },
    'somebody who may not': { given: new ConnectError('no', Code.PermissionDenied), want: /PermissionDenied: no.*ask for list on missions/ },
    'an answer of another version': { given: '{"rows":1}', want: /a form that this plugin does not know/ },
  };
  test.each(Object.entries(wrong))('%s is told with what to do', async (_, { options = {}, given, want }) => {
    expect((await stats(options, given)).ended).toMatch(want);
  });
});
