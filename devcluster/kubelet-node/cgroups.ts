// The control groups of one node: a group of its own in every hierarchy of this machine, under which the kubelet makes those of pods.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const emptyTimeoutMs = 10_000;

/** Mount points of cgroup hierarchies of both versions, out of /proc/self/mounts. */
export function hierarchiesIn(mounts: string): readonly string[] {
  return mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
    .flatMap(([, path]) => (path === undefined ? [] : [path]));
}

/** Hierarchies of this machine. */
export function hierarchies(): readonly string[] {
  return hierarchiesIn(readFileSync('/proc/self/mounts', 'utf8'));
}

/** Makes the group in every hierarchy. */
export function makeGroups(name: string, parents: readonly string[] = hierarchies()): void {
  for (const parent of parents) {
    giveControllers(parent);
    mkdirSync(join(parent, name), { recursive: true, mode: 0o755 });
  }
}

/** In the second version a group has only those controllers that its parent hands down; one that cannot be is not needed either. */
function giveControllers(parent: string): void {
  const available = join(parent, 'cgroup.controllers');
  if (!existsSync(available)) return;
  for (const controller of readFileSync(available, 'utf8').split(/\s+/).filter((word) => word !== '')) {
    try {
      writeFileSync(join(parent, 'cgroup.subtree_control'), `+${controller}`);
    } catch {
      // threaded or realtime controllers of some machines
    }
  }
}

/** Removes the group and all below it from every hierarchy, as soon as its processes are gone. */
export async function removeGroups(name: string, parents: readonly string[] = hierarchies()): Promise<void> {
  const deadline = performance.now() + emptyTimeoutMs;
  for (const folder of parents.map((parent) => join(parent, name))) {
    while (existsSync(folder) && !removeTree(folder)) {
      if (performance.now() > deadline) throw new Error(`remove the control group ${folder}: processes run in it after ${emptyTimeoutMs / 1000} s, so it stays; end those in its cgroup.procs and remove it`);
      await sleep(20);
    }
  }
}

/** Groups are removed from the leaves up; their files go with them. False while one is in use. */
function removeTree(folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory() && !removeTree(join(folder, entry.name))) return false;
    rmdirSync(folder);
    return true;
  } catch {
    return !existsSync(folder);
  }
}
