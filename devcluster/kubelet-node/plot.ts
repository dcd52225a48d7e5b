// The addresses of one node with real pods. Each cluster has a plot of its own, so that two on one machine never meet.
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { claimNumber, releaseNumbers } from '../claims.ts';
import { rootRuntimeFolder } from '../layout.ts';

/** What a cluster with real pods calls its own in the address space and among the interfaces of this machine. */
export interface Plot {
  /** Interface of this machine that leads to the node. */
  readonly link: string;
  /** This machine, as the node and its pods see it. */
  readonly host: string;
  readonly node: string;
  /** Prefix length of the network of `host` and `node`. */
  readonly linkBits: number;
  /** CIDR of pods. */
  readonly pods: string;
  /** CIDR of Services. */
  readonly services: string;
  /** ClusterIP of the API server: the first of `services`. */
  readonly kubernetes: string;
}

/** How many clusters with real pods may run at once. */
const plotCount = 32;

/** The plot with this number below 32, out of 198.18.0.0/15: set aside for tests of networks (RFC 2544), so that no network of people, clouds or VPNs is covered by it. */
export function plotOf(number: number): Plot {
  const base = `198.${18 + Math.floor(number / 16)}`;
  const third = (number % 16) * 16;
  return {
    link: `coditect${number}`,
    host: `${base}.${third}.1`,
    node: `${base}.${third}.2`,
    linkBits: 24,
    pods: `${base}.${third + 4}.0/22`,
    services: `${base}.${third + 8}.0/21`,
    kubernetes: `${base}.${third + 8}.1`,
  };
}

/** True when another interface of this machine has an address in the plot: whoever uses it was there first. */
export function isBuiltOn(plot: Plot, interfaces: ReturnType<typeof networkInterfaces>): boolean {
  return Object.entries(interfaces).some(([name, addresses = []]) => name !== plot.link && addresses.some(({ address }) => liesIn(plot, address)));
}

/** Folder with the claims of clusters on plots. */
export const plotClaims = join(rootRuntimeFolder, 'plots');

/** Claims a free plot for the cluster in this folder. */
export function claimPlot(folder: string): Plot {
  const interfaces = networkInterfaces();
  const number = claimNumber(plotClaims, folder, plotCount, (candidate) => !isBuiltOn(plotOf(candidate), interfaces));
  if (number === undefined) throw new Error(`give addresses to the cluster in ${folder}: all ${plotCount} plots of 198.18.0.0/15 are taken, so it cannot start; stop other clusters`);
  return plotOf(number);
}

/** Gives the plot of a cluster back. */
export function releasePlot(folder: string): void {
  releaseNumbers(plotClaims, folder);
}

function liesIn({ host }: Plot, address: string): boolean {
  const numbers = (text: string) => text.split('.').map(Number);
  const [a, b, c = 0] = numbers(address);
  const [x, y, z = 0] = numbers(host);
  return a === x && b === y && Math.floor(c / 16) === Math.floor(z / 16);
}
