// A bridge of its own for an engine, in a range of addresses that nobody uses. The default one is shared by all engines of a machine, and rules of iptables outlive them.
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Addresses of one engine: `10.217.32.0/20`. The first /24 is its bridge, networks that it makes get the others. */
export interface Range {
  /** As a number. */
  readonly first: number;
}

const rangeBits = 20;
const size = 2 ** (32 - rangeBits);

/** `10.217.32.0` as a number; undefined for anything else. */
export function numberOf(address: string): number | undefined {
  const parts = address.split('.').map(Number);
  return parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255) ? parts.reduce((sum, part) => sum * 256 + part, 0) : undefined;
}

/** The address of a number. */
export function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** Whether a network like `10.0.0.0/8` or an address shares addresses with the range; what is no network, as `default`, does not. */
export function overlaps({ first }: Range, network: string): boolean {
  const [address = '', bits = '32'] = network.split('/');
  const start = numberOf(address);
  const length = 2 ** (32 - Number(bits));
  if (start === undefined || Number.isNaN(length)) return false;
  const base = Math.floor(start / length) * length;
  return base < first + size && first < base + length;
}

/** The networks that this machine reaches in another way than by default. */
async function knownNetworks(ip: string): Promise<readonly string[]> {
  const { stdout } = await run(ip, ['-4', 'route', 'show', 'table', 'all']);
  return stdout.split('\n').flatMap((line) => line.split(' ').filter((word) => /^[\d.]+(\/\d+)?$/.test(word) && word.includes('.')));
}

/** A range that overlaps none of these; rejects when there is none. */
export function freeRange(known: readonly string[], random: (below: number) => number = randomInt): Range {
  for (let tries = 0; tries < 500; tries += 1) {
    const range = { first: (10 * 256 + 200 + random(50)) * 65_536 + random(16) * size };
    if (!known.some((network) => overlaps(range, network))) return range;
  }
  throw new Error('find addresses for a bridge: every range of 10.200.0.0 to 10.249.255.255 that was tried is in use, so no engine was started; free one of them');
}

/** A range that this machine does not use. */
export async function findRange(ip: string): Promise<Range> {
  return freeRange(await knownNetworks(ip));
}

/** Makes a bridge with the first address of the range. */
export async function makeBridge(ip: string, name: string, { first }: Range): Promise<void> {
  await run(ip, ['link', 'add', name, 'type', 'bridge']);
  await run(ip, ['address', 'add', `${addressOf(first + 1)}/24`, 'dev', name]);
  await run(ip, ['link', 'set', name, 'up']);
}

/** What the engine is told of its networks. */
export function poolOf({ first }: Range): string {
  return `base=${addressOf(first)}/${rangeBits},size=24`;
}

/** Removes the bridges that have an address of the range, those of its networks too. */
export async function removeBridges(ip: string, range: Range): Promise<void> {
  const { stdout } = await run(ip, ['-o', '-4', 'address', 'show']);
  for (const line of stdout.split('\n')) {
    const [, name = '', address = ''] = /^\d+: (\S+)\s+inet (\S+)/.exec(line) ?? [];
    // By its own address, not by its network, which might be a wider one.
    if (address !== '' && overlaps(range, address.split('/')[0] ?? '')) await run(ip, ['link', 'delete', name]).catch(() => {});
  }
}
