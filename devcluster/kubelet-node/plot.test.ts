import type { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { isBuiltOn, plotOf } from './plot.ts';

const plots = Array.from({ length: 32 }, (_, number) => plotOf(number));

/** First and last address of a CIDR, as numbers. */
function rangeOf(cidr: string): readonly [number, number] {
  const [address = '', bits = ''] = cidr.split('/');
  const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return [first, first + 2 ** (32 - Number(bits)) - 1];
}

test('no two networks of any two clusters share an address, and all lie in the block set aside for tests', () => {
  const ranges = plots.flatMap(({ host, linkBits, pods, services }) => [`${host.replace(/\.1$/, '.0')}/${linkBits}`, pods, services]).map(rangeOf).toSorted(([a], [b]) => a - b);
  const [first, last] = rangeOf('198.18.0.0/15');
  for (const [index, [from, to]] of ranges.entries()) {
    expect(from).toBeGreaterThan(ranges[index - 1]?.[1] ?? first - 1);
    expect(to).toBeLessThanOrEqual(last);
  }
});

test('each network begins where its prefix says, so that routes to it are valid', () => {
  for (const cidr of plots.flatMap(({ pods, services }) => [pods, services])) {
    const [first, last] = rangeOf(cidr);
    expect(first % (last - first + 1)).toBe(0);
  }
});

test('the API server has the first address of the Services, and links have names that the kernel takes', () => {
  for (const { services, kubernetes, link } of plots) {
    expect(rangeOf(`${kubernetes}/32`)[0]).toBe(rangeOf(services)[0] + 1);
    expect(link).toMatch(/^coditect\d{1,2}$/);
  }
});

const withAddress = (name: string, address: string): ReturnType<typeof networkInterfaces> => ({ [name]: [{ address, netmask: '', family: 'IPv4', mac: '', internal: false, cidr: null }] });

test.each([
  ['another interface inside of it', withAddress('tun0', '198.18.15.200'), true],
  ['another interface before it', withAddress('tun0', '198.17.255.1'), false],
  ['another interface after it', withAddress('tun0', '198.18.16.1'), false],
  ['the link of a cluster that died there', withAddress('coditect0', '198.18.0.1'), false],
  ['an address of another kind', withAddress('tun0', 'fd00::2'), false],
])('%s: the plot is taken by a stranger: %s', (_, interfaces, want) => {
  expect(isBuiltOn(plotOf(0), interfaces)).toBe(want);
});
