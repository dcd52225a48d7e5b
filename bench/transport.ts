// Requests per second of our client against the stock client's, on the same TLS server, in turns in one run.
// The floor is a bare connection pool that parses the answer and does nothing else.
import { Worker } from 'node:worker_threads';
import { CustomObjectsApi, KubeConfig } from '@kubernetes/client-node';
import { Pool } from 'undici';
import { tasks } from '#api/v1alpha1/kinds.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { objectPath } from '#platform/kube/paths.ts';
import type { BenchRow } from './row.ts';
import { selfSigned } from './self-signed.ts';

const inFlight = 32;
const rounds = 5;
const roundMs = 600;
const key = { namespace: 'bench', name: 'build' };

/** A way to get one object. */
interface Contender {
  readonly name: string;
  readonly get: () => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** Measures `transport_vs_stock`: how many times as many requests our client makes. Takes about 10 s. */
export async function benchTransport(): Promise<BenchRow[]> {
  const identity = selfSigned();
  const worker = new Worker(new URL('./transport-server.ts', import.meta.url), { workerData: identity });
  const port = await new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  const server = `https://127.0.0.1:${port}`;
  const contenders = { stock: stock(server, identity.cert), ours: ours(server, identity.cert), bare: bare(server, identity.cert) };
  try {
    const rates = await inTurns(Object.values(contenders));
    return report(rates);
  } finally {
    await Promise.all(Object.values(contenders).map(({ close }) => close()));
    await worker.terminate();
  }
}

function ours(server: string, ca: string): Contender {
  const client = createKubeClient({ server, ca, auth: { headers: async () => ({}), refused: () => {} } }, { userAgent: 'bench', sockets: inFlight });
  return { name: 'ours', get: () => client.get(tasks, key), close: () => client.close() };
}

function stock(server: string, ca: string): Contender {
  const kubeconfig = new KubeConfig();
  kubeconfig.loadFromClusterAndUser({ name: 'bench', server, caData: Buffer.from(ca).toString('base64'), skipTLSVerify: false }, { name: 'bench' });
  const api = kubeconfig.makeApiClient(CustomObjectsApi);
  const { group, version, plural } = tasks;
  return { name: 'stock', get: () => api.getNamespacedCustomObject({ group, version, plural, ...key }), close: async () => {} };
}

function bare(server: string, ca: string): Contender {
  const pool = new Pool(server, { connections: inFlight, allowH2: false, connect: { ca } });
  const path = objectPath(tasks, key);
  return { name: 'bare', get: async () => (await pool.request({ method: 'GET', path })).body.json(), close: () => pool.close() };
}

/** Requests per second of each contender in each round, the first round left out as warm-up. */
async function inTurns(contenders: readonly Contender[]): Promise<Map<string, number[]>> {
  const rates = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const { name, get } of contenders) {
      const rate = await requestsPerSecond(get);
      if (round > 0) rates.get(name)?.push(rate);
    }
  }
  return rates;
}

async function requestsPerSecond(get: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  let done = 0;
  const lane = async () => {
    while (performance.now() - startedAt < roundMs) {
      await get();
      done++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (done * 1000) / (performance.now() - startedAt);
}

function report(rates: ReadonlyMap<string, readonly number[]>): BenchRow[] {
  const of = (name: string) => rates.get(name) ?? [];
  for (const [name, each] of rates) console.log(`transport  ${name.padEnd(6)} ${Math.round(median(each)).toString().padStart(7)} requests/s`);
  // Paired by round: a noisy neighbour slows all three.
  const over = (name: string) => median(of(name).map((rate, round) => rate / (of('stock')[round] ?? Number.NaN)));
  const value = over('ours');
  const floor = over('bare');
  console.log(`transport  ours/stock ${value.toFixed(1)}, bare pool/stock ${floor.toFixed(1)}`);
  return [{ id: 'transport_vs_stock', value, unit: 'ratio', floor, ratio: value / floor, command: 'make bench' }];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
