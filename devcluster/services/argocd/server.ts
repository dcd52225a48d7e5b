// A real Argo CD beside a cluster: its processes on this machine, speaking to the API server as the accounts of its own manifests. They end with whoever started them.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { accessOf } from '../../access.ts';
import { createApiClient } from '../../api-client.ts';
import type { Cluster } from '../../cluster.ts';
import { installOperator } from '../../install.ts';
import { freePorts } from '../../ports.ts';
import { isAlive, launch, type ProcessIdentity, terminate } from '../../processes.ts';
import { guardOf } from '../nats/guard.ts';
import { type RedisServers, startRedis } from '../redis/index.ts';
import type { RedisProgram } from '../redis/find.ts';
import type { ArgoProgram } from './build.ts';
import { argoAccounts, argoNamespace, argoObjects } from './objects.ts';
import { type Role, rolesOf } from './roles.ts';

const run = promisify(execFile);

export interface ArgoOptions {
  readonly program: ArgoProgram;
  readonly redis: RedisProgram;
  readonly cluster: Pick<Cluster, 'kubeconfig' | 'server'>;
  /** For access, logs and clones; it is made. */
  readonly folder: string;
  /** PATH with git. */
  readonly programPath: string;
  /** Called once its objects are there and before its processes start: for settings. */
  readonly beforeStart?: () => Promise<void>;
}

/** A running Argo CD. */
export interface Argo {
  /** Asks it by its own command line; gives what that prints, and rejects with what it complains. */
  readonly cli: (...args: readonly string[]) => Promise<string>;
  readonly stop: () => Promise<void>;
}

const readyWithinMs = 60_000;

/** Installs what it needs into the cluster, starts its processes and waits until they are ready. */
export async function startArgo({ program, redis: redisProgram, cluster, folder, programPath, beforeStart }: ArgoOptions): Promise<Argo> {
  for (const part of ['tmp', 'tls', 'ssh', 'plugins']) mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'ssh', 'ssh_known_hosts'), '');
  const release = argoObjects(readFileSync(program.manifests, 'utf8'));
  await installOperator(cluster, { manifests: release.map((object) => stringify(object)), namespace: argoNamespace });
  await beforeStart?.();
  const kubeconfigs = { controller: await accessFile(cluster, folder, argoAccounts.controller), server: await accessFile(cluster, folder, argoAccounts.server) };
  const [repoServer = 0, repoServerMetrics = 0, controllerMetrics = 0, server = 0, serverMetrics = 0] = await freePorts(5);
  const redis = await startRedis({ program: redisProgram, folder: join(folder, 'redis'), kind: 'single', tls: false });
  const access = { address: redis.addresses[0] ?? '', ...redis.admin };
  const roles = rolesOf({ file: program.file, folder, ports: { repoServer, repoServerMetrics, controllerMetrics, server, serverMetrics }, redis: access, kubeconfigs, programPath });
  const running = await startRoles(roles, redis);
  const env = { PATH: programPath, HOME: folder, ARGOCD_BINARY_NAME: 'argocd', ARGOCD_SERVER: `127.0.0.1:${server}`, ARGOCD_OPTS: '--plaintext' };
  return {
    cli: async (...args) => (await run(program.file, [...args], { env, cwd: folder, maxBuffer: 16_777_216 })).stdout,
    stop: () => stopAll(running, redis),
  };
}

interface Running {
  readonly role: Role;
  readonly process: ProcessIdentity;
  readonly guard: { release(): void };
}

async function startRoles(roles: readonly Role[], redis: RedisServers): Promise<readonly Running[]> {
  const running = roles.map((role): Running => {
    const process = launch(role.launch);
    return { role, process, guard: guardOf(process) };
  });
  try {
    for (const one of running) await ready(one);
    return running;
  } catch (error) {
    await stopAll(running, redis);
    throw error;
  }
}

async function stopAll(running: readonly Running[], redis: RedisServers): Promise<void> {
  for (const { guard } of running) guard.release();
  await Promise.all(running.map(({ process }) => terminate(process, 5000)));
  await redis.stop();
}

async function ready({ role, process }: Running): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  while ((await health(role.healthPort)) !== 200) {
    const hasEnded = !isAlive(process);
    if (hasEnded || performance.now() > deadline) throw new Error(`start Argo CD: ${role.launch.env['ARGOCD_BINARY_NAME']} ${hasEnded ? 'has ended' : `is not ready after ${readyWithinMs / 1000} s`}, so all of it was stopped; read ${role.launch.log}`);
    await sleep(50);
  }
}

/** Status of its health; 0 while it does not answer. */
function health(port: number): Promise<number> {
  return new Promise((resolve) => {
    const asked = get({ host: '127.0.0.1', port, path: '/healthz', timeout: 2000, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on('timeout', () => asked.destroy()).on('error', () => resolve(0));
  });
}

/** A kubeconfig with a token of a ServiceAccount, so that rights and audit log are those of a real installation. */
async function accessFile(cluster: ArgoOptions['cluster'], folder: string, account: string): Promise<string> {
  const { server, ca } = accessOf(cluster);
  const client = createApiClient(accessOf(cluster));
  try {
    const path = `/api/v1/namespaces/${argoNamespace}/serviceaccounts/${account}/token`;
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 86_400 } };
    const { status } = await client.send<{ status: { token: string } }>({ method: 'POST', path, body });
    const file = join(folder, `${account}.kubeconfig`);
    const text = stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'argocd', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
      users: [{ name: account, user: { token: status.token } }],
      contexts: [{ name: 'argocd', context: { cluster: 'argocd', user: account, namespace: argoNamespace } }],
      'current-context': 'argocd',
    });
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  } finally {
    client.close();
  }
}
