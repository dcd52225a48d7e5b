// A mission as the API server tells it, with the tasks of its Plan; against the double of an API server.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { labels } from '#api/labels.ts';
import { missions, plans, tasks } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { systemClock } from '#platform/clock.ts';
import { createKubeClient, type WatchingClient } from '#platform/kube/client.ts';
import { aPlan, type PlanBuilder } from '#testing/builders/plan.ts';
import { type FakeApiServer, startFakeApiServer } from '#testing/fake-apiserver/server.ts';
import { nextChange } from '../world/feed.ts';
import { aMission, aPlannedMission } from '../world/fixture.ts';
import type { MissionView } from '#domain/mission/view.ts';
import { readMission, watchMission } from './watch.ts';

let server: FakeApiServer;
let client: WatchingClient;
beforeEach(async () => {
  server = await startFakeApiServer({ types: [missions, plans, tasks] });
  client = createKubeClient(server.config, { userAgent: 'test' });
});
afterEach(async () => {
  await client.close();
  await server.stop();
});

const key = { namespace: 'demo', name: 'examine' };
const namesOf = (view: MissionView | undefined) => view?.mission.spec.tasks.map(({ name }) => name);
const asked = () => new Set(server.journal.map(({ plural }) => plural));

function put(mission: Mission, ...made: readonly PlanBuilder[]): void {
  server.put({ ...mission });
  for (const plan of made.map((builder) => builder.build())) server.put({ ...plan, metadata: { ...plan.metadata, labels: { [labels.mission]: mission.metadata.uid } } });
}

const planned = aPlannedMission();
const first = aPlan(planned).withTask('survey');
const second = aPlan(planned).withTask('survey').withTask('report', 'survey').spec({ revision: 2 });
const carriedOut = (name: string) => aPlannedMission({ plan: { hash: '', source: 'Planner', name, taskCount: 1, createdThrough: 0 } });

test('a planned mission has the tasks of the newest plan, until its status names one', async () => {
  put(planned, first, second);
  expect(namesOf(await readMission(client, key))).toEqual(['survey', 'report']);
  put(carriedOut('examine-plan-1'));
  expect(namesOf(await readMission(client, key))).toEqual(['survey']);
});

test('a rejected plan, or one of another mission, gives it none', async () => {
  put(planned, aPlan(planned).rejected('no'));
  put({ ...planned, metadata: { ...planned.metadata, name: 'other', uid: 'u-other' } }, second);
  expect(namesOf(await readMission(client, key))).toEqual([]);
});

test('a mission with tasks of its own needs no right to read plans', async () => {
  put(aMission({ a: [] }));
  const feed = await watchMission(client, key, systemClock);
  expect(namesOf(feed?.view())).toEqual(['a']);
  await feed?.close();
  expect(asked()).toEqual(new Set(['missions', 'tasks']));
});

test('tasks that the user writes after all win over a plan that is still there', async () => {
  const mission = carriedOut('examine-plan-1');
  put(mission, first);
  const feed = await watchMission(client, key, systemClock);
  expect(namesOf(feed?.view())).toEqual(['survey']);
  put({ ...mission, spec: aMission({ a: [] }).spec });
  await expect.poll(() => namesOf(feed?.view()), { timeout: 5000 }).toEqual(['a']);
  await feed?.close();
});

test('a watched mission gets its tasks with its plan', async () => {
  put(planned);
  const feed = await watchMission(client, key, systemClock);
  expect(namesOf(feed?.view())).toEqual([]);
  const changed = feed && nextChange(feed, AbortSignal.timeout(5000));
  put(planned, second);
  await changed;
  await expect.poll(() => namesOf(feed?.view()), { timeout: 5000 }).toEqual(['survey', 'report']);
  await feed?.close();
});

test('a mission that does not exist is none', async () => {
  expect([await readMission(client, key), await watchMission(client, key, systemClock)]).toEqual([undefined, undefined]);
});
