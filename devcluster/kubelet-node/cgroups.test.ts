import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hierarchiesIn, makeGroups, removeGroups } from './cgroups.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'coditect-groups-'))));
afterEach(() => rmSync(folder, { recursive: true }));

test('hierarchies of both versions are found among other mounts', () => {
  const mounts = 'tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n/dev/vda / ext4 rw 0 0\n';
  expect(hierarchiesIn(mounts)).toEqual(['/sys/fs/cgroup/memory', '/sys/fs/cgroup/unified']);
});

test('groups are made in each hierarchy, and removed with those that others made in them; neighbours stay', async () => {
  const parents = ['memory', 'pids'].map((name) => join(folder, name));
  for (const parent of parents) mkdirSync(join(parent, 'neighbour'), { recursive: true });
  makeGroups('ours', parents);
  mkdirSync(join(folder, 'memory', 'ours', 'kubepods', 'besteffort', 'pod'), { recursive: true });
  await removeGroups('ours', parents);
  expect(parents.map((parent) => [existsSync(join(parent, 'ours')), existsSync(join(parent, 'neighbour'))])).toEqual([[false, true], [false, true]]);
  await removeGroups('ours', parents); // a second time there is nothing to do
});

test('a group that is in use is removed as soon as it is not', async () => {
  makeGroups('ours', [folder]);
  const user = join(folder, 'ours', 'cgroup.user');
  writeFileSync(user, ''); // a plain folder with a file cannot be removed, as a group with a process cannot
  const removal = removeGroups('ours', [folder]);
  setImmediate(() => rmSync(user));
  await removal;
  expect(existsSync(join(folder, 'ours'))).toBe(false);
});
