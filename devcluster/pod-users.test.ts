import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { releaseNumbers } from './claims.ts';
import { claimUserBlock } from './pod-users.ts';
import { podUsers } from './process-node/users.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coditect-users-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const aCluster = (name: string) => {
  mkdirSync(join(folder, name), { recursive: true });
  return join(folder, name);
};

test('two clusters never share a user id, and the same one keeps its own', () => {
  const claims = join(folder, 'claims');
  const [a, b] = [aCluster('a'), aCluster('b')];
  expect([claimUserBlock(claims, a).first, claimUserBlock(claims, b).first, claimUserBlock(claims, a).first]).toEqual([200_000, 201_000, 200_000]);
});

test('ids of a released cluster, and of one whose folder is gone, are free again', () => {
  const claims = join(folder, 'claims');
  const [a, b] = [aCluster('a'), aCluster('b')];
  claimUserBlock(claims, a);
  claimUserBlock(claims, b);
  releaseNumbers(claims, a);
  expect(claimUserBlock(claims, aCluster('c')).first).toBe(200_000);
  rmSync(b, { recursive: true });
  expect(claimUserBlock(claims, aCluster('d')).first).toBe(201_000);
});

test('pods get ids in turn, each one pod at a time', () => {
  const users = podUsers({ first: 10, count: 3 });
  const first = users.take();
  users.giveBack(first);
  expect([first, users.take(), users.take(), users.take()]).toEqual([10, 11, 12, 10]);
  expect(() => users.take()).toThrow(/all 3 are in use/);
  expect(podUsers(undefined).take()).toBeUndefined();
});
