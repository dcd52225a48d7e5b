import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { binariesIn, isWithinSkew } from './binaries.ts';
import { ensureBinaries, isGoRecentEnough, minutes, needsBuild, tryLock } from './build.ts';

const programs = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'];

function aFolder(): string {
  return mkdtempSync(join(tmpdir(), 'coditect-build-'));
}

test.each([
  ['go version go1.26.0 linux/amd64', true],
  ['go version go1.27rc1 linux/amd64', true],
  ['go version go2.0 linux/amd64', true],
  ['go version go1.25.9 linux/amd64', false],
  ['go: command not found', false],
])('%s is recent enough: %s', (version, want) => {
  expect(isGoRecentEnough(version)).toBe(want);
});

test.each([
  ['v1.36.0', true],
  ['v1.35.9', true],
  ['v1.37.1+k3s1', true],
  ['v1.34.0', false],
  ['v2.36.0', false],
  ['', false],
])('a kubectl %s may talk to 1.36: %s', (version, want) => {
  expect(isWithinSkew(version, '1.36.3')).toBe(want);
});

test('ready-made binaries are taken only when all are there', async () => {
  const assetsFolder = aFolder();
  for (const name of programs.slice(0, 3)) writeFileSync(join(assetsFolder, name), '');
  expect(binariesIn(assetsFolder)).toBeUndefined();
  expect(needsBuild({ cacheFolder: '/nonexistent', assetsFolder })).toBe(true);
  for (const name of programs) writeFileSync(join(assetsFolder, name), '');
  expect(needsBuild({ cacheFolder: '/nonexistent', assetsFolder })).toBe(false);
  expect(await ensureBinaries({ cacheFolder: '/nonexistent', assetsFolder })).toMatchObject({ kubectl: join(assetsFolder, 'kubectl'), etcd: join(assetsFolder, 'etcd') });
  rmSync(assetsFolder, { recursive: true });
});

test('a lock is held while its owner lives and taken over when it is dead', () => {
  const folder = aFolder();
  const lock = join(folder, 'lock');
  expect([tryLock(lock), tryLock(lock)]).toEqual([true, false]);
  writeFileSync(lock, JSON.stringify({ pid: 1, startTime: 'never' }));
  expect([tryLock(lock), tryLock(lock)]).toEqual([false, true]);
  rmSync(folder, { recursive: true });
});

test('elapsed time for people', () => {
  expect([minutes(0), minutes(130_999), minutes(600_000)]).toEqual(['0m00s', '2m10s', '10m00s']);
});
