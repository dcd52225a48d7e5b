// Stores as processes of this machine, on loopback with TLS, each user with a password of its own. They end with their starter.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureFolder } from '../files.ts';
import type { DevclusterSettings } from '../settings.ts';
import { findEngine, startClickHouse } from './clickhouse/index.ts';
import { ensureNats, startNats } from './nats/index.ts';
import { findChroma, startChroma } from './chroma/index.ts';
import { serviceBucket } from './environment.ts';
import type { ServiceKind, ServiceProvider, ServiceWish, Started } from './port.ts';
import { findRedis, startRedis } from './redis/index.ts';
import { ensureS3, startS3 } from './s3/index.ts';

/** The user that every store of this file knows. */
export const serviceUser = 'mirror';

export interface LocalOptions extends Pick<DevclusterSettings, 'cacheFolder' | 'programPath'> {
  /** False: only programs that are on this machine already. */
  readonly mayFetch?: boolean;
  /** Gets a line when something is fetched or built. */
  readonly progress?: (line: string) => void;
}

type Starter = (options: LocalOptions, wish: ServiceWish) => Promise<Started>;

const starters: Readonly<Record<ServiceKind, Starter>> = { nats: startLocalNats, redis: startLocalRedis, clickhouse: startLocalClickHouse, s3: startLocalS3, chroma: startLocalChroma };

/** Programs of this machine, built or unpacked once into the cache folder. The engine of ClickHouse and Chroma are never fetched by themselves: they are large. */
export function localServices(options: LocalOptions): ServiceProvider {
  return { name: 'processes of this machine', start: (kind, wish) => starters[kind](options, wish) };
}

async function startLocalNats({ cacheFolder, progress }: LocalOptions, { folder, nodes = 1 }: ServiceWish): Promise<Started> {
  const found = await ensureNats({ cacheFolder, ...named('nats', progress) });
  if (found.kind === 'missing') return { kind: 'absent', reason: found.why };
  const who = credentials(folder);
  const nats = await startNats({ file: found.file, folder, nodes, tls: 'client', accounts: [{ name: 'events', users: [{ user: serviceUser, password: who.text }] }] });
  const { tls: { caFile: ca, certificateFile: certificate, keyFile: key } = { caFile: '', certificateFile: '', keyFile: '' } } = nats;
  return {
    kind: 'running',
    service: {
      kind: 'nats',
      servers: nats.servers,
      files: { ca, certificate, key, ...who.files },
      kill: (node) => nats.kill(node),
      start: (node) => nats.start(node),
      pause: (node) => Promise.resolve(nats.pause(node)),
      resume: (node) => Promise.resolve(nats.resume(node)),
      stop: () => nats.stop(),
    },
  };
}

/** What the mirror may do by default: its own keys, and nothing that administers a server. */
const plainRules = (password: string): string => `on >${password} ~coditect:{* -@all +@read +@write +@connection +@scripting -@dangerous -@admin +info +cluster|info +cluster|nodes +cluster|slots +cluster|shards`;

async function startLocalRedis({ cacheFolder, programPath, mayFetch = true, progress }: LocalOptions, { folder, nodes = 1, redisRules = plainRules }: ServiceWish): Promise<Started> {
  const found = await findRedis({ cacheFolder, path: programPath, mayFetch, ...named('redis', progress) });
  if (found.kind === 'absent') return { kind: 'absent', reason: found.reason };
  const who = credentials(folder);
  const redis = await startRedis({ program: found.program, folder, kind: nodes === 1 ? 'single' : 'cluster', users: [`user ${serviceUser} ${redisRules(who.text)}`] });
  return {
    kind: 'running',
    service: {
      kind: 'redis',
      servers: redis.addresses,
      files: { ca: redis.files.ca, certificate: redis.files.certificate, key: redis.files.key, ...who.files },
      admin: redis.admin,
      kill: (node) => redis.kill(node),
      start: (node) => redis.restart(node),
      pause: (node) => Promise.resolve(redis.pause(node)),
      resume: (node) => Promise.resolve(redis.resume(node)),
      stop: () => redis.stop(),
    },
  };
}

async function startLocalClickHouse({ cacheFolder }: LocalOptions, { folder }: ServiceWish): Promise<Started> {
  const found = findEngine({ cacheFolder });
  if (found.kind === 'absent') return { kind: 'absent', reason: found.reason };
  const server = await startClickHouse({ engineFolder: found.folder, folder, tls: 'mutual' });
  const write = (name: string, text: string): string => secretFile(folder, name, text);
  const { ca, certificate, key } = server.trust;
  return {
    kind: 'running',
    service: {
      kind: 'clickhouse',
      servers: [server.url],
      files: { ca: write('ca.crt', ca), certificate: write('client.crt', certificate), key: write('client.key', key), user: write('user', server.user), password: write('password', server.password) },
      kill: () => server.kill(),
      start: () => server.restart(),
      pause: () => Promise.resolve(server.pause()),
      resume: () => Promise.resolve(server.resume()),
      stop: () => server.stop(),
    },
  };
}

async function startLocalS3({ cacheFolder, progress }: LocalOptions, { folder }: ServiceWish): Promise<Started> {
  const found = await ensureS3({ cacheFolder, ...named('s3', progress) });
  if (found.kind === 'missing') return { kind: 'absent', reason: found.why };
  const server = await startS3({ file: found.file, folder, buckets: [serviceBucket] });
  const { caFile: ca, accessKeyFile: accessKey, secretKeyFile: secretKey } = server.access;
  return {
    kind: 'running',
    service: {
      kind: 's3',
      servers: [server.endpoint],
      files: { ca, accessKey, secretKey },
      kill: () => server.kill(),
      start: () => server.start(),
      pause: () => Promise.resolve(server.pause()),
      resume: () => Promise.resolve(server.resume()),
      stop: () => server.stop(),
    },
  };
}

async function startLocalChroma({ cacheFolder }: LocalOptions, { folder }: ServiceWish): Promise<Started> {
  const found = findChroma({ cacheFolder });
  if (found.kind === 'absent') return { kind: 'absent', reason: found.reason };
  const server = await startChroma({ file: found.file, folder, tls: 'mutual' });
  return {
    kind: 'running',
    service: {
      kind: 'chroma',
      servers: [server.url],
      files: { ...server.files },
      kill: () => server.kill(),
      start: () => server.start(),
      pause: () => Promise.resolve(server.pause()),
      resume: () => Promise.resolve(server.resume()),
      empty: () => server.flush(),
      stop: () => server.stop(),
    },
  };
}

/** Says of which store a line is. */
function named(kind: ServiceKind, progress: LocalOptions['progress']): Pick<LocalOptions, 'progress'> {
  return progress === undefined ? {} : { progress: (line) => progress(`${kind}: ${line}`) };
}

function credentials(folder: string): { readonly text: string; readonly files: { readonly user: string; readonly password: string } } {
  ensureFolder(folder);
  const text = randomBytes(16).toString('hex');
  return { text, files: { user: secretFile(folder, 'user', serviceUser), password: secretFile(folder, 'password', text) } };
}

function secretFile(folder: string, name: string, text: string): string {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
}
