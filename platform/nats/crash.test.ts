import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Bench, idsFrom, idsOf, isMissing, readAll, someEvents, why } from './testing.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.end());

const script = `
  import { ports, someEvents } from '#platform/nats/testing.ts';
  import { linkNats } from '#platform/nats/connect.ts';
  import { openPublisher } from '#platform/nats/publisher.ts';
  const [server, folder, from] = process.argv.slice(1);
  const link = linkNats({ servers: [server], insecure: true, name: 'crash' }, ports);
  const publisher = await openPublisher({ link, folder, maxBytes: 1e8, streams: { replicas: 1 }, ...ports });
  for (let at = Number(from); ; at += 7) { await publisher.publish(someEvents(at, at + 7)); console.log(at + 7); }`;

/** Publishes in a process of its own, which is killed when it has put so many on disk; gives how many it had confirmed. */
async function publishAndDie(server: string, from: number, least: number): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, server, `${bench.folder}/outbox`, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let confirmed = from;
  for await (const line of createInterface({ input: child.stdout })) {
    confirmed = Number(line);
    if (confirmed >= least && !child.killed) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return confirmed;
}

describe.skipIf(isMissing)(`death in the middle${why}`, { timeout: 90_000 }, () => {
  test('a publisher that is killed and started again on its folder loses nothing that it took, and doubles nothing', async () => {
    const servers = await bench.nats();
    const server = servers.servers[0] ?? '';
    const bounds: (readonly [number, number])[] = [];
    let from = 0;
    for (const least of [70, 400, 900]) {
      const confirmed = await publishAndDie(server, from, least);
      bounds.push([from, confirmed]);
      // The last call may have reached the disk without an answer: the next process goes on far behind it.
      from = confirmed + 100;
    }
    const link = bench.link([server]);
    const publisher = await bench.publisher(link);
    expect(await publisher.drained(AbortSignal.timeout(20_000))).toBe(true);
    const ids = idsOf(await readAll(bench.reader(link)));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(ids.toSorted((one, other) => Number(one.split('.')[1]) - Number(other.split('.')[1])));
    const known = new Set(ids);
    for (const [first, last] of bounds) expect(idsFrom(first, last).filter((id) => !known.has(id))).toEqual([]);
  });

  test('of three servers with TLS the leader is killed in mid-run: nothing is lost, doubled or out of order', async () => {
    const servers = await bench.nats({ nodes: 3, tls: 'client', accounts: [{ name: 'events', users: [{ user: 'mirror', password: 'right' }] }] });
    const access = { ...servers.tls, userFile: bench.file('user', 'mirror'), passwordFile: bench.file('password', 'right') };
    const link = bench.link(servers.servers, access);
    const publisher = await bench.publisher(link, { streams: { replicas: 3 } });
    await publisher.publish(someEvents(0, 20));
    expect(await publisher.drained(AbortSignal.timeout(20_000))).toBe(true);
    const leader = await leaderOf(servers.monitors);
    const gaps = new Gaps();
    for (let at = 20; at < 1220; at += 10) {
      await publisher.publish(someEvents(at, at + 10));
      gaps.look(publisher.state().pendingEvents);
      if (at === 320) await servers.kill(leader);
      await sleep(20);
    }
    const isDrained = await publisher.drained(AbortSignal.timeout(30_000));
    gaps.look(publisher.state().pendingEvents);
    process.stderr.write(`longest time without an acknowledgement after the leader was killed: ${Math.round(gaps.longestMs)} ms\n`);
    expect(isDrained).toBe(true);
    expect(idsOf(await readAll(bench.reader(link)))).toEqual(idsFrom(0, 1220));
    await servers.start(leader);
    expect(idsOf(await readAll(bench.reader(bench.link([servers.servers[leader] ?? ''], access))))).toEqual(idsFrom(0, 1220));
  });
});

/** How long events went without being acknowledged. */
class Gaps {
  longestMs = 0;
  #emptyAt = performance.now();

  look(pending: number): void {
    // A letter or two are always on their way.
    if (pending > 30) this.longestMs = Math.max(this.longestMs, performance.now() - this.#emptyAt);
    else this.#emptyAt = performance.now();
  }
}

/** Number of the node that leads the stream of events. */
async function leaderOf(monitors: readonly string[]): Promise<number> {
  for (const monitor of monitors) {
    const found = (await (await fetch(`${monitor}/jsz?streams=1&accounts=1`)).json()) as { account_details?: { stream_detail?: { name: string; cluster?: { leader?: string } }[] }[] };
    const stream = found.account_details?.flatMap(({ stream_detail: list = [] }) => list).find(({ name }) => name === 'CODITECT_EVENTS');
    if (stream?.cluster?.leader !== undefined) return Number(stream.cluster.leader.slice(1));
  }
  throw new Error('no node knows the leader of the stream');
}
