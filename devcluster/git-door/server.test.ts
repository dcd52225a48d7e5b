import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitDoor, packetLine, startGitDoor } from './server.ts';

const run = promisify(execFile);
const git = (...args: readonly string[]) => run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], { env: { ...process.env, GIT_TERMINAL_PROMPT: '0' } });
let folder: string;
let door: GitDoor;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coditect-door-'));
  const repository = join(folder, 'repository');
  await git('init', '-q', repository);
  writeFileSync(join(repository, 'file'), 'committed');
  await git('-C', repository, 'add', 'file');
  await git('-C', repository, 'commit', '-q', '-m', 'first');
  writeFileSync(join(repository, 'file'), 'changed since');
  door = await startGitDoor(repository);
});
afterAll(async () => {
  await door.close();
  rmSync(folder, { recursive: true });
});

test('a clone gets what is committed, and only that', async () => {
  await git('clone', '-q', door.url, join(folder, 'clone'));
  expect(readFileSync(join(folder, 'clone', 'file'), 'utf8')).toBe('committed');
});

test('the older protocol and shallow fetches work too', async () => {
  await git('-c', 'protocol.version=0', 'clone', '-q', '--depth', '1', door.url, join(folder, 'shallow'));
  expect(existsSync(join(folder, 'shallow', 'file'))).toBe(true);
});

test('nothing can be pushed', async () => {
  await git('clone', '-q', door.url, join(folder, 'pusher'));
  await expect(git('-C', join(folder, 'pusher'), 'push', door.url, 'HEAD:new')).rejects.toThrow(/not found/);
});

test.each(['/', '/repository.git/info/refs?service=git-upload-pack', '/00000000000000000000000000000000/repository.git/info/refs?service=git-upload-pack'])('without its secret the door is shut: %s', async (path) => {
  expect((await fetch(new URL(path, door.url))).status).toBe(404);
});

test('other services of git are not served', async () => {
  expect((await fetch(`${door.url}/info/refs?service=git-receive-pack`)).status).toBe(404);
});

test('a folder that does not exist is said at once', async () => {
  await expect(startGitDoor(join(folder, 'nope'))).rejects.toThrow(/there is no such folder/);
});

test('packet lines carry their length in bytes', () => {
  expect(packetLine('ä\n')).toBe('0007ä\n');
});
