import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cachedAuth } from './auth.ts';
import { loadClusterConfig } from './config.ts';

let folder: string;
const file = (name: string, text: string) => writeFile(join(folder, name), text);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kube-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');
const kubeconfig = `
apiVersion: v1
kind: Config
current-context: dev
clusters:
  - { name: one, cluster: { server: 'https://one:6443/', certificate-authority-data: ${base64('CA')}, tls-server-name: api } }
  - { name: two, cluster: { server: 'https://two:6443', insecure-skip-tls-verify: true } }
users:
  - { name: cert, user: { client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')} } }
  - { name: token, user: { token: t0ken } }
  - name: plugin
    user:
      exec:
        apiVersion: client.authentication.k8s.io/v1
        command: /bin/sh
        args: ['-c', 'echo ''{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"from-plugin"}}''']
        interactiveMode: Never
contexts:
  - { name: dev, context: { cluster: one, user: cert, namespace: team-a } }
  - { name: bearer, context: { cluster: two, user: token } }
  - { name: exec, context: { cluster: one, user: plugin } }
  - { name: broken, context: { cluster: nowhere, user: token } }
`;

test('a kubeconfig gives server, CA, client certificate and namespace', async () => {
  await file('config', kubeconfig);
  const config = await loadClusterConfig({ kubeconfigPath: join(folder, 'config'), env: {} });
  expect(config).toMatchObject({ server: 'https://one:6443', ca: 'CA', tlsServerName: 'api', namespace: 'team-a', auth: { certificate: { cert: 'CERT', key: 'KEY' } } });
  expect(await config.auth.headers()).toEqual({});
});

test('a chosen context with a token, by KUBECONFIG', async () => {
  await file('config', kubeconfig);
  const config = await loadClusterConfig({ context: 'bearer', env: { KUBECONFIG: join(folder, 'config'), KUBERNETES_SERVICE_HOST: '10.0.0.1' } });
  expect(config).toMatchObject({ server: 'https://two:6443', skipTlsVerify: true });
  expect(await config.auth.headers()).toEqual({ authorization: 'Bearer t0ken' });
});

test('an exec plugin is asked for a token', async () => {
  await file('config', kubeconfig);
  const config = await loadClusterConfig({ kubeconfigPath: join(folder, 'config'), context: 'exec', env: {} });
  expect(await config.auth.headers()).toEqual({ authorization: 'Bearer from-plugin' });
});

test('of several kubeconfigs the first sets the context', async () => {
  await file('first', 'apiVersion: v1\nkind: Config\ncurrent-context: bearer\nclusters: []\nusers: []\ncontexts: []\n');
  await file('second', kubeconfig);
  const config = await loadClusterConfig({ env: { KUBECONFIG: `${join(folder, 'first')}:${join(folder, 'second')}` } });
  expect(config.server).toBe('https://two:6443');
});

const unusable: Record<string, { context?: string; text?: string; want: RegExp }> = {
  'a missing file': { want: /read kubeconfig .*config: .*; no cluster can be used/ },
  'no YAML': { text: '{', want: /read kubeconfig/ },
  'a context without a cluster': { text: kubeconfig, context: 'broken', want: /context "broken" names no cluster/ },
};
test.each(Object.entries(unusable))('%s is told', async (_, { context, text, want }) => {
  if (text !== undefined) await file('config', text);
  await expect(loadClusterConfig({ kubeconfigPath: join(folder, 'config'), context, env: {} })).rejects.toThrow(want);
});

test('in a cluster the ServiceAccount is used', async () => {
  await Promise.all([file('ca.crt', 'CA'), file('namespace', 'team-b\n'), file('token', 'secret\n')]);
  const config = await loadClusterConfig({ env: { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443', CODITECT_SERVICEACCOUNT_DIR: folder } });
  expect(config).toMatchObject({ server: 'https://[fd00::1]:6443', ca: 'CA', namespace: 'team-b' });
  expect(await config.auth.headers()).toEqual({ authorization: 'Bearer secret' });
});

test('in a cluster without a token the reason is told', async () => {
  await Promise.all([file('ca.crt', 'CA'), file('namespace', 'n')]);
  await expect(loadClusterConfig({ env: { KUBERNETES_SERVICE_HOST: 'h', CODITECT_SERVICEACCOUNT_DIR: folder } })).rejects.toThrow(/read token of the ServiceAccount .* mount a ServiceAccount token/);
});

test('a token is read again when it is a minute old or was refused, once for all who ask, and kept when it cannot be read', async () => {
  let now = 0;
  let reads = 0;
  let readable = true;
  const auth = cachedAuth(async () => {
    if (!readable) throw new Error('gone');
    return { authorization: `Bearer ${++reads}` };
  }, 60_000, () => now);
  const token = async () => (await auth.headers()).authorization;
  expect(await Promise.all([token(), token()])).toEqual(['Bearer 1', 'Bearer 1']);
  now = 59_999;
  expect(await token()).toBe('Bearer 1');
  now = 60_000;
  expect(await token()).toBe('Bearer 2');
  auth.refused();
  expect(await token()).toBe('Bearer 3');
  readable = false;
  auth.refused();
  expect(await token()).toBe('Bearer 3');
});
