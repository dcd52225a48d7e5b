import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { readJson } from '../../files.ts';
import { identify, isAlive, isRoot, type ProcessIdentity, signalProcess } from '../../processes.ts';
import { settingsFrom } from '../../settings.ts';
import { type DockerClient, type DockerEngine, findDocker, startDocker, whyNoDocker } from './index.ts';
import { addressOf, freeRange, numberOf, overlaps } from './network.ts';
import type { EngineRecord } from './remains.ts';

const run = promisify(execFile);
const where = { path: settingsFrom(process.env).programPath };
const found = findDocker(where);
const reason = whyNoDocker(where);
if (reason !== undefined) process.stderr.write(`tests of the Docker engine are left out: ${reason}\n`);

const parent = mkdtempSync(join(tmpdir(), 'dock-'));
let engine: DockerEngine | undefined;
afterEach(async () => {
  await engine?.stop();
  engine = undefined;
  rmSync(parent, { recursive: true, force: true });
});

describe('addresses', () => {
  test.each([
    ['10.217.32.0/20', true],
    ['10.217.47.255', true],
    ['10.217.48.0/24', false],
    ['10.217.31.255', false],
    ['10.0.0.0/8', true],
    ['0.0.0.0/0', true],
    ['default', false],
  ])('10.217.32.0/20 and %s overlap: %s', (network, want) => {
    expect(overlaps({ first: numberOf('10.217.32.0') ?? 0 }, network)).toBe(want);
  });

  test('a number is the address that it came from', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(addressOf(numberOf(address) ?? -1)).toBe(address);
      }),
    );
    expect(numberOf('::1')).toBeUndefined();
    expect(numberOf('10.0.0.256')).toBeUndefined();
  });

  test('a free range overlaps nothing that is known, and when nothing is free that is said', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 200, max: 249 }), fc.constantFrom(16, 20, 24)), { maxLength: 20 }), (used) => {
        const known = used.map(([second, bits]) => `10.${second}.0.0/${bits}`);
        expect(known.filter((network) => overlaps(freeRange(known), network))).toEqual([]);
      }),
    );
    expect(() => freeRange(['10.0.0.0/8'])).toThrow('so no engine was started');
  });
});

test('on a machine without the program the reason says what to do', () => {
  const want = isRoot() ? /there is no dockerd on this machine; install docker\.io/ : /only root can start one|it needs Linux/;
  expect(whyNoDocker({ path: join(parent, 'nothing') })).toMatch(want);
});

test.skipIf(!isRoot() || process.platform !== 'linux')('an engine whose programs are not all there is none, and what is missing is named', () => {
  const folder = join(parent, 'some');
  mkdirSync(folder, { recursive: true });
  for (const name of ['dockerd', 'docker', 'runc']) writeFileSync(join(folder, name), '', { mode: 0o755 });
  expect(whyNoDocker({ path: folder })).toContain('but not ip, containerd;');
});

/** What is on this machine of the engine that this record was written for; other engines may run beside it. */
async function tracesOf({ range, cgroup }: EngineRecord) {
  const { stdout } = await run('ip', ['-o', '-4', 'address', 'show']);
  const controllers = readdirSync('/sys/fs/cgroup', { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return {
    bridges: stdout.split('\n').filter((line) => overlaps(range, /inet ([\d.]+)/.exec(line)?.[1] ?? '')).length,
    groups: ['', ...controllers].filter((name) => existsSync(join('/sys/fs/cgroup', name, cgroup))).length,
  };
}

const recordIn = (folder: string) => readJson<EngineRecord>(join(folder, 'engine.json')) ?? expect.fail('no record of the engine');
const policy = async () => (await run('iptables', ['-S', 'FORWARD'])).stdout.split('\n')[0];
const mounts = (folder: string) => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.includes(folder));
const nothing = { bridges: 0, groups: 0 };

/** An image out of a program of this machine and its libraries; a container of it sleeps. Gives its process. */
async function startSleeper(client: DockerClient, ...words: readonly string[]): Promise<ProcessIdentity> {
  const { stdout } = await run('ldd', ['/bin/sleep']);
  const files = ['/bin/sleep', ...[...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path = '']) => path)];
  mkdirSync(parent, { recursive: true });
  const archive = join(parent, 'sleeper.tar');
  await run('tar', ['--create', '--dereference', '--file', archive, '--directory', '/', ...files.map((file) => file.slice(1))]);
  await client.run('import', archive, 'sleeper:1');
  const id = await client.run('run', '--detach', ...words, 'sleeper:1', '/bin/sleep', '1000');
  return identify(Number(await client.run('inspect', '--format', '{{.State.Pid}}', id)));
}

describe.skipIf(found.kind === 'absent')(`an engine${reason === undefined ? '' : ` (SKIPPED: ${reason})`}`, () => {
  const programs = found.kind === 'found' ? found.programs : { dockerd: '', docker: '', ip: '', path: '' };

  test('runs containers on networks of its own, leaves packets of the host alone, and nothing of itself', async () => {
    const before = await policy();
    const folder = join(parent, 'd');
    engine = await startDocker({ programs, folder });
    const record = recordIn(folder);
    await engine.client.run('network', 'create', 'other');
    const sleeper = await startSleeper(engine.client, '--network', 'other');
    expect(isAlive(sleeper)).toBe(true);
    expect(await tracesOf(record)).toMatchObject({ bridges: 2, groups: expect.toSatisfy((count: number) => count > 0) });
    expect(await policy()).toBe(before);
    await engine.stop();
    expect(await tracesOf(record)).toEqual(nothing);
    expect({ sleeps: isAlive(sleeper), folder: existsSync(folder), mounts: mounts(folder) }).toEqual({ sleeps: false, folder: false, mounts: [] });
  }, 120_000);

  test('a command that fails is told with what the engine said', async () => {
    engine = await startDocker({ programs, folder: join(parent, 'd') });
    expect(await engine.client.ask('inspect', 'nobody')).toMatchObject({ code: 1, stderr: expect.stringContaining('No such object') });
    await expect(engine.client.run('inspect', 'nobody')).rejects.toThrow('docker inspect nobody ended with 1');
  }, 60_000);

  test('nothing is left of an engine that was killed with a container in it', async () => {
    const folder = join(parent, 'd');
    engine = await startDocker({ programs, folder });
    const record = recordIn(folder);
    const sleeper = await startSleeper(engine.client);
    const daemon = identify(Number(readFileSync(join(folder, 'dockerd.pid'), 'utf8')));
    signalProcess(daemon, 'SIGKILL');
    await engine.stop();
    expect(await tracesOf(record)).toEqual(nothing);
    expect({ daemon: isAlive(daemon), sleeps: isAlive(sleeper), folder: existsSync(folder), mounts: mounts(folder) }).toEqual({ daemon: false, sleeps: false, folder: false, mounts: [] });
  }, 120_000);

  test('it ends with its starter, also when that is killed', async () => {
    const folder = join(parent, 'd');
    const script = `import { findDocker, startDocker } from '#devcluster/services/docker/index.ts';
      const found = findDocker({ path: process.argv[1] });
      const { host } = await startDocker({ programs: found.programs, folder: process.argv[2] });
      console.log(host);
      setInterval(() => {}, 1000);`;
    const starter = spawn(process.execPath, ['--input-type=module', '-e', script, where.path, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(createInterface({ input: starter.stdout }), 'line');
    const daemon = identify(Number(readFileSync(join(folder, 'dockerd.pid'), 'utf8')));
    const record = recordIn(folder);
    starter.kill('SIGKILL');
    await expect.poll(() => isAlive(daemon) || existsSync(folder), { timeout: 30_000 }).toBe(false);
    expect(await tracesOf(record)).toEqual(nothing);
  }, 90_000);

  test('a folder whose socket would have too long a path is refused before anything is made', async () => {
    const folder = join(parent, 'x'.repeat(100));
    await expect(startDocker({ programs, folder })).rejects.toThrow('choose a shorter folder');
    expect(readdirSync(folder)).toEqual([]);
  });
});
