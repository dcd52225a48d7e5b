// The images as an engine builds and runs them. Left out, with the reason, where no engine can be started.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '#devcluster/services/docker/index.ts';
import { settingsFrom } from '#devcluster/settings.ts';
import { systemClock } from '#platform/clock.ts';
import { openJail } from '#sandbox/jail/open.ts';
import { startChild } from '#sandbox/wasm/child.ts';
import { wallessJail } from '#sandbox/wasm/testing.ts';
import { type BuiltImage, buildImages, bundleForImages, imageNames, type ImageName, saveImages } from './build.ts';
import { type ImageEngine, startEngine, useEngine, whyNoEngine } from './engine.ts';
import type { Sbom } from './sbom.ts';

const run = promisify(execFile);
const root = dirname(dirname(import.meta.dirname));
const settings = settingsFrom(process.env);
const reason = whyNoEngine(settings);
if (reason !== undefined) process.stderr.write(`tests of the images are left out: ${reason}\n`);

const provenance = { version: '0.0.0-test', revision: 'f'.repeat(40), created: '2026-01-02T03:04:05Z', source: 'https://example.org/coditect' };
/** As restricted pods run, and without a network. */
const strict = ['run', '--rm', '--interactive', '--network', 'none', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--user', '65532', '--tmpfs', '/tmp'];

let folder: string;
let engine: ImageEngine;
let images: readonly BuiltImage[];

const tagOf = (name: ImageName) => `coditect/${name}:${provenance.version}`;
/** A program of an image in place of its own. */
const program = (name: ImageName, entry: string, ...words: readonly string[]): Promise<Answer> => engine.client.ask(...strict, '--entrypoint', entry, tagOf(name), ...words);

describe.skipIf(reason !== undefined)(`images${reason === undefined ? '' : ` (SKIPPED: ${reason})`}`, () => {
  // The first time on a machine, base images are made: Debian's archive is asked for some hundred packages.
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'images-test-'));
    const started = await startEngine({ settings, root, say: (line) => process.stderr.write(`${line}\n`) });
    if (started.kind === 'absent') throw new Error(started.reason);
    engine = started.engine;
    await bundleForImages(root, join(folder, 'dist'));
    images = await buildImages({ ...engine, root, bundles: join(folder, 'dist'), provenance, say: () => {} });
  }, 600_000);
  afterAll(async () => {
    await engine?.close();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  test('an engine that runs already is used as it is, and left as it is', async () => {
    const { file, env } = engine.client;
    const other = useEngine(env['DOCKER_HOST'] ?? '', { PATH: dirname(file) });
    expect(await other.client.run('image', 'ls', '--quiet', tagOf('agent'))).not.toBe('');
    await other.close();
    expect(existsSync(other.folder)).toBe(false);
    expect(await engine.client.run('image', 'ls', '--quiet', tagOf('agent'))).not.toBe('');
  });

  test('there is one for each process, and it says what it is and where it comes from', async () => {
    expect(images.map(({ name, user }) => ({ name, user }))).toEqual(imageNames.map((name) => ({ name, user: '65532:65532' })));
    for (const { name, tag, bytes } of images) {
      const labels = JSON.parse(await engine.client.run('image', 'inspect', '--format', '{{json .Config.Labels}}', tag)) as Record<string, string>;
      expect(labels).toMatchObject({ 'org.opencontainers.image.title': `coditect-${name}`, 'org.opencontainers.image.version': provenance.version, 'org.opencontainers.image.revision': provenance.revision, 'org.opencontainers.image.created': provenance.created, 'org.opencontainers.image.source': provenance.source, 'org.opencontainers.image.licenses': 'Apache-2.0' });
      // Twice of what they are today: a layer with packages, caches or a second Node would be more.
      expect(bytes).toBeLessThan(600_000_000);
    }
  });

  test.each(imageNames)('%s explains itself in a read-only container without any capability', async (name) => {
    const answer = await engine.client.ask(...strict, tagOf(name), '--help');
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect(answer.stdout).toContain('Settings are taken from the flag');
  }, 60_000);

  test.each<[ImageName, RegExp]>([
    ['operator', /set KUBECONFIG/],
    ['blobs', /^setting folder is required: set --folder or CODITECT_BLOBS_FOLDER$/m],
    ['llm-gateway', /^setting folder is required: set --folder or CODITECT_LLM_FOLDER$/m],
    ['mirror', /^setting folder is required: set --folder or CODITECT_MIRROR_FOLDER$/m],
    ['console', /^setting tokenFile is required: set --token-file or CODITECT_TOKEN_FILE$/m],
    ['agent', /^setting podName is required: set --pod-name or CODITECT_POD_NAME$/m],
  ])('%s without its settings ends, and says which is missing', async (name, sentence) => {
    const { code, stdout, stderr } = await engine.client.ask(...strict, tagOf(name));
    expect(code).toBeGreaterThan(0);
    expect(`${stdout}${stderr}`).toMatch(sentence);
  }, 60_000);

  test.each(imageNames)('%s belongs to root: its user may write nowhere but in /tmp, and become nobody else', async (name) => {
    // The root file system writable, and the image's own user: what is refused is refused by the files.
    const printed = async (entry: string, ...words: readonly string[]) => (await engine.client.ask('run', '--rm', '--network', 'none', '--entrypoint', entry, tagOf(name), ...words)).stdout.trim();
    expect(await printed('id', '-u')).toBe('65532');
    expect(await printed('find', '/', '-xdev', '-path', '/tmp', '-prune', '-o', '-writable', '!', '-type', 'l', '-print')).toBe('');
    expect(await printed('find', '/', '-xdev', '-type', 'f', '-perm', '/6000')).toBe('');
    // That it would have been found: the same program finds the one folder that is left out above.
    expect(await printed('find', '/', '-xdev', '-type', 'd', '-writable')).toBe('/tmp');
    expect(await printed('sh', '-c', 'command -v node npm npx gcc curl wget')).toBe('/usr/local/bin/node');
  }, 60_000);

  test.each(imageNames)('%s lists what is inside of it, and no more', async (name) => {
    const { stdout } = await program(name, 'cat', '/app/sbom.cdx.json');
    const { components } = JSON.parse(stdout) as Sbom;
    const has = (purl: string) => components.some((component) => component.purl.startsWith(`pkg:npm/${purl}@`));
    expect(has('winston')).toBe(true);
    expect({ ioredis: has('ioredis'), uplot: has('uplot'), napi: has('%40ast-grep/napi'), quickjs: has('componentize-qjs') }).toEqual({ ioredis: name === 'mirror', uplot: name === 'console', napi: name === 'agent', quickjs: name === 'agent' });
    expect(has('typescript') || has('esbuild')).toBe(false);
  }, 60_000);

  test('one archive holds all of them, and no layer of ours has a credential or knows a registry', async () => {
    const archive = join(folder, 'images.tar');
    await saveImages(engine.client, images, archive);
    const open = join(folder, 'open');
    await run('sh', ['-c', 'mkdir "$1" && tar --extract --file "$2" --directory "$1"', 'sh', open, archive]);
    const manifest = JSON.parse(await readFile(join(open, 'manifest.json'), 'utf8')) as readonly { RepoTags: readonly string[]; Layers: readonly string[]; Config: string }[];
    expect(manifest.flatMap(({ RepoTags }) => RepoTags).toSorted()).toEqual(imageNames.map(tagOf).toSorted());
    // The engine has a containerd of its own, which takes the archive as that of a kubelet does.
    const socket = join(dirname(engine.client.env['DOCKER_HOST']?.replace('unix://', '') ?? ''), 'exec', 'containerd', 'containerd.sock');
    const containerd = (...words: readonly string[]) => run('ctr', ['--address', socket, '--namespace', 'k8s.io', 'images', ...words], { env: { PATH: settings.programPath }, maxBuffer: 64 * 1024 * 1024 });
    await containerd('import', archive);
    expect((await containerd('list', '--quiet')).stdout).toContain(`docker.io/${tagOf('agent')}\n`);
    const registry = new URL((await run('npm', ['config', 'get', 'registry'], { cwd: root })).stdout.trim()).host;
    const { stdout: base } = await run('tar', ['--list', '--file', join(open, manifest[0]?.Layers[0] ?? '')], { maxBuffer: 64 * 1024 * 1024 });
    expect(base.split('\n').filter((file) => /^(\.\/)?etc\/(hostname|resolv\.conf|debian_version)$/.test(file))).toEqual([expect.stringMatching(/debian_version$/)]);
    // The first layer is Debian's own, and names its archive.
    for (const layer of new Set(manifest.flatMap(({ Layers }) => Layers.slice(1)))) {
      const { stdout } = await run('tar', ['--list', '--file', join(open, layer)], { maxBuffer: 64 * 1024 * 1024 });
      expect(stdout.split('\n').filter((file) => /(^|\/)(\.npmrc|\.netrc|\.git-credentials|\.docker|\.ssh|id_[a-z0-9]+|auth\.conf|secrets)(\/|$)/.test(file))).toEqual([]);
      // Packages that are copied whole name the registry that they were published to.
      const words = stdout.includes('app/node_modules/') ? ['_authToken'] : ['_authToken', registry];
      expect(await linesWith(join(open, layer), ...words)).toBe(0);
    }
    for (const { Config } of manifest) {
      const config = await readFile(join(open, Config), 'utf8');
      expect(config).not.toContain(registry);
      expect(config).not.toMatch(/_authToken|SECRET|PASSWORD/);
    }
  }, 120_000);

  test('an agent has git, and a jail that needs no library and holds as well as on this machine', async () => {
    expect(await program('agent', 'git', '--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^git version 2\./) });
    expect(await program('agent', 'ldd', '/app/jail')).toMatchObject({ code: 1, stderr: expect.stringContaining('not a dynamic executable') });
    const { report: here } = await openJail({ program: join(folder, 'dist', 'jail'), clock: systemClock });
    // Nobody is root in there, which is the one gap that may be only here.
    const gaps = here.reasons.filter((gap) => !gap.startsWith('the agent runs as root'));
    const env = { CODITECT_POD_NAME: 'a', CODITECT_POD_UID: 'b', CODITECT_POD_NAMESPACE: 'c', CODITECT_POOL: 'd', CODITECT_AGENT_TYPES: 'Coder', CODITECT_TOKEN_FILE: '/tmp/token', CODITECT_CA_BUNDLE: '/tmp/ca', CODITECT_WORK_FOLDER: '/tmp/work' };
    const words = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    const { stdout } = await engine.client.ask(...strict, ...words, '--entrypoint', 'timeout', tagOf('agent'), '5', 'node', '/app/agent.js');
    const starts = stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>).find(({ msg }) => msg === 'agent starts');
    expect(starts).toMatchObject({ boundary: here.boundary === 'none' ? 'none' : gaps.length === 0 ? 'full' : 'partial' });
  }, 60_000);

  test('code runs on the engine of the agent, by the runner beside its bundle', async () => {
    // The container is the wall here: the jail of the agent has tests of its own.
    const jail = wallessJail();
    const { client } = engine;
    const child = startChild(jail, { command: [client.file, ...strict, '--entrypoint', 'node', tagOf('agent'), '/app/wasm-runner.js', '/app/wasm', '/tmp'], folder, env: client.env, writable: [], readable: [], network: 'open', stdin: 'pipe', limits: {} });
    expect(await child.ready).toBe(true);
    child.claim({ source: 'writeFile("a", input); return listFiles()', input: '"x"', folder: '.', seed: 1, memoryBytes: 64 * 1024 * 1024, valueBytes: 1000 }, () => {});
    expect(await child.ended).toMatchObject({ done: { ending: 'completed' }, value: '["a"]' });
  }, 60_000);

  // What users of another engine do: everything is made by the Dockerfile. It asks the registries, and takes minutes.
  const isFull = process.env['FULL'] === '1';
  test.skipIf(!isFull)(`the Dockerfile makes the agent from nothing but the checkout${isFull ? '' : ' (SKIPPED: FULL=1 runs it)'}`, async () => {
    const ca = process.env['NODE_EXTRA_CA_CERTS'];
    const registry = (await run('npm', ['config', 'get', 'registry'], { cwd: root })).stdout.trim();
    await writeFile(join(folder, 'npmrc'), [`registry=${registry}`, ...(ca === undefined ? [] : ['cafile=/run/secrets/ca']), ''].join('\n'));
    const secrets = ['--secret', `id=npmrc,src=${join(folder, 'npmrc')}`, ...(ca === undefined ? [] : ['--secret', `id=ca,src=${ca}`])];
    await engine.client.run('build', '--target', 'agent', '--tag', 'coditect/agent:whole', '--network', 'host', ...secrets, root);
    expect(await engine.client.ask(...strict, 'coditect/agent:whole', '--help')).toMatchObject({ code: 0, stderr: '' });
    expect(await engine.client.ask(...strict, '--entrypoint', 'ldd', 'coditect/agent:whole', '/app/jail')).toMatchObject({ code: 1 });
    const config = await engine.client.run('history', '--no-trunc', 'coditect/agent:whole');
    expect(config).not.toContain(new URL(registry).host);
  }, 1_200_000);
});

/** How many lines of an archive have one of the words. */
function linesWith(file: string, ...words: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('grep', ['--count', '--text', '--fixed-strings', ...words.flatMap((word) => ['-e', word]), file]);
    let count = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (count += chunk));
    child.once('error', reject).once('close', () => resolve(Number(count)));
  });
}
