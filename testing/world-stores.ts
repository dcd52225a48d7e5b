// The stores of a world's mirror: the event log and Redis, where this machine has them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localServices, type RunningService, secretOf, type ServiceKind, storeSecret } from '#devcluster/services/index.ts';
import { settingsFrom } from '#devcluster/settings.ts';
import { mirrorRules } from '#mirror/world/acl.ts';
import type { InstallOptions } from '#scripts/generators/manifests.ts';

/** The event log of a world: a server of its own behind TLS, and what lets the mirror and the stories in. */
export interface EventLog {
  readonly nats: RunningService;
  readonly access: { readonly servers: readonly string[]; readonly caFile: string; readonly certificateFile: string; readonly keyFile: string; readonly userFile: string; readonly passwordFile: string };
}

/** What of the stores is there. */
export interface Stores {
  readonly events: EventLog | undefined;
  readonly redis: RunningService | undefined;
}

type RunningStores = Stores & { stop(): Promise<void> };

export const noStores: RunningStores = { events: undefined, redis: undefined, stop: () => Promise.resolve() };

/** Starts the log and Redis; without a log there is no mirror, so nobody would write to Redis. */
export async function startStores(say: (line: string) => void): Promise<RunningStores> {
  const folder = await mkdtemp(join(tmpdir(), 'coditect-e2e-stores-'));
  const provider = localServices(settingsFrom(process.env));
  const start = async (kind: ServiceKind): Promise<RunningService | undefined> => {
    const started = await provider.start(kind, { folder: join(folder, kind), redisRules: mirrorRules });
    if (started.kind === 'running') return started.service;
    say(`no ${kind}: ${started.reason}`);
    return undefined;
  };
  const nats = await start('nats');
  const redis = nats === undefined ? undefined : await start('redis');
  const stop = async () => {
    await Promise.all([nats?.stop(), redis?.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
  return { events: nats === undefined ? undefined : logOf(nats), redis, stop };
}

function logOf(nats: RunningService): EventLog {
  const { ca: caFile = '', certificate: certificateFile = '', key: keyFile = '', user: userFile = '', password: passwordFile = '' } = nats.files;
  return { nats, access: { servers: nats.servers, caFile, certificateFile, keyFile, userFile, passwordFile } };
}

/** What an installation is told of them; nothing where there is no log. */
export function mirrorOf({ events, redis }: Stores, image: string): Pick<InstallOptions, 'mirror'> {
  if (events === undefined) return {};
  const world = redis === undefined ? {} : { redis: { servers: redis.servers, secret: secretOf(redis) } };
  return { mirror: { image, servers: events.access.servers, secret: secretOf(events.nats), ...world } };
}

/** The Secrets with what lets the mirror in. */
export function secretsOf({ events, redis }: Stores, namespace: string): readonly object[] {
  return [events?.nats, redis].flatMap((store) => (store === undefined ? [] : [storeSecret(store, namespace)]));
}
