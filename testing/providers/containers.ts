// Stores in containers, by testcontainers, where a container engine answers. The images are made of the programs that the other provider runs.
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getContainerRuntimeClient } from 'testcontainers';
import { freePorts } from '#devcluster/ports.ts';
import { natsConfig } from '#devcluster/services/nats/config.ts';
import { ensureNats } from '#devcluster/services/nats/index.ts';
import { areReady, certify, configsOf } from '#devcluster/services/nats/servers.ts';
import { serviceUser, type ServiceProvider, type ServiceWish, type Started } from '#devcluster/services/index.ts';
import { findRedis } from '#devcluster/services/redis/index.ts';
import { argsOf, joinThree, nobody, untilReady, writeCertificates } from '#devcluster/services/redis/server.ts';
import type { DevclusterSettings } from '#devcluster/settings.ts';
import { imageOf } from './images.ts';
import { type Nodes, startNodes } from './nodes.ts';

/** The provider, or why no container engine can be used. */
export async function containerServices(settings: DevclusterSettings): Promise<ServiceProvider | string> {
  try {
    await getContainerRuntimeClient();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return {
    name: 'containers',
    start: (kind, wish) => {
      if (kind === 'nats') return startNats(settings, wish);
      if (kind === 'redis') return startRedis(settings, wish);
      return Promise.resolve({ kind: 'absent', reason: `${kind} runs as a process of this machine only: it is no single program that an image can be made of` });
    },
  };
}

async function startNats({ cacheFolder }: DevclusterSettings, { folder, nodes: many = 1 }: ServiceWish): Promise<Started> {
  const found = await ensureNats({ cacheFolder });
  if (found.kind === 'missing') return { kind: 'absent', reason: found.why };
  const image = await imageOf({ name: 'nats', file: found.file });
  const who = await credentials(folder);
  const certificates = certify(folder, true);
  const configs = await configsOf({ folder, nodes: many, accounts: [{ name: 'events', users: [{ user: serviceUser, password: who.password }] }] }, certificates);
  for (const config of configs) await writeFile(join(folder, `${config.name}.conf`), natsConfig(config), { mode: 0o600 });
  const containers = await startNodes(image, folder, configs.map(({ name }) => ({ args: ['-c', join(folder, `${name}.conf`)], ready: /Server is ready/ })));
  const ready = async (): Promise<void> => {
    for (let tries = 0; !(await areReady(configs.map((config) => ({ config })))); tries += 1) {
      if (tries > 400) throw new Error('start NATS in containers: it is not ready after 20 s');
      await sleep(50);
    }
  };
  await ready();
  const { caFile: ca, certificateFile: certificate, keyFile: key } = certificates.client;
  return {
    kind: 'running',
    service: {
      ...containers,
      kind: 'nats',
      servers: configs.map(({ ports }) => `127.0.0.1:${ports.client}`),
      files: { ca, certificate, key, ...who.files },
      start: async (node) => {
        await containers.again(node);
        await ready();
      },
      stop: () => ended(containers, folder),
    },
  };
}

async function startRedis({ cacheFolder, programPath }: DevclusterSettings, { folder, nodes: many = 1, redisRules }: ServiceWish): Promise<Started> {
  const found = await findRedis({ cacheFolder, path: programPath });
  if (found.kind === 'absent') return { kind: 'absent', reason: found.reason };
  const image = await imageOf({ name: 'redis', file: found.program.file, env: found.program.env });
  const who = await credentials(folder);
  const admin = { user: 'admin', password: randomBytes(16).toString('hex') };
  const { files, ca } = writeCertificates(folder);
  const ports = await freePorts(many * 2);
  const kind = many === 1 ? 'single' : 'cluster';
  const peers = Array.from({ length: many }, (_, node) => ({ port: ports[node] ?? 0, ca, ...admin }));
  const lines = [nobody, `user admin on >${admin.password} ~* &* +@all`, `user ${serviceUser} ${redisRules?.(who.password) ?? `on >${who.password} ~coditect:{* +@all -@dangerous`}`, ''];
  const starts = await Promise.all(peers.map(async (peer, node) => {
    const home = join(folder, `node-${node}`);
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'users.acl'), lines.join('\n'), { mode: 0o600 });
    return { args: argsOf({ setup: { kind }, home, peer, files, busPort: ports[many + node] ?? 0, password: admin.password }), ready: /Ready to accept connections/ };
  }));
  const containers = await startNodes(image, folder, starts);
  await untilReady(peers, 'single');
  if (kind === 'cluster') await joinThree(peers, ports.slice(many));
  return {
    kind: 'running',
    service: {
      ...containers,
      kind: 'redis',
      servers: peers.map(({ port }) => `127.0.0.1:${port}`),
      files: { ca: files.ca, certificate: files.certificate, key: files.key, ...who.files },
      admin,
      start: async (node) => {
        await containers.again(node);
        await untilReady(peers, kind);
      },
      stop: () => ended(containers, folder),
    },
  };
}

async function ended(containers: Nodes, folder: string): Promise<void> {
  await containers.stop();
  await rm(folder, { recursive: true, force: true });
}

async function credentials(folder: string): Promise<{ readonly password: string; readonly files: { readonly user: string; readonly password: string } }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = { user: join(folder, 'user'), password: join(folder, 'password') };
  const password = randomBytes(16).toString('hex');
  await writeFile(files.user, serviceUser, { mode: 0o600 });
  await writeFile(files.password, password, { mode: 0o600 });
  return { password, files };
}
