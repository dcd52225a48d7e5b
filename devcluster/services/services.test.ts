// All kinds of stores in one shape: what is told to the mirror are settings that it has, and a cluster's stores live and end with it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MirrorConfig } from '#api/config/mirror.ts';
import { signalComponent, stopComponent } from '../components.ts';
import { ensureFolder } from '../files.ts';
import { layoutOf } from '../layout.ts';
import { settingsFrom } from '../settings.ts';
import { environmentOf, openStores, type RunningService, serviceKinds, storeSecret } from './index.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'services-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

const files = { ca: 'ca', certificate: 'c', key: 'k', user: 'u', password: 'p' };
const service = (kind: RunningService['kind'], servers: readonly string[]): RunningService => {
  const nothing = (): Promise<void> => Promise.resolve();
  return { kind, servers, files: kind === 's3' ? { ca: 'ca', accessKey: 'a', secretKey: 's' } : kind === 'chroma' ? { ca: 'ca', token: 't' } : files, kill: nothing, start: nothing, pause: nothing, resume: nothing, stop: nothing };
};

test('every variable is a setting of the mirror', () => {
  const known = Object.values(MirrorConfig.shape).map((type) => type.meta()?.['env']);
  const told = Object.keys(environmentOf(serviceKinds.map((kind) => service(kind, ['127.0.0.1:1']))));
  expect(told.length).toBeGreaterThan(15);
  expect(told.filter((name) => !known.includes(name))).toEqual([]);
});

test('three servers are a cluster, with a copy of the log on each', () => {
  const three = ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3'];
  const [one, many] = [['127.0.0.1:1'], three].map((servers) => environmentOf([service('nats', servers), service('redis', servers)]));
  const wanted = ['CODITECT_NATS_REPLICAS', 'CODITECT_REDIS_CLUSTER', 'CODITECT_REDIS_SERVERS'];
  expect(wanted.map((name) => one?.[name])).toEqual(['1', 'false', '127.0.0.1:1']);
  expect(wanted.map((name) => many?.[name])).toEqual(['3', 'true', three.join(',')]);
});

test('a Secret holds what the files hold now, under the keys of the install manifests', () => {
  const path = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const secret = storeSecret({ kind: 'redis', files: { ca: path('a', 'CA'), key: path('b', 'KEY'), password: path('c', 'PW') } }, 'sys');
  expect(secret).toMatchObject({ metadata: { name: 'coditect-redis', namespace: 'sys' }, stringData: { 'ca.crt': 'CA', 'tls.key': 'KEY', password: 'PW' } });
});

/** Whether somebody listens. */
function listens(server = ''): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(server.split(':')[1]), '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true))).once('error', () => resolve(false));
  });
}

describe('stores of a cluster', () => {
  test('are found again while they run, end with their process however it ends, and are then started anew', { timeout: 60_000 }, async ({ skip }) => {
    const layout = layoutOf(folder, folder);
    for (const part of [layout.run, layout.logs]) ensureFolder(part);
    const open = () => openStores({ folder, runtimeFolder: folder }, ['nats', 'redis'], settingsFrom(process.env));
    const first = await open();
    if (first.running.length === 0) return skip(first.absent.map(({ reason }) => reason).join('; '));
    const servers = first.running.flatMap((store) => store.servers);
    expect(await open()).toEqual(first);
    signalComponent(layout, 'stores', 'SIGKILL');
    await expect.poll(async () => Promise.all(servers.map(listens)), { timeout: 15_000 }).toEqual(servers.map(() => false));
    const second = await open();
    expect(second.running.map(({ kind }) => kind)).toEqual(first.running.map(({ kind }) => kind));
    await stopComponent(layout, 'stores');
    await expect.poll(() => Promise.all(second.running.flatMap((store) => store.servers).map(listens))).toEqual(servers.map(() => false));
  });
});
