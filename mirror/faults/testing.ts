// A whole mirror with real stores behind TLS, a double of the API server in front, and agents with certificates: for tests that hurt the stores.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MirrorConfig } from '#api/config/mirror.ts';
import { agentUri, roleUri } from '#api/identity.ts';
import { agentPools, approvals, missions, plans, tasks } from '#api/v1alpha1/kinds.ts';
import { environmentOf, type RunningService, type ServiceKind, type ServiceProvider } from '#devcluster/services/index.ts';
import { ask } from '#devcluster/services/redis/talk.ts';
import { systemClock } from '#platform/clock.ts';
import { loadConfig } from '#platform/config.ts';
import { systemRandom } from '#platform/ids.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { linkNats } from '#platform/nats/connect.ts';
import { createReader } from '#platform/nats/reader.ts';
import type { EventPublisher, EventReader } from '#platform/nats/types.ts';
import { createAuthority, createLeaf } from '#platform/rpc/certificates.ts';
import { createEventsClient } from '#platform/rpc/events-client.ts';
import { createGrantSigner } from '#platform/rpc/grant.ts';
import { mirrorName } from '#platform/rpc/tls.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { type FakeApiServer, startFakeApiServer } from '#testing/fake-apiserver/server.ts';
import { natsSettings } from '../log-settings.ts';
import type { Part } from '../ports.ts';
import { type Mirror, startMirror } from '../service.ts';
import { openLog, startParts } from '../wiring.ts';
import { mirrorRules } from '../world/acl.ts';
import type { TellAs } from './fake-load.ts';

const environment = { clock: systemClock, random: systemRandom, log: silentLog } as const;
const agent = { namespace: 'team-a', pool: 'crew', pod: 'crew-1', uid: 'u-1' };

export interface Rig {
  /** The stores that are there. */
  readonly services: ReadonlyMap<ServiceKind, RunningService>;
  /** Why the others are not, one sentence each. */
  readonly absent: readonly string[];
  readonly config: MirrorConfig;
  readonly cluster: FakeApiServer;
  readonly publisher: EventPublisher;
  readonly parts: readonly Part[];
  /** A reader of its own. */
  readonly reader: EventReader;
  readonly tell: TellAs;
  metrics(): Promise<string>;
  end(): Promise<void>;
}

export interface RigOptions {
  readonly provider: ServiceProvider;
  readonly kinds: readonly ServiceKind[];
  readonly nodes?: 1 | 3;
}

/** Starts everything and waits until the mirror listens. */
export async function startRig({ provider, kinds, nodes = 1 }: RigOptions): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'mirror-faults-'));
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })];
  const end = async (): Promise<void> => {
    for (const one of ends.splice(0).toReversed()) await one();
  };
  try {
    const { services, absent } = await startServices({ provider, kinds, nodes }, folder, ends);
    const config = configOf(services, folder);
    const cluster = await startFakeApiServer({ types: [missions, tasks, plans, approvals, agentPools] });
    ends.push(() => cluster.stop());
    const publisher = await openLog({ config, ...environment });
    const running = await startWhole({ config, cluster, publisher }, ends);
    return { services, absent, config, cluster, publisher, ...running, reader: readerOf(config, ends), end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function startServices({ provider, kinds, nodes }: Required<RigOptions>, folder: string, ends: (() => unknown)[]): Promise<Pick<Rig, 'services' | 'absent'>> {
  const services = new Map<ServiceKind, RunningService>();
  const absent: string[] = [];
  for (const kind of kinds) {
    const started = await provider.start(kind, { folder: join(folder, kind), nodes, redisRules: mirrorRules });
    if (started.kind === 'absent') {
      absent.push(`${kind}: ${started.reason}`);
      continue;
    }
    services.set(kind, started.service);
    ends.push(() => started.service.stop());
  }
  return { services, absent };
}

function configOf(services: Rig['services'], folder: string): MirrorConfig {
  mkdirSync(join(folder, 'mirror'));
  const own = ['--intake-port=0', '--history-port=0', '--bind-address=127.0.0.1', '--token-file=none', '--world-check-seconds=5', '--embedder=hashing', `--folder=${join(folder, 'mirror')}`];
  const loaded = loadConfig(MirrorConfig, { argv: own, env: environmentOf([...services.values()]) });
  if (loaded.kind !== 'config') throw new Error(`settings of the mirror: ${loaded.kind === 'fault' ? loaded.message : loaded.text}`);
  return loaded.value;
}

async function startWhole({ config, cluster, publisher }: Pick<Rig, 'config' | 'cluster' | 'publisher'>, ends: (() => unknown)[]): Promise<Pick<Rig, 'parts' | 'tell' | 'metrics'>> {
  const authority = await createAuthority(Date.now());
  const leaf = (uri: string, usage: 'client' | 'server' | 'both') => createLeaf(authority, { uri, usage, lifetimeSeconds: 3600, ...(usage === 'server' ? { dnsNames: [mirrorName('sys')] } : {}) }, Date.now());
  const withBundle = async (uri: string, usage: 'client' | 'server') => ({ ...(await leaf(uri, usage)), caBundle: authority.certificate });
  const [own, agents, operator] = [await withBundle(roleUri('mirror'), 'server'), await withBundle(agentUri(agent), 'client'), await leaf(roleUri('operator'), 'both')];
  const client = createKubeClient(cluster.config, { userAgent: 'test' });
  ends.push(() => client.close());
  const metrics = createMetrics('mirror', '0');
  const parts: Part[] = [];
  const mirror: Mirror = await startMirror({
    ...environment, config, client, publisher, metrics,
    enrolment: { ready: Promise.resolve(), current: () => own, onRenewed: () => () => {} },
    authenticator: { review: () => Promise.resolve(undefined), allowed: () => Promise.resolve(false) },
    startParts: async (ports) => {
      const running = await startParts(ports);
      parts.push(...running.map(({ part }) => part));
      return running;
    },
  });
  ends.push(() => mirror.close());
  const events = createEventsClient({ address: { current: () => Promise.resolve(`127.0.0.1:${mirror.intakePort()}`) }, namespace: 'sys', credential: () => agents });
  ends.push(() => events.close());
  const sign = createGrantSigner(operator);
  const tell: TellAs = async (taskUid, thoughts) => {
    const grant = sign({ agent: agentUri(agent), namespaceUid: 'ns', ownerUid: 'o', taskUid, expiresAt: Date.now() + 600_000 });
    const told = await events.tell(grant, thoughts.map((thought) => JSON.stringify(thought)));
    if (told.kind !== 'taken' || told.dropped > 0) throw new Error(`tell of ${taskUid}: ${JSON.stringify(told)}`);
  };
  await untilSo('the mirror listens', 20, () => mirror.notReady().length === 0);
  return { parts, tell, metrics: () => metrics.text() };
}

function readerOf(config: MirrorConfig, ends: (() => unknown)[]): EventReader {
  const link = linkNats({ ...natsSettings(config), name: 'witness' }, environment);
  const reader = createReader({ link, ...environment });
  ends.push(() => link.close(), () => reader.close());
  return reader;
}

/** Asks Redis as its administrator, behind the back of the mirror. */
export function askRedis({ services }: Pick<Rig, 'services'>, ...command: readonly string[]): Promise<string> {
  const redis = services.get('redis');
  if (redis?.admin === undefined) throw new Error('ask Redis: there is none here');
  const port = Number(redis.servers[0]?.split(':')[1]);
  return ask({ port, ca: readFileSync(redis.files.ca ?? '', 'utf8'), ...redis.admin }, ...command);
}

/** Time in which something else goes on. */
export const rest = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** Waits until something is so; what it says when it never is may change on the way. */
export async function untilSo(what: string | (() => string), seconds: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`${typeof what === 'string' ? what : what()}: not within ${seconds} s`);
    await rest(50);
  }
}
