import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ApiClient, ApiError, type ApiRequest } from '../api-client.ts';
import { podFolders } from './folders.ts';
import type { Pod, Volume } from './pod.ts';
import { podVolumes } from './volumes.ts';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'coditect-volumes-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

const aPod = (volumes: readonly Volume[]): Pod => ({ metadata: { name: 'p', namespace: 'ns', uid: '12345678-1234-xxxx', resourceVersion: '1', labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: 'empty', mountPath: '/e', subPath: 'x/y' }] }], volumes, serviceAccountName: 'sa' } });

/** An API server with these objects that notes what it is asked for. */
function fakeClient(objects: Record<string, object>) {
  const requests: ApiRequest[] = [];
  const client: ApiClient = {
    send: <T>(request: ApiRequest) => {
      requests.push(request);
      const found = objects[request.path];
      return found === undefined ? Promise.reject(new ApiError(`${request.path} not found`, 404)) : Promise.resolve(found as T);
    },
    watch: () => Promise.resolve(),
    close: () => {},
  };
  return { client, requests, objects };
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const tokenPath = '/api/v1/namespaces/ns/serviceaccounts/sa/token';

test('each kind of volume becomes a folder with its files', async () => {
  const { client } = fakeClient({
    '/api/v1/namespaces/ns/configmaps/cfg': { data: { a: 'A', b: 'B' }, binaryData: { bin: base64('\u0001') } },
    '/api/v1/namespaces/ns/secrets/sec': { data: { pw: base64('hidden') } },
  });
  const folders = podFolders(parent, '12345678-1234-xxxx', undefined);
  await podVolumes(client, folders, Date.now).fill(aPod([
    { name: 'empty', emptyDir: {} },
    { name: 'cfg', configMap: { name: 'cfg', items: [{ key: 'a', path: 'deep/file' }], defaultMode: 0o755 } },
    { name: 'all', configMap: { name: 'cfg' } },
    { name: 'sec', secret: { secretName: 'sec' } },
    { name: 'down', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
  ]));
  const read = (path: string) => readFileSync(join(folders.volumes, path), 'utf8');
  expect([read('cfg/deep/file'), read('all/b'), read('all/bin'), read('sec/pw'), read('down/labels')]).toEqual(['A', 'B', '\u0001', 'hidden', 'a="b"']);
  expect(existsSync(join(folders.volumes, 'cfg/b'))).toBe(false);
  expect(existsSync(join(folders.volumes, 'empty/x/y'))).toBe(true);
  expect(statSync(join(folders.volumes, 'cfg/deep/file')).mode & 0o777).toBe(0o700);
  expect(statSync(join(folders.volumes, 'sec/pw')).mode & 0o077).toBe(0);
});

test('a missing object is said by name, an optional one leaves an empty folder', async () => {
  const { client } = fakeClient({});
  const folders = podFolders(parent, '12345678-1234-xxxx', undefined);
  const volumes = podVolumes(client, folders, Date.now);
  await expect(volumes.fill(aPod([{ name: 'v', secret: { secretName: 'nope' } }]))).rejects.toThrow('Secret nope not found');
  await volumes.fill(aPod([{ name: 'v', configMap: { name: 'nope', optional: true } }]));
  expect(existsSync(join(folders.volumes, 'v'))).toBe(true);
});

test('a refresh follows changes, takes files out, and leaves the pod\'s own content alone', async () => {
  const path = '/api/v1/namespaces/ns/configmaps/cfg';
  const fake = fakeClient({ [path]: { data: { a: '1', b: '2' } } });
  const folders = podFolders(parent, '12345678-1234-xxxx', undefined);
  const volumes = podVolumes(fake.client, folders, Date.now);
  const pod = aPod([{ name: 'cfg', configMap: { name: 'cfg' } }, { name: 'empty', emptyDir: {} }]);
  await volumes.fill(pod);
  mkdirSync(join(folders.volumes, 'empty', 'own'));
  writeFileSync(join(folders.volumes, 'empty', 'own', 'f'), 'x');
  fake.objects[path] = { data: { a: '3' } };
  await volumes.refresh(pod);
  expect(readFileSync(join(folders.volumes, 'cfg/a'), 'utf8')).toBe('3');
  expect(existsSync(join(folders.volumes, 'cfg/b'))).toBe(false);
  expect(existsSync(join(folders.volumes, 'empty/own/f'))).toBe(true);
});

test('a token is asked for with its audience, bound to the pod, and anew after four fifths of its life', async () => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const fake = fakeClient({ [tokenPath]: { status: { token: 'first', expirationTimestamp: '2026-01-01T00:10:00Z' } } });
  const folders = podFolders(parent, '12345678-1234-xxxx', undefined);
  const volumes = podVolumes(fake.client, folders, () => now);
  const pod = aPod([{ name: 't', projected: { sources: [{ serviceAccountToken: { audience: 'coditect', expirationSeconds: 600, path: 'token' } }] } }]);
  await volumes.fill(pod);
  expect(fake.requests[0]?.body).toMatchObject({ spec: { audiences: ['coditect'], expirationSeconds: 600, boundObjectRef: { kind: 'Pod', name: 'p', uid: '12345678-1234-xxxx' } } });
  fake.objects[tokenPath] = { status: { token: 'second', expirationTimestamp: '2026-01-01T00:20:00Z' } };
  const token = () => readFileSync(join(folders.volumes, 't/token'), 'utf8');
  now += 470_000;
  await volumes.refresh(pod);
  expect(token()).toBe('first');
  now += 20_000;
  await volumes.refresh(pod);
  expect(token()).toBe('second');
});
