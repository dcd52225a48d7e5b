// The operator and the mirror are asked with the caller's own token, and what they refuse is told in words.
import { Code, ConnectError, createRouterTransport, type HandlerContext, type Transport } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import { HistoryService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { OrchestratorService } from '#platform/rpc/generated/coditect/v1alpha1/orchestrator_pb.ts';
import { StatsService } from '#platform/rpc/generated/coditect/v1alpha1/stats_pb.ts';
import { createOthers } from './others.ts';
import type { Told } from './ports.ts';

const question = { authorization: 'Bearer mine', namespace: 'team-a', mission: 'm', signal: new AbortController().signal };

function world({ operators = [], mirror }: { readonly operators?: readonly Transport[]; readonly mirror?: Transport }) {
  return createOthers({ operators: () => Promise.resolve(operators), mirror: () => Promise.resolve(mirror) });
}

const waiting = [{ task: 'build', reason: 'NoAgent', message: 'none fits', position: 1 }];

/** An operator that leads, or says that it does not. */
function operator(leads: boolean, heard: string[] = []): Transport {
  return createRouterTransport(({ service }) => {
    service(OrchestratorService, {
      explain: (_, { requestHeader }: HandlerContext) => {
        heard.push(requestHeader.get('authorization') ?? '');
        if (!leads) throw new ConnectError('not leader', Code.FailedPrecondition);
        return { waiting };
      },
    });
  });
}

describe('the operator', () => {
  test('that leads is found among those that follow', async () => {
    const heard: string[] = [];
    expect(await world({ operators: [operator(false, heard), operator(true, heard)] }).waits(question)).toEqual({ kind: 'answer', value: waiting });
    expect(heard).toEqual(['Bearer mine', 'Bearer mine']);
  });

  test('of which none leads, and none at all', async () => {
    expect(await world({ operators: [operator(false)] }).waits(question)).toMatchObject({ kind: 'failed', why: 'not leader' });
    expect(await world({}).waits(question)).toMatchObject({ kind: 'failed', why: 'no operator has an address' });
  });
});

async function all(told: AsyncIterable<Told>): Promise<Told[]> {
  const found: Told[] = [];
  for await (const one of told) found.push(one);
  return found;
}

function mirrorThat(replay: (context: HandlerContext) => AsyncIterable<object>): Transport {
  return createRouterTransport(({ service }) => {
    service(HistoryService, { replay: (_, context) => replay(context) });
    service(StatsService, { stats: ({ template }) => ({ answerJson: template === 'cost' ? '{"template":"cost","columns":[],"rows":[],"from":"","until":""}' : 'no json' }) });
  });
}

describe('history', () => {
  test('is told as it comes: events, gaps, the mark behind the newest', async () => {
    let heard: string | null = '';
    const mirror = mirrorThat(async function* ({ requestHeader }) {
      heard = requestHeader.get('authorization');
      yield { eventsJson: ['{"id":"1"}', '{"id":"2"}'] };
      yield { gap: 'some are missing' };
      yield { synced: true };
    });
    const answer = await world({ mirror }).history(question);
    expect(answer.kind === 'answer' ? await all(answer.value) : answer).toEqual([{ kind: 'events', texts: ['{"id":"1"}', '{"id":"2"}'] }, { kind: 'gap', text: 'some are missing' }, { kind: 'synced' }]);
    expect(heard).toBe('Bearer mine');
  });

  const refusals: Record<string, { code: Code; want: object }> = {
    'a mirror without a log is off': { code: Code.Unimplemented, want: { kind: 'off', next: 'give it the servers of one, see docs/events.md' } },
    'a refusal is told': { code: Code.PermissionDenied, want: { kind: 'failed', why: 'because', next: 'ask for a Role that allows it' } },
    'a log that is away is told': { code: Code.Unavailable, want: { kind: 'failed', why: 'because', next: 'try again in a moment' } },
  };
  test.each(Object.entries(refusals))('%s', async (_, { code, want }) => {
    const mirror = mirrorThat(async function* () {
      yield* await Promise.reject<object[]>(new ConnectError('because', code));
    });
    expect(await world({ mirror }).history(question)).toMatchObject(want);
  });

  test('that breaks off says so at its end', async () => {
    const mirror = mirrorThat(async function* () {
      yield { eventsJson: ['{}'] };
      throw new ConnectError('the log went away', Code.Unavailable);
    });
    const answer = await world({ mirror }).history(question);
    expect(answer.kind === 'answer' ? (await all(answer.value)).at(-1) : answer).toEqual({ kind: 'gap', text: 'the log went away; try again in a moment' });
  });

  test('without a mirror is off', async () => expect(await world({}).history(question)).toMatchObject({ kind: 'off' }));
});

test('stats are checked before they go on', async () => {
  const others = world({ mirror: mirrorThat(async function* () {}) });
  const asked = { ...question, parameters: {} };
  expect(await others.stats({ ...asked, template: 'cost' })).toMatchObject({ kind: 'answer', value: { template: 'cost', rows: [] } });
  expect(await others.stats({ ...asked, template: 'trends' })).toMatchObject({ kind: 'failed' });
  expect(await world({}).stats({ ...asked, template: 'cost' })).toMatchObject({ kind: 'off', next: expect.stringContaining('mirror.enabled=true') as string });
});
