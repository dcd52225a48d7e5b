import { expect, test } from 'vitest';
import type { ResourceType } from '#api/v1alpha1/kinds.ts';
import { agentPools, missions } from '#api/v1alpha1/kinds.ts';
import type { KubeObject, NewObject } from '#platform/kube/types.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { checkInstallation } from './check.ts';
import { checkMission, checkPool } from './objects.ts';

const place = { namespace: 'sys', agentImage: 'agent:1', pullSecrets: ['pull'] };

/** An API server of two kinds whose missions go through these conditions, one a look. */
function server(...course: readonly object[]) {
  const objects = new Map<string, NewObject>();
  const deleted: string[] = [];
  let looks = 0;
  const client = {
    get: <T extends KubeObject>({ plural }: ResourceType) => {
      const object = objects.get(plural);
      if (object === undefined || plural !== missions.plural) return Promise.resolve(object as T | undefined);
      const conditions = [course[Math.min(looks++, course.length - 1)]];
      return Promise.resolve({ ...object, status: { conditions } } as unknown as T);
    },
    create: <T extends KubeObject>({ plural }: ResourceType, object: NewObject) => {
      if (objects.has(plural)) return Promise.reject(new Error(`${plural} is there already`));
      objects.set(plural, object);
      return Promise.resolve(object as unknown as T);
    },
    delete: ({ plural }: ResourceType) => {
      const was = objects.delete(plural);
      if (was) deleted.push(plural);
      return Promise.resolve(was ? ('deleted' as const) : ('gone' as const));
    },
  };
  return { client, objects, deleted };
}

const condition = (type: string, status: string, reason: string, message: string) => ({ type, status, reason, message });
const running = condition('Succeeded', 'Unknown', 'Running', '0 of 1 tasks done');

async function check(world: ReturnType<typeof server>) {
  const clock = new ManualClock();
  const said: string[] = [];
  const result = checkInstallation({ ...place, client: world.client, clock, timeoutSeconds: 60, say: (line) => said.push(line) });
  await clock.advance(120_000);
  return { result: await result, said };
}

test('a mission that succeeds is a check that passed, and nothing is left of it', async () => {
  const world = server(running, condition('Succeeded', 'True', 'GoalsMet', 'all goals are met'));
  const { result, said } = await check(world);
  expect(result).toEqual({ kind: 'passed', message: 'the mission ended: GoalsMet: all goals are met' });
  expect(said).toEqual(['applied mission and pool coditect-install-check in namespace sys', 'Running: 0 of 1 tasks done']);
  expect([world.objects.size, world.deleted]).toEqual([0, [missions.plural, agentPools.plural]]);
});

test('a mission that fails is a check that failed, with its reason', async () => {
  const { result } = await check(server(condition('Succeeded', 'False', 'GoalsUnmet', 'goal runs is not met')));
  expect(result).toEqual({ kind: 'failed', message: 'the mission ended: GoalsUnmet: goal runs is not met' });
});

test('a mission that does not end in time fails the check with the last that was known, and is deleted', async () => {
  const world = server(condition('Accepted', 'False', 'NoMatchingPool', 'no pool has Tester'));
  const { result } = await check(world);
  expect(result).toEqual({ kind: 'failed', message: 'the mission has not ended after 60 s; the last that was known: NoMatchingPool: no pool has Tester' });
  expect(world.objects.size).toBe(0);
});

test('what an earlier check left is taken away first', async () => {
  const world = server(condition('Succeeded', 'True', 'GoalsMet', 'all goals are met'));
  world.objects.set(missions.plural, checkMission(place, 1)).set(agentPools.plural, checkPool(place));
  expect((await check(world)).result.kind).toBe('passed');
  expect(world.deleted).toHaveLength(4);
});

test('what it applies is what the kinds let in', () => {
  expect(missions.spec.safeParse(checkMission(place, 300)['spec']).error).toBeUndefined();
  expect(agentPools.spec.safeParse(checkPool(place)['spec']).error).toBeUndefined();
});
