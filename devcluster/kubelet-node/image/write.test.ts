// What is written is read with the tar of this machine, so that our own idea of the format is not the measure.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Layer } from './layer.ts';
import { fullName } from './name.ts';
import { librariesIn } from './program-files.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';
import { writeImage } from './write.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'coditect-image-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const tar = (...args: readonly string[]): string => execFileSync('tar', args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' } });
const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

/** Writes an image, unpacks it, and checks that each digest and size is true on the way. */
async function written(layers: readonly Layer[], config = {}): Promise<{ readonly config: Record<string, unknown>; readonly layers: readonly string[]; readonly annotations: Record<string, string> }> {
  const file = join(folder, 'image.tar');
  await writeImage(file, { name: 'test/x', layers, config });
  const unpacked = mkdtempSync(join(folder, 'unpacked-'));
  tar('-xf', file, '-C', unpacked);
  const blob = ({ digest, size }: Descriptor): string => {
    const path = join(unpacked, 'blobs', digest.replace(':', '/'));
    expect([sha256(readFileSync(path)), readFileSync(path).length]).toEqual([digest, size]);
    return path;
  };
  const json = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;
  const [entry] = json<{ manifests: readonly [Descriptor & { annotations: Record<string, string> }] }>(join(unpacked, 'index.json')).manifests;
  const manifest = json<{ config: Descriptor; layers: readonly Descriptor[] }>(blob(entry));
  const settings = json<{ config: Record<string, unknown>; rootfs: { diff_ids: readonly string[] } }>(blob(manifest.config));
  expect(settings.rootfs.diff_ids).toEqual(manifest.layers.map(({ digest }) => digest));
  return { config: settings.config, layers: manifest.layers.map(blob), annotations: entry.annotations };
}

test('files, folders and links are where the image wants them, owned by root, readable whatever the umask was', async () => {
  const source = join(folder, 'source');
  mkdirSync(join(source, 'inner'), { recursive: true, mode: 0o700 });
  writeFileSync(join(source, 'inner', 'program'), '#!', { mode: 0o700 });
  writeFileSync(join(source, 'text'), 'hello', { mode: 0o600 });
  symlinkSync('text', join(source, 'link'));
  const { layers } = await written([{ kind: 'copy', from: source, to: '/opt/app' }, { kind: 'text', to: '/etc/passwd', text: 'root:x:0:0::/:\n' }]);
  const listed = tar('-tvf', layers[0] ?? '').trim().split('\n').map((line) => line.replace(/ +\d+ 1970-01-01 00:00/, ''));
  expect(listed).toEqual([
    'drwxr-xr-x 0/0 opt/',
    'drwxr-xr-x 0/0 opt/app/',
    'drwxr-xr-x 0/0 opt/app/inner/',
    '-rwxr-xr-x 0/0 opt/app/inner/program',
    'lrwxrwxrwx 0/0 opt/app/link -> text',
    '-rw-r--r-- 0/0 opt/app/text',
    'drwxr-xr-x 0/0 etc/',
    '-rw-r--r-- 0/0 etc/passwd',
  ]);
  expect(tar('-xOf', layers[0] ?? '', 'opt/app/text')).toBe('hello');
});

test('an archive of a root file system is a layer as it is; what is laid upon it is another one', async () => {
  const root = join(folder, 'root.tar');
  writeFileSync(join(folder, 'motd'), 'welcome');
  tar('-cf', root, '-C', folder, 'motd');
  const { layers } = await written([{ kind: 'archive', file: root }, { kind: 'text', to: '/a', text: 'a' }, { kind: 'text', to: '/b', text: 'b' }]);
  expect(readFileSync(layers[0] ?? '')).toEqual(readFileSync(root));
  expect([layers.length, tar('-tf', layers[1] ?? '')]).toEqual([2, 'a\nb\n']);
});

test('the same content gives the same image, whenever its files were written', async () => {
  const source = join(folder, 'file');
  const bytes = async (): Promise<Buffer> => {
    await written([{ kind: 'copy', from: source, to: '/file' }]);
    return readFileSync(join(folder, 'image.tar'));
  };
  writeFileSync(source, 'same');
  const first = await bytes();
  utimesSync(source, 1, 1);
  chmodSync(source, 0o640);
  expect(await bytes()).toEqual(first);
  writeFileSync(source, 'other');
  expect(await bytes()).not.toEqual(first);
});

test('what containers run is told in the words that runtimes know', async () => {
  const { config, annotations } = await written([], { entrypoint: ['/node'], command: ['/app.mjs'], env: { A: '1' }, user: '10001:10001', workingFolder: '/work' });
  expect(config).toMatchObject({ Entrypoint: ['/node'], Cmd: ['/app.mjs'], User: '10001:10001', WorkingDir: '/work', Env: [expect.stringMatching(/^PATH=/), 'A=1'] });
  expect(annotations['io.containerd.image.name']).toBe('docker.io/test/x:latest');
});

test.each([
  ['a path that is not absolute', 'etc/passwd'],
  ['a path that leaves its folder', '/a/../../b'],
])('%s is refused, and neither image nor draft is left', async (_, to) => {
  await expect(written([{ kind: 'text', to, text: '' }])).rejects.toThrow(/no absolute, plain path/);
  expect(readdirSync(folder)).toEqual([]);
});

test('any name of up to 250 bytes, any depth and any content come back as they were', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'Z', '9', '.x', '_', 'é', '漢', ' '), minLength: 1, maxLength: 80 }).map((text) => `n${text.trim()}`);
  const anyPath = fc.array(word, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(anyPath, fc.uint8Array({ maxLength: 1500 }), (path, content) => {
      const file = join(folder, 'one.tar');
      writeFileSync(file, Buffer.concat([tarHeader({ path, kind: 'file', mode: 0o644, size: content.length }), content, tarPadding(content.length), tarEnd]));
      expect(tar('--quoting-style=literal', '-tf', file)).toBe(`${path}\n`);
      expect(execFileSync('tar', ['-xOf', file])).toEqual(Buffer.from(content));
    }),
    { numRuns: 30 },
  );
});

describe('names in full', () => {
  test.each([
    ['node', 'docker.io/library/node:latest'],
    ['coditect/agent:e2e', 'docker.io/coditect/agent:e2e'],
    ['registry.example.org/a/b', 'registry.example.org/a/b:latest'],
    ['localhost/a:1', 'localhost/a:1'],
    ['localhost:5000/a', 'localhost:5000/a:latest'],
  ])('%s is %s', (name, want) => expect(fullName(name)).toBe(want));

  test.each(['', 'Upper/case', 'a b', '/a', 'a//'])('"%s" is no name', (name) => expect(() => fullName(name)).toThrow(/no name of an image/));
});

test('libraries and the loader are found in what ldd prints, the kernel\'s own is not', () => {
  const printed = '\tlinux-vdso.so.1 (0x00007f27f9aee000)\n\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f27f9720000)\n\tlibgone.so => not found\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f27f9af0000)\n';
  expect(librariesIn(printed)).toEqual(['/lib/x86_64-linux-gnu/libm.so.6', '/lib64/ld-linux-x86-64.so.2']);
});
