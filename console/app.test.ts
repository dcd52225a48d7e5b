// The read API as its callers see it: the real listener, caches and gate, with callers of several namespaces.
import { Agent, request } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { MissionDetail, MissionList, PoolList, Refused, Why } from '#api/console.ts';
import { silentLog, type Log } from '#platform/telemetry/log.ts';
import { aMission } from '#testing/builders/mission.ts';
import { manyMissions, theMission, thePools } from './fake-world.ts';
import { answered, startTestConsole, type TestConsole, type TestOptions } from './testing.ts';

const { mission, tasks } = theMission();
const others = manyMissions(20);
const callers = { all: ['*'], payments: ['team-payments'], search: ['team-search'], nobody: [] };

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

interface Ask {
  readonly token?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Stops reading a stream as soon as this stands in it. */
  readonly until?: string;
  /** Called once, when the answer has begun. */
  readonly onBegin?: () => void;
}

function ask(to: TestConsole, path: string, { token = 'all', method = 'GET', headers = {}, until, onBegin = () => {} }: Ask = {}): Promise<Reply> {
  const agent = new Agent({ ca: to.ca, servername: to.serverName });
  return new Promise((resolve, reject) => {
    const sent = request({ agent, host: '127.0.0.1', port: to.port, path, method, headers: { ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...headers } }, (response) => {
      let text = '';
      const done = () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        agent.destroy();
      };
      response.on('data', (chunk: Buffer) => {
        if (text === '') onBegin();
        text += chunk.toString();
        if (until !== undefined && text.includes(until)) {
          response.destroy();
          done();
        }
      });
      response.on('end', done);
    });
    sent.on('error', reject);
    sent.end();
  });
}

function read<T>(schema: z.ZodType<T>, { status, text }: Reply): T {
  expect({ status, text: status === 200 ? '' : text }).toEqual({ status: 200, text: '' });
  return schema.parse(JSON.parse(text));
}

const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
});

async function start(options: Partial<TestOptions> = {}): Promise<TestConsole> {
  const it = await startTestConsole({ callers, objects: [mission, ...tasks, ...others, ...thePools()], ...options });
  closers.push(() => it.close());
  return it;
}

let it: TestConsole;
const audited: object[] = [];
const log: Log = { ...silentLog, with: () => log, warn: (message, fields) => void audited.push({ message, ...fields }) };
beforeAll(async () => {
  it = await start({ log, others: { waits: () => answered([{ task: 'review', reason: 'NoAgent', message: 'no pool has a reviewer', position: 1 }]) } });
});

const one = '/api/missions/team-payments/harden-checkout';

describe('what is answered', () => {
  test('all missions, newest first', async () => {
    const { missions, leftOut } = read(MissionList, await ask(it, '/api/missions'));
    expect(missions).toHaveLength(21);
    expect(leftOut).toBe(0);
    expect(missions.map(({ created }) => created)).toEqual(missions.map(({ created }) => created).toSorted().toReversed());
    expect(missions.find(({ name }) => name === 'harden-checkout')).toMatchObject({ state: 'Running', verdict: 'Unknown', goalsMet: 2, goals: 4, tasksDone: 8, tasks: 11, running: 1, costUsd: '1.86' });
  });

  test('one mission: its tasks with attempts, goals with evidence and who checked them, costs', async () => {
    const detail = read(MissionDetail, await ask(it, one));
    expect(detail.tasks.map(({ name }) => name)).toEqual(['survey', 'find-secrets', 'map-imports', 'read-tests', 'fix-token-check', 'fix-timeouts', 'fix-retries', 'unit-tests', 'load-tests', 'review', 'report']);
    expect(detail.tasks.find(({ name }) => name === 'load-tests')).toMatchObject({ state: 'Running', agent: 'testers-p6d8k', attempt: 2, before: [{ attempt: 1, reason: 'ActionFailed' }], dependsOn: ['fix-timeouts', 'fix-retries'] });
    expect(detail.tasks.find(({ name }) => name === 'review')).toMatchObject({ state: 'Waiting', agent: '', attempt: 0 });
    expect(detail.goals[1]).toMatchObject({ name: 'tests-pass', state: 'Met', evidence: 'npm test ended with 0: 418 passed, 0 failed', proof: { task: 'unit-tests', agent: 'testers-x9c2v' } });
    expect(detail).toMatchObject({ maxCostUsd: '4.00', plan: { source: 'Planner', revision: 2, replans: 1 }, usage: { calls: 214, savedUsd: '0.42' }, withheld: [] });
  });

  test('why, with what the operator says to the caller himself', async () => {
    const why = read(Why, await ask(it, `${one}/why`, { token: 'payments' }));
    expect(why.explanations).toContainEqual({ task: 'review', reason: 'NoAgent', message: 'no pool has a reviewer (place 1 among the ready tasks)', next: '' });
    expect(it.asked).toContain('waits Bearer payments team-payments/harden-checkout');
  });

  test('why, from the objects alone when the operator does not answer, and that it is so', async () => {
    const silent = await start({ others: { waits: () => Promise.resolve({ kind: 'failed', why: 'connection refused', next: 'try again in a moment' }) } });
    const why = read(Why, await ask(silent, `${one}/why`));
    expect(why.unasked).toBe('connection refused; try again in a moment');
    expect(why.explanations).toContainEqual({ task: 'review', reason: 'WaitingForDependencies', message: 'waits for load-tests', next: '' });
  });

  test('pools, without the templates of their pods', async () => {
    const reply = await ask(it, '/api/pools');
    expect(read(PoolList, reply).pools.map(({ name, ready, queued }) => [name, ready, queued])).toEqual([['coders', 2, 3], ['readers', 2, 0], ['testers', 2, 0]]);
    expect(reply.text).not.toContain('image');
  });

  test.each(['history', 'stats'])('without a mirror: that it is off, and how to turn it on (%s)', async (what) => {
    const reply = await ask(it, what === 'history' ? `${one}/history` : '/api/stats/team-payments/cost', { until: '\n\n' });
    expect(reply.text).toContain('this installation has no mirror');
    expect(reply.text).toContain('mirror.enabled=true');
    expect(reply.status).toBe(what === 'history' ? 200 : 501);
  });
});

describe('changes are told as they come', () => {
  test('in the list: the mission that is different, and the one that is gone', async () => {
    const own = await start();
    const onBegin = () => own.cluster.remove('missions', { namespace: 'team-payments', name: 'harden-checkout' });
    const { text } = await ask(own, '/api/missions/events?namespace=team-payments', { until: '"gone":["uid-', onBegin });
    expect(text).toMatch(/^event: ready\n/);
    expect(text).toContain('"gone":["uid-harden-checkout"]');
  });

  test('of a mission: that something of it is different', async () => {
    const own = await start();
    const onBegin = () => void own.cluster.put({ ...mission, metadata: { ...mission.metadata, labels: { touched: 'yes' } } });
    const { headers } = await ask(own, `${one}/events`, { until: 'event: changed\ndata: \n\nevent: changed', onBegin });
    expect(headers['content-type']).toContain('text/event-stream');
  });
});

describe('nothing crosses from one namespace to another', () => {
  /** Every path about something of team-payments. */
  const foreign = [one, `${one}/why`, `${one}/events`, `${one}/history`, '/api/missions?namespace=team-payments', '/api/missions/events?namespace=team-payments', '/api/pools?namespace=team-payments', '/api/stats/team-payments/cost', '/api/stats/team-payments/cost?mission=harden-checkout'];

  test.each(foreign.flatMap((path) => ['search', 'nobody', 'stranger', ''].map((token) => [path, token] as const)))('%s for "%s"', async (path, token) => {
    const before = it.asked.length;
    const reply = await ask(it, path, { token });
    expect(reply.status).toBe(token === 'stranger' || token === '' ? 401 : 403);
    const { error } = Refused.parse(JSON.parse(reply.text));
    // What he asked for may be said back to him; nothing else.
    expect(error.replace('harden-checkout', '')).not.toMatch(/checkout|secret|survey|readers|coders|1\.86/);
    expect(it.asked).toHaveLength(before);
  });

  test('lists of all namespaces hold those of one\'s own', async () => {
    const { missions } = read(MissionList, await ask(it, '/api/missions', { token: 'search' }));
    expect(new Set(missions.map(({ namespace }) => namespace))).toEqual(new Set(['team-search']));
    expect(read(MissionList, await ask(it, '/api/missions', { token: 'nobody' })).missions).toEqual([]);
    expect(read(PoolList, await ask(it, '/api/pools', { token: 'search' })).pools).toEqual([]);
    const own = await start();
    const [hers, his] = ['team-payments', 'team-search'].map((namespace) => aMission('new').meta({ namespace, uid: `new-${namespace}` }).build());
    const onBegin = () => [hers, his].forEach((made) => made && own.cluster.put({ ...made }));
    const { text } = await ask(own, '/api/missions/events', { token: 'search', until: 'new-team-search', onBegin });
    expect(text).not.toContain('team-payments');
  });

  test('whether there is a mission is not told to who may not get it', async () => {
    const [known, unknown] = await Promise.all([ask(it, one, { token: 'search' }), ask(it, '/api/missions/team-payments/no-such', { token: 'search' })]);
    expect(unknown.status).toBe(known.status);
    expect(unknown.text.replace('no-such', 'harden-checkout')).toBe(known.text);
  });

  test('each refusal is written down: who, what, where', () => {
    expect(audited).toContainEqual({ message: 'a request was refused', audit: 'console.refused', asker: 'search', verb: 'get', resource: 'missions', tenant: 'team-payments', name: 'harden-checkout', status: 403 });
    expect(JSON.stringify(audited)).not.toContain('Bearer');
  });

  test('kinds that a caller may not list are missing, and it is said', async () => {
    const own = await start({ authenticator: { review: (token) => Promise.resolve({ username: token, uid: '', groups: [], extra: {} }), allowed: (_, { resource }) => Promise.resolve(resource === 'missions') } });
    expect(read(MissionDetail, await ask(own, one))).toMatchObject({ tasks: [], withheld: ['tasks', 'plans'] });
    const why = await ask(own, `${one}/why`);
    expect(read(Why, why).explanations.length).toBeGreaterThan(0);
  });
});

describe('what is hostile', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])('%s is refused', async (method) => expect(await ask(it, one, { method })).toMatchObject({ status: 405, headers: { allow: 'GET' } }));

  const bad: Record<string, { path: string; status: number }> = {
    'a name that is none': { path: '/api/missions/team-payments/..%2f..%2fsecrets', status: 400 },
    'a namespace that is none': { path: '/api/missions/TEAM!/m', status: 400 },
    'a namespace of a query that is none': { path: '/api/missions?namespace=%3Cscript%3E', status: 400 },
    'a question that nobody knows': { path: '/api/stats/team-payments/__proto__', status: 400 },
    'a parameter that no question has': { path: '/api/stats/team-payments/cost?database=system', status: 400 },
    'a limit that is no number': { path: '/api/stats/team-payments/cost?limit=many', status: 400 },
    'a path to a file': { path: '/assets/..%2f..%2fpackage.json', status: 404 },
    'a mission that there is not': { path: '/api/missions/team-payments/no-such', status: 404 },
    'an address without end': { path: `/api/missions?namespace=${'a'.repeat(3000)}`, status: 414 },
  };
  test.each(Object.entries(bad))('%s', async (_, { path, status }) => {
    const reply = await ask(it, path);
    expect(reply.status).toBe(status);
    expect(reply.text).not.toContain('<');
  });

  test.each([['no word of the kind', 'Basic dXNlcjpwYXNz'], ['a token with a line end escaped', 'Bearer a%0d%0a'], ['a token that is too long', `Bearer ${'a'.repeat(17_000)}`]])('an authorization with %s', async (_, authorization) => {
    expect((await ask(it, one, { token: '', headers: { authorization } })).status).toBe(401);
  });

  test('every answer says what a browser may do with it', async () => {
    for (const path of ['/api/missions', '/no/such/page', '/api/missions/x/y']) {
      const { headers } = await ask(it, path);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
    }
  });

  test('scripts in texts stay data: JSON, and no line of a stream begins with them', async () => {
    const evil = aMission('evil').meta({ namespace: 'team-x' }).spec({ goal: '</script><img src=x onerror=alert(1)>\r\nevent: gone\ndata: 1' }).build();
    const own = await start({ objects: [evil], others: { history: () => answered((async function* () { yield { kind: 'gap', text: 'a\n\nevent: synced\ndata: x' } as const; })()) } });
    const detail = await ask(own, '/api/missions/team-x/evil');
    expect(detail.headers['content-type']).toContain('application/json');
    expect(read(MissionDetail, detail).goal).toContain('<img');
    expect((await ask(own, '/api/missions/team-x/evil/history')).text.split('\n').filter((line) => line.startsWith('event:'))).toEqual(['event: gap']);
  });

  test('who asks too often has to wait, and nobody else', async () => {
    const own = await start({ requestsPerSecond: 5 });
    const replies = await Promise.all(Array.from({ length: 60 }, () => ask(own, '/api/missions', { token: 'search' })));
    const refused = replies.filter(({ status }) => status === 429).length;
    expect(refused).toBeGreaterThan(20);
    expect((await ask(own, '/api/missions', { token: 'payments' })).status).toBe(200);
    expect(await own.metrics.text()).toContain(`coditect_console_refusals_total{status="429"} ${refused}`);
  });

  test('streams are so many and no more, and a seat is free when its reader has gone', async () => {
    const own = await start({ streamsPerUser: 1 });
    const begun = Promise.withResolvers<void>();
    void ask(own, '/api/missions/events', { until: 'no such words', onBegin: begun.resolve }).catch(() => {});
    await begun.promise;
    expect((await ask(own, '/api/missions/events')).status).toBe(429);
    expect(await own.metrics.text()).toContain('coditect_console_streams 1');
    expect((await ask(own, '/api/missions/events', { token: 'payments', until: '\n\n' })).status).toBe(200);
    await expect.poll(async () => await own.metrics.text()).toContain('coditect_console_streams 1');
  });
});
