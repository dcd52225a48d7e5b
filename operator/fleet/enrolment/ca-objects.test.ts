import { expect, test } from 'vitest';
import { KubeError } from '#platform/kube/error.ts';
import type { NewObject, ObjectKey } from '#platform/kube/types.ts';
import { createCaObjects } from './ca-objects.ts';

type Data = Record<string, string | null>;

/** Just the two objects, with versions and merge patches as the API server has them. */
function fakeCluster() {
  const stored = new Map<string, { metadata: { resourceVersion: string }; data: Data }>();
  const calls: string[] = [];
  const refuse = (reason: 'AlreadyExists' | 'Conflict') => Promise.reject(new KubeError('write', 'no', { status: 409, reason }));
  const client = {
    get: <T>(_: object, { name }: ObjectKey) => Promise.resolve(stored.get(name) as T | undefined),
    create: <T>(_: object, { metadata, data }: NewObject) => {
      calls.push(`create ${metadata.namespace}/${metadata.name}`);
      if (stored.has(metadata.name)) return refuse('AlreadyExists');
      stored.set(metadata.name, { metadata: { resourceVersion: '1' }, data: data as Data });
      return Promise.resolve(stored.get(metadata.name) as T);
    },
    mergePatch: <T>(_: object, { name }: ObjectKey, patch: object) => {
      const { metadata, data } = patch as { metadata: { resourceVersion: string }; data: Data };
      const known = stored.get(name);
      if (known?.metadata.resourceVersion !== metadata.resourceVersion) return refuse('Conflict');
      const merged = Object.fromEntries(Object.entries({ ...known.data, ...data }).filter(([, value]) => value !== null));
      stored.set(name, { metadata: { resourceVersion: `${metadata.resourceVersion}1` }, data: merged });
      return Promise.resolve(stored.get(name) as T);
    },
    apply: <T>(_: object, { metadata, data }: NewObject) => {
      calls.push(`apply ${metadata.namespace}/${metadata.name}`);
      stored.set(metadata.name, { metadata: { resourceVersion: '1' }, data: data as Data });
      return Promise.resolve(stored.get(metadata.name) as T);
    },
  };
  return { stored, calls, objects: createCaObjects(client, 'sys') };
}

test('what was created is read, and the Secret holds base64', async () => {
  const { objects, stored } = fakeCluster();
  expect(await objects.read()).toBeUndefined();
  expect(await objects.create({ 'current.key': 'ä' })).toBe('created');
  expect(await objects.create({ 'current.key': 'b' })).toBe('taken');
  expect(await objects.read()).toEqual({ data: { 'current.key': 'ä' }, resourceVersion: '1' });
  expect(stored.get('coditect-ca-key')?.data).toEqual({ 'current.key': 'w6Q=' });
});

test('a replacement leaves no key behind and needs the version that was read', async () => {
  const { objects } = fakeCluster();
  await objects.create({ a: '1', b: '2' });
  expect(await objects.replace({ a: '3' }, '0')).toBe('changed');
  expect(await objects.replace({ a: '3' }, '1')).toBe('replaced');
  expect((await objects.read())?.data).toEqual({ a: '3' });
});

test('a replacement of a Secret that is gone is a change', async () => {
  const { objects } = fakeCluster();
  expect(await objects.replace({ a: '3' }, '1')).toBe('changed');
});

test('the bundle is published once, and again when somebody changed it', async () => {
  const { objects, calls, stored } = fakeCluster();
  await objects.publish('PEM');
  await objects.publish('PEM');
  expect(calls).toEqual(['apply sys/coditect-ca']);
  stored.delete('coditect-ca');
  await objects.publish('PEM');
  expect(calls).toHaveLength(2);
});
