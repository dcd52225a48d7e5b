// Free loopback ports. Below the ephemeral range: a port there is not taken by somebody's outgoing connection while its server restarts.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const first = 20_000;
const last = 32_767;

/** `count` different TCP ports of 127.0.0.1 that nobody listens on now, none of them in `taken`. */
export async function freePorts(count: number, taken: ReadonlySet<number> = new Set()): Promise<readonly number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries > 1000 + count) throw new Error(`find ${count} free ports between ${first} and ${last}: too few are free, so nothing was started; stop other servers`);
    const port = randomInt(first, last + 1);
    if (!taken.has(port) && !found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
