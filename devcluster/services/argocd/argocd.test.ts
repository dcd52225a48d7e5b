// What can be said of Argo CD without starting it; that it runs is shown by the end-to-end suite.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { whyNoArgo } from './index.ts';
import { argoObjects } from './objects.ts';
import { rolesOf } from './roles.ts';

test('of a release the workloads are left out, and what the processes wait for is added', () => {
  const object = (kind: string) => stringify({ apiVersion: 'v1', kind, metadata: { name: 'x' } });
  const kinds = argoObjects(['Deployment', 'ClusterRole', 'StatefulSet', 'ConfigMap', 'NetworkPolicy', 'Service', 'Secret'].map(object).join('---\n')).map(({ kind }) => kind);
  expect(kinds).toEqual(['Namespace', 'ClusterRole', 'ConfigMap', 'Secret', 'AppProject']);
});

const ports = { repoServer: 1, repoServerMetrics: 2, controllerMetrics: 3, server: 4, serverMetrics: 5 };
const roles = rolesOf({ file: 'argocd', folder: '/f', ports, redis: { address: '127.0.0.1:6', user: 'admin', password: 'secret' }, kubeconfigs: { controller: '/c', server: '/s' }, programPath: '/usr/bin' });

test('each process is its own role, with the access of its own account', () => {
  expect(roles.map(({ launch: { env } }) => [env['ARGOCD_BINARY_NAME'], env['KUBECONFIG']])).toEqual([['argocd-repo-server', undefined], ['argocd-application-controller', '/c'], ['argocd-server', '/s']]);
});

test('no argument holds a password, which every user of the machine could read', () => {
  expect(roles.flatMap(({ launch }) => launch.args).filter((argument) => argument.includes('secret'))).toEqual([]);
});

test('a machine on which it was never built says so, and how it gets there', () => {
  const cacheFolder = mkdtempSync(join(tmpdir(), 'argocd-none-'));
  expect(whyNoArgo({ cacheFolder })).toMatch(/was not built on this machine: make demo-gitops/);
  rmSync(cacheFolder, { recursive: true });
});
