import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerTo, type Resolve } from './message.ts';
import { resolver } from './server.ts';

const known: Readonly<Record<string, readonly string[]>> = { 'web.team.svc.cluster.local': ['198.18.4.2', '198.18.4.3'], 'empty.team.svc.cluster.local': [] };

describe('as the resolver of Node understands it', () => {
  const socket = createSocket('udp4');
  const asker = new Resolver({ timeout: 2000, tries: 2 });
  const resolve: Resolve = (name) => (name.startsWith('broken') ? Promise.reject(new Error('no API server')) : Promise.resolve(known[name]));
  beforeAll(async () => {
    socket.on('message', (query, from) => void answerTo(query, resolve).then((answer) => answer !== undefined && socket.send(answer, from.port, from.address)));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    asker.setServers([`127.0.0.1:${(socket.address() as AddressInfo).port}`]);
  });
  afterAll(() => {
    socket.close();
  });

  test('a name has its addresses, however it is written', async () => {
    expect(await asker.resolve4('Web.Team.svc.CLUSTER.local')).toEqual(['198.18.4.2', '198.18.4.3']);
  });
  const failures: Record<string, { ask: () => Promise<unknown>; code: string }> = {
    'a name that is not there is unknown': { ask: () => asker.resolve4('other.team.svc.cluster.local'), code: 'ENOTFOUND' },
    'a name without addresses is there': { ask: () => asker.resolve4('empty.team.svc.cluster.local'), code: 'ENODATA' },
    'a name that is there has no other kinds of addresses': { ask: () => asker.resolve6('web.team.svc.cluster.local'), code: 'ENODATA' },
    'what cannot be found out is a failure, not an unknown name': { ask: () => asker.resolve4('broken.team.svc.cluster.local'), code: 'ESERVFAIL' },
  };
  test.each(Object.entries(failures))('%s', async (_, { ask, code }) => {
    await expect(ask()).rejects.toMatchObject({ code });
  });
});

test('bytes that are no query have no answer, and never throw', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (bytes) => {
    const answer = await answerTo(Buffer.from(bytes), () => Promise.resolve(['198.18.0.1']));
    expect(answer === undefined || answer.length >= 17).toBe(true);
  }));
});

describe('the names of Services', () => {
  const slice = { endpoints: [{ addresses: ['198.18.4.5'], conditions: { ready: true } }, { addresses: ['198.18.4.6'], conditions: { ready: false } }, { addresses: ['198.18.4.7'] }] };
  const objects: Readonly<Record<string, object>> = { 'team/web': { spec: { clusterIP: '198.18.8.9' } }, 'team/headless': { spec: { clusterIP: 'None' } } };
  const asked: string[] = [];
  const resolve = resolver({
    get: (_, { namespace, name }) => Promise.resolve(objects[`${namespace}/${name}`] as never),
    list: (_, { namespace, labelSelector } = {}) => {
      asked.push(`${namespace} ${labelSelector}`);
      return Promise.resolve({ items: [slice, { endpoints: null }] as never, resourceVersion: '1' });
    },
  });
  const names: Record<string, { name: string; want: readonly string[] | undefined }> = {
    'a Service has its own address': { name: 'web.team.svc.cluster.local', want: ['198.18.8.9'] },
    'a headless one has those of its pods that are ready, or say nothing about it': { name: 'headless.team.svc.cluster.local', want: ['198.18.4.5', '198.18.4.7'] },
    'there is no such Service': { name: 'web.other.svc.cluster.local', want: undefined },
    'a short name is for the search list': { name: 'web.team', want: undefined },
    'a name of the world outside': { name: 'example.com', want: undefined },
  };
  test.each(Object.entries(names))('%s', async (_, { name, want }) => {
    expect(await resolve(name)).toEqual(want);
  });
  test('endpoints are those of the Service alone', async () => {
    await resolve('headless.team.svc.cluster.local');
    expect(asked.at(-1)).toBe('team kubernetes.io/service-name=headless');
  });
});
