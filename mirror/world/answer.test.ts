import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import type { AccessRequest, Authenticator } from '#api/access.ts';
import { World } from '#api/world.ts';
import { systemClock } from '#platform/clock.ts';
import { HistoryService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { historyRoutes } from '../history/routes.ts';
import { createRebuildAnswer, createWorldAnswer } from './answer.ts';
import { noWorldMetrics } from './metrics.ts';
import type { ReadRecord } from './reads.ts';
import { running, TestTruth } from './testing.ts';
import { openWorld } from './world.ts';

function aClient(allowed: (request: AccessRequest) => Promise<boolean>) {
  const truth = new TestTruth();
  const world = openWorld({ truth, metrics: noWorldMetrics, clock: systemClock, log: silentLog });
  world.tell([...truth.mission('m'), ...truth.task('m', 'a', running())]);
  const records: ReadRecord[] = [];
  const said: unknown[] = [];
  const authenticator: Authenticator = { review: (token) => Promise.resolve(token === 'good' ? { username: 'ann', uid: 'u', groups: [], extra: {} } : undefined), allowed: (_, request) => allowed(request) };
  const answer = createWorldAnswer({ world, truth, authenticator, audit: (record) => void records.push(record) });
  const { routes, interceptors } = historyRoutes({ sources: { log: undefined, archive: undefined }, world: { world: answer, rebuildWorlds: createRebuildAnswer({ world, authenticator, log: { ...silentLog, info: (_, fields) => void said.push(fields) } }) }, authenticator, truth, clock: systemClock });
  const transport = createRouterTransport(routes, { router: { interceptors: [...interceptors] } });
  const client = createClient(HistoryService, transport);
  const ask = (namespace: string, name: string, token = 'good') => client.world({ mission: { namespace, name } }, { headers: { authorization: `Bearer ${token}` } });
  const codeOf = (asked: Promise<unknown>) => asked.then(() => 'answered', (error: unknown) => Code[ConnectError.from(error).code]);
  const rebuild = () => client.rebuildWorlds({}, { headers: { authorization: 'Bearer good' } });
  return { ask, codeOf, records, rebuild, said };
}

test('who may read a mission and its tasks gets its world, and is recorded', async () => {
  const rights: AccessRequest[] = [];
  const { ask, records } = aClient((request) => Promise.resolve(rights.push(request) > 0));
  const { worldJson, stalenessMs } = await ask('team-a', 'm');
  expect(World.parse(JSON.parse(worldJson))).toMatchObject({ mission: { name: 'm' }, agents: [{ agent: 'crew-1' }] });
  expect(stalenessMs).toBe(0);
  expect(rights).toMatchObject([{ verb: 'get', resource: 'missions', namespace: 'team-a', name: 'm' }, { verb: 'get', resource: 'tasks', namespace: 'team-a' }]);
  expect(records).toEqual([{ asker: { name: 'ann', component: 'history' }, tenant: 'team-a', uid: 'uid-m', what: 'snapshot', isGranted: true }]);
});

const refused: Record<string, { allowed: (request: AccessRequest) => Promise<boolean>; asked: readonly [string, string, string?]; want: string; recorded: number }> = {
  'who may not read missions': { allowed: ({ resource }) => Promise.resolve(resource !== 'missions'), asked: ['team-a', 'm'], want: 'NotFound', recorded: 1 },
  'who may not read tasks': { allowed: ({ resource }) => Promise.resolve(resource !== 'tasks'), asked: ['team-a', 'm'], want: 'NotFound', recorded: 1 },
  'who asks while nobody can say': { allowed: () => Promise.reject(new Error('away')), asked: ['team-a', 'm'], want: 'NotFound', recorded: 1 },
  'who asks for a mission that is not there': { allowed: () => Promise.resolve(true), asked: ['team-a', 'x'], want: 'NotFound', recorded: 1 },
  'who asks in another namespace': { allowed: () => Promise.resolve(true), asked: ['team-b', 'm'], want: 'NotFound', recorded: 1 },
  'who asks for no name at all': { allowed: () => Promise.resolve(true), asked: ['', ''], want: 'NotFound', recorded: 1 },
  'who has no token': { allowed: () => Promise.resolve(true), asked: ['team-a', 'm', 'bad'], want: 'Unauthenticated', recorded: 0 },
};
test.each(Object.entries(refused))('%s gets nothing', async (_, { allowed, asked, want, recorded }) => {
  const { ask, codeOf, records } = aClient(allowed);
  expect(await codeOf(ask(...asked))).toBe(want);
  expect(records).toHaveLength(recorded);
});

test('who may update missions everywhere has all worlds written anew, and is recorded', async () => {
  const rights: AccessRequest[] = [];
  const { rebuild, said } = aClient((request) => Promise.resolve(rights.push(request) > 0));
  expect(await rebuild()).toMatchObject({ missions: 1, entities: expect.any(Number) });
  expect(rights).toEqual([{ verb: 'update', group: 'coditect.ai', resource: 'missions', namespace: '' }]);
  expect(said).toEqual([{ audit: 'world.rebuild', asker: 'ann', granted: true }]);
});

test('who may do so in some namespaces only is refused, and is recorded', async () => {
  const { rebuild, codeOf, said } = aClient(({ namespace }) => Promise.resolve(namespace !== ''));
  expect(await codeOf(rebuild())).toBe('PermissionDenied');
  expect(said).toEqual([{ audit: 'world.rebuild', asker: 'ann', granted: false }]);
});
