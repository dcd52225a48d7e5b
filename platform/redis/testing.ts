// Clients of a real Redis for tests, and a way to it that loses replies.
import { existsSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { openRedis, type RedisOptions } from './client.ts';
import type { Redis } from './types.ts';

/** Servers of a test: where they are, and who may do everything. */
export interface TestServers {
  readonly addresses: readonly string[];
  readonly admin: { readonly user: string; readonly password: string };
  readonly files: { readonly ca: string; readonly certificate: string; readonly key: string };
}

/** A client as admin, with time-outs that suit a test. */
export function openTestRedis(servers: TestServers, more: Partial<RedisOptions> = {}): Redis {
  return openRedis({ ...testOptions(servers), ...more });
}

/** Settings of a client, with credentials in files beside the certificates. */
export function testOptions(servers: TestServers): RedisOptions {
  const { ca, certificate, key } = servers.files;
  const [userFile, passwordFile] = [`${ca}.user`, `${ca}.password`];
  // Only once: a test may have written others.
  if (!existsSync(userFile)) writeFileSync(userFile, servers.admin.user);
  if (!existsSync(passwordFile)) writeFileSync(passwordFile, `${servers.admin.password}\n`);
  const addresses = servers.addresses.map((address) => ({ host: '127.0.0.1', port: Number(address.split(':')[1]) }));
  const files = { caFile: ca, certificateFile: certificate, keyFile: key, userFile, passwordFile };
  return { addresses, kind: addresses.length === 1 ? 'single' : 'cluster', insecure: false, commandTimeoutMs: 2000, connectTimeoutMs: 2000, random: systemRandom, files, filesEveryMs: 50, clock: systemClock, log: silentLog };
}

/** Resolves when the connection can be used; rejects after ten seconds with what is wrong. */
export async function untilReady(redis: Redis): Promise<void> {
  await until(() => redis.state().kind === 'ready', () => JSON.stringify(redis.state()));
}

/** Waits until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>, describe: () => string = () => ''): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`it did not become so within 10 s: ${describe()}`);
    await new Promise((resolve) => void setTimeout(resolve, 10));
  }
}

/** A TCP proxy that can swallow what the server answers, and cut. */
export interface LossyWay {
  readonly port: number;
  /** From now on requests arrive and replies do not. */
  loseReplies(isLosing: boolean): void;
  cut(): void;
  close(): void;
}

export async function openLossyWay(target: number): Promise<LossyWay> {
  const sockets = new Set<Socket>();
  let isLosing = false;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (chunk) => void (isLosing || client.write(chunk)));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return { port: (server.address() as AddressInfo).port, loseReplies: (losing) => void (isLosing = losing), cut, close: () => void (cut(), server.close()) };
}
