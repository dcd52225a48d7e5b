import { expect, test } from 'vitest';
import type { ResourceType } from '#api/v1alpha1/kinds.ts';
import type { ListPage } from '#platform/kube/client.ts';
import type { KubeObject, ObjectKey } from '#platform/kube/types.ts';
import { livingOwners, ownersOf } from './owners.ts';

const mission = (name: string, uid: string) => ({ plural: 'missions', metadata: { namespace: 'a', name, uid } });
const task = (name: string, uid: string, missionRef?: { name: string; uid: string }) => ({ plural: 'tasks', metadata: { namespace: 'a', name, uid }, spec: missionRef === undefined ? {} : { missionRef } });
const objects = [mission('m', 'm-1'), task('alone', 't-1'), task('of-m', 't-2', { name: 'm', uid: 'm-1' }), task('liar', 't-3', { name: 'm', uid: 'victim' }), task('orphan', 't-4', { name: 'gone', uid: 'victim' })];

const client = {
  get: <T extends KubeObject>(type: ResourceType, { namespace, name }: ObjectKey) => Promise.resolve(objects.find(({ plural, metadata }) => plural === type.plural && metadata.namespace === namespace && metadata.name === name) as T | undefined),
  /** Pages of two. */
  listPage: <T extends KubeObject>(type: ResourceType, { continueToken = '0' }: { continueToken?: string | undefined }): Promise<ListPage<T>> => {
    const all = objects.filter(({ plural }) => plural === type.plural);
    const start = Number(continueToken);
    return Promise.resolve({ items: all.slice(start, start + 2) as unknown as T[], resourceVersion: '1', continueToken: start + 2 < all.length ? String(start + 2) : undefined });
  },
};

const cases: Record<string, { plural: 'missions' | 'tasks'; name: string; want: string[] }> = {
  'a mission owns its blobs': { plural: 'missions', name: 'm', want: ['m-1'] },
  'a task applied alone owns its blobs': { plural: 'tasks', name: 'alone', want: ['t-1'] },
  'a task of a mission leads to the blobs of the mission': { plural: 'tasks', name: 'of-m', want: ['t-2', 'm-1'] },
  'a task that names the uid of another mission leads nowhere': { plural: 'tasks', name: 'liar', want: ['t-3'] },
  'a task whose mission is gone leads nowhere': { plural: 'tasks', name: 'orphan', want: ['t-4'] },
  'an object that does not exist owns nothing': { plural: 'missions', name: 'none', want: [] },
};
test.each(Object.entries(cases))('%s', async (_, { plural, name, want }) => expect(await ownersOf(client, { namespace: 'a', plural, name })).toEqual(want));

test('every page of every kind counts', async () => expect(await livingOwners(client, '')).toEqual(new Set(['m-1', 't-1', 't-2', 't-3', 't-4'])));

test('one failed page is a failed list', async () => {
  const breaking = { ...client, listPage: (type: ResourceType, options: { continueToken?: string | undefined }) => (options.continueToken === undefined ? client.listPage<never>(type, options) : Promise.reject(new Error('410'))) };
  await expect(livingOwners(breaking, '')).rejects.toThrow('410');
});

test('with one served namespace only that one is listed: others cannot be seen', async () => {
  const asked: unknown[] = [];
  const noting = { ...client, listPage: <T extends KubeObject>(type: ResourceType, options: { namespace?: string; continueToken?: string | undefined }) => (asked.push(options.namespace), client.listPage<T>(type, options)) };
  await livingOwners(noting, 'team-a');
  expect(new Set(asked)).toEqual(new Set(['team-a']));
});
