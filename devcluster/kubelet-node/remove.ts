// The end of a node with real pods, whoever ends it. All that can be left is known by the folder of its cluster.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { componentProcess, stopComponent } from '../components.ts';
import { readJson } from '../files.ts';
import type { ClusterLayout } from '../layout.ts';
import { identify, isAlive, isRoot } from '../processes.ts';
import { removeGroups } from './cgroups.ts';
import { firstChildOf } from './machine.ts';
import { groupOf, plotFile } from './node.ts';
import { type Plot, releasePlot } from './plot.ts';

const goneTimeoutMs = 15_000;

/** Switches the machine of a node off and removes what it had on this one: groups, link, addresses. Fine for clusters without one. */
export async function removeNode(layout: ClusterLayout): Promise<void> {
  const holder = componentProcess(layout, 'node-machine');
  const first = holder === undefined || !isAlive(holder) ? undefined : firstChildOf(holder.pid);
  const machine = first === undefined ? undefined : identify(first);
  await stopComponent(layout, 'node-machine');
  // The first process of a machine is the last one to go: when it is gone, nothing writes into the folder any more.
  if (machine !== undefined) await until('the processes of the node to end', () => !isAlive(machine));
  const plot = readJson<Plot>(plotFile(layout));
  if (plot !== undefined) {
    await removeGroups(groupOf(layout));
    await until(`the link ${plot.link} to vanish`, () => !existsSync(`/sys/class/net/${plot.link}`));
  }
  if (isRoot()) releasePlot(layout.folder);
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + goneTimeoutMs;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`wait for ${what}: not within ${goneTimeoutMs / 1000} s, so the cluster is not removed; stop it again`);
    await sleep(20);
  }
}
