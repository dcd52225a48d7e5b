import { describe, expect, test } from 'vitest';
import { settle } from '#testing/manual-clock.ts';
import { aMission, anApi, aTask, ended, failureOf, running, watching } from './testing.ts';

const key = { mission: { namespace: 'team-a', name: 'm' } };
type Api = ReturnType<typeof anApi>;

function aWorld(explainer?: Parameters<typeof anApi>[0]): Api {
  const api = anApi(explainer);
  api.missions.upsert(aMission());
  return api;
}

/** In-process transports hand messages on over several turns. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await settle();
}

async function first<T>(stream: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of stream) return item;
  return undefined;
}

describe('Follow', () => {
  const follow = ({ as }: Api) => {
    const { orchestrator, options } = as('reader');
    return watching(orchestrator.follow(key, options), ({ task, state, agent, percent }) => [task, state, agent, percent].filter((part) => part !== '' && part !== 0).join(' '));
  };

  test('begins with where the mission and its running tasks stand', async () => {
    const api = aWorld();
    api.tasks.upsert(aTask('a', running));
    api.tasks.upsert(aTask('b'));
    api.tasks.upsert(aTask('c', ended('Completed')));
    const seen = follow(api);
    await quiet();
    expect(seen).toEqual(['Running', 'a Running p-1']);
  });

  test('tells what attempts say and how far they are, until the mission ends', async () => {
    const api = aWorld();
    const seen = follow(api);
    await quiet();
    api.broadcast.said(aTask('a'), 'Assigned', 'p-1', '');
    api.broadcast.progress(aTask('a', running), 40, 'half way');
    api.missions.upsert(aMission('True', 'GoalsMet', '2'));
    await quiet();
    expect(seen).toEqual(['Running', 'a Assigned p-1', 'a Running p-1 40', 'GoalsMet', 'ended']);
  });

  test('tells outcomes that no attempt reported, and not the others twice', async () => {
    const api = aWorld();
    api.tasks.upsert(aTask('a'));
    api.tasks.upsert(aTask('b'));
    const seen = follow(api);
    await quiet();
    api.tasks.upsert(aTask('a', ended('DependencyFailed', false), '2'));
    api.tasks.upsert(aTask('b', ended('Completed'), '2'));
    await quiet();
    expect(seen).toEqual(['Running', 'a DependencyFailed p-1']);
  });

  test('hears nothing of other missions', async () => {
    const api = aWorld();
    const seen = follow(api);
    await quiet();
    api.broadcast.feed.publish('other-uid', { time: '', task: 'x', state: 'Running', agent: '', percent: 0, message: '' });
    await quiet();
    expect(seen).toEqual(['Running']);
  });

  test('ends at once for a mission that has ended, and when the mission is deleted', async () => {
    const over = anApi();
    over.missions.upsert(aMission('False', 'TaskFailed'));
    const seen = follow(over);
    const api = aWorld();
    const deleted = follow(api);
    await quiet();
    api.missions.remove(aMission('Unknown', 'Running', '2'));
    await quiet();
    expect([seen, deleted]).toEqual([['TaskFailed', 'ended'], ['Running', 'Deleted', 'ended']]);
  });

  test('a follower that does not read is cut off, and the feed forgets it', async () => {
    const api = aWorld();
    const seen = follow(api);
    await quiet();
    for (let line = 0; line < 2000; line++) api.broadcast.said(aTask('a'), 'Running', 'p-1', String(line));
    await quiet();
    expect([seen.at(-1), api.broadcast.feed.size]).toEqual(['ResourceExhausted', 0]);
  });

  test('a caller who goes away leaves nothing behind', async () => {
    const api = aWorld();
    const abort = new AbortController();
    const { orchestrator, options } = api.as('reader');
    const seen = watching(orchestrator.follow(key, { ...options, signal: abort.signal }), ({ state }) => state);
    await quiet();
    abort.abort();
    await quiet();
    expect([seen, api.broadcast.feed.size]).toEqual([['Running', 'Canceled'], 0]);
  });
});

describe('Subscribe', () => {
  const subscribe = ({ as }: Api) => {
    const { queue, options } = as('reader');
    return watching(queue.subscribe(key, options), ({ task, state, attempt, synced }) => `${task} ${state} ${attempt}${synced ? ' synced' : ''}`);
  };

  test('begins with the current state and says when that is complete', async () => {
    const api = aWorld();
    api.tasks.upsert(aTask('a', running));
    api.tasks.upsert(aTask('b'));
    const seen = subscribe(api);
    await quiet();
    expect(seen).toEqual(['a Running 1', 'b Waiting 0 synced']);
  });

  test('a mission without tasks yet is complete with an empty message', async () => {
    const seen = subscribe(aWorld());
    await quiet();
    expect(seen).toEqual(['  0 synced']);
  });

  test('tells each change once, and nothing about tasks of other missions or of earlier runs', async () => {
    const api = anApi();
    api.missions.upsert({ ...aMission(), status: { ...aMission().status, runNumber: 2 } });
    api.tasks.upsert(aTask('a'));
    const seen = subscribe(api);
    await quiet();
    api.tasks.upsert(aTask('b', {}, '1', 2));
    api.tasks.upsert(aTask('b', { observedGeneration: 1 }, '2', 2));
    api.tasks.upsert(aTask('b', running, '3', 2));
    const { missionRef: _, ...alone } = aTask('c').spec;
    api.tasks.upsert({ ...aTask('c'), spec: alone });
    await quiet();
    expect(seen).toEqual(['  0 synced', 'b Waiting 0', 'b Running 1']);
  });

  test('ends after the last outcome, also when the mission is seen to end before it', async () => {
    const api = aWorld();
    api.tasks.upsert(aTask('a', running));
    const seen = subscribe(api);
    await quiet();
    api.missions.upsert(aMission('True', 'TasksSucceeded', '2'));
    await quiet();
    expect(seen).toEqual(['a Running 1 synced']);
    api.tasks.upsert(aTask('a', ended('Completed'), '2'));
    await quiet();
    expect(seen).toEqual(['a Running 1 synced', 'a Completed 1', 'ended']);
  });

  test('ends when the mission is deleted', async () => {
    const api = aWorld();
    const seen = subscribe(api);
    await quiet();
    api.missions.remove(aMission('Unknown', 'Running', '2'));
    await quiet();
    expect(seen.at(-1)).toBe('ended');
  });
});

describe('Explain', () => {
  const waiting = { task: 'a', reason: 'Queued', message: 'no free slot', position: 3 };

  test('answers with what the scheduler says', async () => {
    const { orchestrator, options } = aWorld({ explain: ({ namespace, name }, task) => (`${namespace}/${name}` === 'team-a/m' && task === undefined ? [waiting] : []) }).as('reader');
    expect((await orchestrator.explain(key, options)).waiting).toMatchObject([waiting]);
  });

  test('asks about one task when it is named', async () => {
    const { orchestrator, options } = aWorld({ explain: (_, task) => (task === 'a' ? [waiting] : []) }).as('reader');
    expect((await orchestrator.explain({ ...key, task: 'a' }, options)).waiting).toHaveLength(1);
  });

  test('a mission that the scheduler does not know is not found', async () => {
    const { orchestrator, options } = aWorld({ explain: () => undefined }).as('reader');
    expect(await failureOf(orchestrator.explain(key, options))).toMatch(/^NotFound /);
  });
});

describe('Logs', () => {
  const text = (value: string) => new TextEncoder().encode(value);
  const logs = ({ as }: Api, request: { task?: string; offset?: bigint } = {}) => {
    const { orchestrator, options } = as('reader');
    return orchestrator.logs({ ...key, task: 'a', ...request }, options);
  };
  const watchLogs = (api: Api, offset = 0n) => watching(logs(api, { offset }), ({ offset: at, data }) => `${at}:${new TextDecoder().decode(data)}`);

  test('streams a running attempt from an offset until it ends', async () => {
    const api = aWorld();
    api.tasks.upsert(aTask('a', running));
    api.broadcast.log('uid-a', 1, 0n, text('hello '));
    const seen = watchLogs(api, 2n);
    await quiet();
    api.broadcast.log('uid-a', 1, 6n, text('world'));
    api.broadcast.ended('uid-a');
    await quiet();
    expect(seen).toEqual(['2:llo ', '6:world', 'ended']);
  });

  test('ends too when the task is decided without a word of its agent', async () => {
    const api = aWorld();
    api.tasks.upsert(aTask('a', running));
    const seen = watchLogs(api);
    await quiet();
    api.tasks.upsert(aTask('a', ended('AgentLost', false), '2'));
    await quiet();
    expect(seen).toEqual(['ended']);
  });

  test('can be read for a moment after the end, then sends to the artifact', async () => {
    const api = aWorld();
    api.tasks.upsert(aTask('a', running));
    api.broadcast.log('uid-a', 1, 0n, text('x'));
    api.tasks.upsert(aTask('a', ended('Completed'), '2'));
    const seen = watchLogs(api);
    await quiet();
    expect(seen).toEqual(['0:x', 'ended']);
    await api.clock.advance(60_000);
    expect(await failureOf(first(logs(api)))).toBe('NotFound task a has ended; read its artifact log');
  });

  test('a task that is not there is not found; a request without one is wrong', async () => {
    const api = aWorld();
    expect(await failureOf(first(logs(api)))).toBe('NotFound mission m has no task a in this run');
    expect(await failureOf(first(logs(api, { task: '' })))).toMatch(/^InvalidArgument task: /);
  });
});

describe('every stream and question', () => {
  const calls: Record<string, (api: Api, user: string | undefined, name?: string) => Promise<unknown>> = {
    Follow: ({ as }, user, name = 'm') => first(as(user).orchestrator.follow({ mission: { namespace: 'team-a', name } }, as(user).options)),
    Explain: ({ as }, user, name = 'm') => as(user).orchestrator.explain({ mission: { namespace: 'team-a', name } }, as(user).options),
    Logs: ({ as }, user, name = 'm') => first(as(user).orchestrator.logs({ mission: { namespace: 'team-a', name }, task: 'a' }, as(user).options)),
    Subscribe: ({ as }, user, name = 'm') => first(as(user).queue.subscribe({ mission: { namespace: 'team-a', name } }, as(user).options)),
  };
  const names = Object.keys(calls);

  test.each(Object.entries(calls))('%s needs a token that is no agent\'s', async (_, call) => {
    expect(await failureOf(call(aWorld(), undefined))).toMatch(/^Unauthenticated /);
    expect(await failureOf(call(aWorld(), 'agent'))).toMatch(/^Unauthenticated /);
  });
  test.each(Object.entries(calls))('%s is refused to those who may not read, whether the mission exists or not', async (_, call) => {
    expect(await failureOf(call(aWorld(), 'stranger'))).toMatch(/^PermissionDenied /);
    expect(await failureOf(call(aWorld(), 'stranger', 'nothing'))).toMatch(/^PermissionDenied /);
  });
  test.each(Object.entries(calls))('%s of a mission that does not exist is not found', async (_, call) => {
    expect(await failureOf(call(aWorld(), 'reader', 'nothing'))).toBe('NotFound mission team-a/nothing does not exist');
  });
  test.each(names.filter((name) => name !== 'Subscribe'))('%s sends to the leader', async (name) => {
    const api = followerOf();
    expect(await failureOf(calls[name]?.(api, 'reader') ?? Promise.resolve())).toMatch(/^FailedPrecondition not leader/);
  });
  test('Subscribe is answered by followers too', async () => {
    expect(await failureOf(calls['Subscribe']?.(followerOf(), 'reader') ?? Promise.reject(new Error('missing')))).toBe('no failure');
  });
});

function followerOf(): Api {
  const api = anApi(null);
  api.missions.upsert(aMission());
  return api;
}
