// A real server for the tests of this room, or the reason why there is none.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as dial, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudEvent } from '#api/events/envelope.ts';
import { schemaOf, typeOf } from '#api/events/envelope.ts';
import { ensureNats, type NatsOptions, type NatsServers, startNats } from '#devcluster/services/nats/index.ts';
import { settingsFrom } from '#devcluster/settings.ts';
import { systemClock } from '../clock.ts';
import { systemRandom } from '../ids.ts';
import { silentLog } from '../telemetry/log.ts';
import { linkNats, type NatsLink } from './connect.ts';
import { openPublisher, type PublisherOptions } from './publisher.ts';
import { createReader } from './reader.ts';
import type { NatsSettings } from './settings.ts';
import type { EventPublisher, EventReader, ReadOptions, Received } from './types.ts';

const found = await ensureNats(settingsFrom(process.env));

/** Whether there is no server on this machine; `why` is for names of tests. */
export const isMissing = found.kind === 'missing';
export const why = found.kind === 'missing' ? ` (skipped: ${found.why})` : '';

export const ports = { clock: systemClock, random: systemRandom, log: silentLog } as const;

/** Everything that a test has started; it is ended in the order in which it was begun, backwards. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'events-'));
  readonly #ends: (() => Promise<unknown> | void)[] = [];
  #names = 0;

  async nats(options: Omit<NatsOptions, 'file' | 'folder'> = {}): Promise<NatsServers> {
    const servers = await startNats({ ...options, file: found.kind === 'found' ? found.file : '', folder: join(this.folder, `nats-${++this.#names}`) });
    this.#ends.push(() => servers.stop());
    return servers;
  }

  link(servers: readonly string[], settings: Partial<NatsSettings> = { insecure: true }): NatsLink {
    const link = linkNats({ name: 'test', ...settings, servers }, ports);
    this.#ends.push(() => link.close());
    return link;
  }

  async publisher(link: NatsLink, options: Partial<PublisherOptions> = {}): Promise<EventPublisher> {
    const publisher = await openPublisher({ link, folder: join(this.folder, 'outbox'), maxBytes: 64 * 1_048_576, streams: { replicas: 1 }, ...ports, ...options });
    this.#ends.push(() => publisher.close().catch(() => {}));
    return publisher;
  }

  reader(link: NatsLink): EventReader {
    return createReader({ link, ...ports });
  }

  async proxy(server: string): Promise<Proxy> {
    const proxy = await Proxy.start(server);
    this.#ends.push(() => proxy.close());
    return proxy;
  }

  file(name: string, content: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  copy(path = ''): string {
    return this.file(`copy-${++this.#names}`, readFileSync(path, 'utf8'));
  }

  async end(): Promise<void> {
    for (const end of this.#ends.toReversed()) await end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A TCP connection that can be cut, or that swallows what the server answers. */
export class Proxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isMute = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(target: string): Promise<Proxy> {
    const [host = '', port = ''] = target.split(':');
    const server = createServer();
    const proxy = new Proxy(server);
    server.on('connection', (client) => proxy.#join(client, dial(Number(port), host)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get address(): string {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : '';
  }

  /** From now on answers do not arrive, until the next cut. */
  mute(): void {
    this.#isMute = true;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    this.#isMute = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, server: Socket): void {
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => {}).on('close', () => {
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (bytes) => void server.write(bytes));
    server.on('data', (bytes) => {
      if (!this.#isMute) client.write(bytes);
    });
  }
}

const uidOf = (number: number): string => `0f8fad5b-d9cb-469f-a165-${String(number).padStart(12, '0')}`;

/** The `number`th event of a tenant: its order is in its id, and its content is like that of a running mission. */
export function anEvent(number: number, { tenant = 'team-a', name = 'task.changed' as 'task.changed' | 'approval.given' | 'pool.deleted', pad = '' } = {}): CloudEvent {
  const uid = uidOf(number % 50);
  const mission = { name: 'fix-the-build', uid: uidOf(7) };
  const facts = {
    task: `build-${number % 50}`, type: 'Coder', action: '', role: '', run: 1, attempt: number % 3, pool: 'coders', agent: `coders-${number % 8}`, state: 'Running', reason: '',
    startTime: '2026-11-23T20:00:00Z', boundary: 'process', isMemoized: false, violations: 0, dependsOn: ['analyze'],
  };
  const status = { conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'Running', message: `Attempt ${number % 3} runs on coders-${number % 8}.${pad}`, lastTransitionTime: '2026-11-23T20:00:00Z' }], attempt: number % 3 };
  const head = { name: `build-${number % 50}`, uid, resourceVersion: String(100_000 + number) };
  const data = name === 'task.changed' ? { ...head, generation: 1, base: String(99_999 + number), status, mission, facts } : name === 'approval.given' ? { ...head, mission, spec: { decision: 'Approve' } } : head;
  return {
    specversion: '1.0', id: `${tenant}.${number}`, source: '/mirror', type: typeOf(name), subject: `tasks/build-${number % 50}`, time: '2026-11-23T20:00:00Z',
    datacontenttype: 'application/json', dataschema: schemaOf(name), tenant, mission: mission.name, missionuid: mission.uid, data,
  } as CloudEvent;
}

export const someEvents = (from: number, to: number, options: Parameters<typeof anEvent>[1] = {}): readonly CloudEvent[] => Array.from({ length: to - from }, (_, index) => anEvent(from + index, options));

/** All messages of a stream up to now. */
export async function readAll(reader: EventReader, options: Partial<ReadOptions> = {}): Promise<readonly Received[]> {
  const all: Received[] = [];
  for await (const received of reader.upToNow({ stream: 'events', start: { kind: 'beginning' }, ...options }, AbortSignal.timeout(30_000))) all.push(received);
  return all;
}

/** Ids of all events of messages. */
export const idsOf = (messages: readonly Received[]): readonly string[] => messages.flatMap(({ events }) => events.map(({ id }) => id));

export const idsFrom = (from: number, to: number, tenant = 'team-a'): readonly string[] => Array.from({ length: to - from }, (_, index) => `${tenant}.${from + index}`);
